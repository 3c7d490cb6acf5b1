/*
 * Inside the plan: the state while one is made. The stages, in order, each in a file of its own:
 *
 *   pasts    who takes part, and the distinct pasts among them (few, even in a large fleet)
 *   target   the version to reach
 *   check    what speaks against it: late, changed and missing migrations
 *   recipe   the steps from each past to the target
 *   values   what their scripts ask of a tenant, and whether it has it
 *   rows     does it know the row tenants that scripts are for?
 *   cut      segments, units, groups
 *   policy   is there an undo where one might be needed?
 *   cover    MySQL: does it undo all of its script?
 *   digest
 */
#ifndef PLAN_WORK_H
#define PLAN_WORK_H

#include "base/error.h"
#include "fleet/fleet.h"
#include "plan/plan.h"

#define NONE PLAN_NO_RECIPE

struct past { /* of all tenants with this lineage that take the same migrations */
    const struct lineage *lineage;
    enum engine_kind engine; /* its source's scripts are the ones they take */
    bool shared;             /* those marked so, or all others */
    uint64_t version;
    uint32_t example; /* the first tenant that has it */
    uint32_t tenants; /* how many */
    uint32_t recipe;  /* NONE: nothing to do */
};

struct work {
    const struct fleet *fleet;
    const struct facts *facts;
    const struct source *sources; /* by engine */
    const struct source *source;  /* one of them, for versions and digits: those are the same */
    const struct plan_request *request;
    struct plan *plan;
    struct problems *problems; /* NULL: only counted */
    size_t n_problems;
    bool incomplete;      /* a step has no script: nothing can be planned on it */
    struct error gravest; /* the first of the gravest kind */
    struct arena scratch; /* of this planning only */
    struct past *pasts;
    size_t n_pasts;
    uint32_t *past_of; /* one a tenant of the fleet; NONE: takes no part */
};

int plan_pasts(struct work *w, struct error *e);
int plan_target(struct work *w, struct error *e);
int plan_check(struct work *w, struct error *e);
int plan_recipes(struct work *w, struct error *e);
int plan_values(struct work *w, struct error *e);
void plan_rows(struct work *w);
int plan_cut(struct work *w, struct error *e);
void plan_policy(struct work *w);
int plan_cover(struct work *w, struct error *e);
int plan_digest(struct work *w, struct error *e);
/* The stages behind the recipes. */
int plan_finish(struct work *w, struct error *e);
/* What was refused on the way becomes the error; clears up. */
int plan_end(struct work *w, int r, struct error *e);

/* Takes the problem over. The planning goes on, and fails at the end. */
void plan_refuse(struct work *w, struct error *problem);
/* " (and N more tenants)" behind the message. */
void plan_more(struct error *e, size_t more, const char *what);

static inline const struct source *plan_source(const struct work *w, const struct past *past)
{
    return source_for(&w->sources[past->engine], past->shared);
}

/* "007", as wide as the versions of the source are spelled. */
const char *plan_digits(struct work *w, uint64_t version);
static inline const char *plan_tenant_id(const struct work *w, uint32_t tenant)
{
    return w->fleet->tenants[tenant].id;
}

/* Does the text of this script show that rows get lost? A table that is rebuilt is not lost. */
bool plan_script_drops(const struct script *script);

#endif
