/*
 * The plan: which steps each tenant takes, in which groups, under which digest. Pure: it works on a
 * fleet, facts and migrations it is given and opens nothing.
 *
 *   recipe   the ordered steps of a tenant; tenants with the same past share one
 *   segment  steps decided together. A migration with `transaction off` is a segment of its own;
 *            its neighbours are segments around it. Segments are aligned over the whole fleet.
 *   branch   one tenant's steps within one segment (tenants without any are not in it)
 *   group    the branches that one decision covers: one segment, cut by max_hold and group_size
 *
 *   unit     what --scope asks to be all or none: the groups of one unit are undone together. Of
 *            scope fleet there is one; of scope group each cut of the tenants is one, with all its
 *            segments; of scope tenant each tenant is one
 *
 * Groups run in order: unit by unit, segment by segment. A run with one group has one decision.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/guarantee.h"
#include "base/hash.h"
#include "base/mem.h"
#include "plan/facts.h"
#include "source/step.h"

struct error;
struct fleet;
struct str;

enum plan_scope { SCOPE_FLEET, SCOPE_GROUP, SCOPE_TENANT };
enum plan_direction { PLAN_UP, PLAN_DOWN };
enum plan_accept { ACCEPT_LATE = 1, ACCEPT_CHANGED = 2, ACCEPT_MISSING = 4 };

struct plan_request {
    enum plan_direction direction;
    const char *target;   /* head base +N -N VERSION; NULL: head for up, -1 for down */
    const bool *selected; /* one a tenant of the fleet */
    enum plan_scope scope;
    unsigned accept; /* enum plan_accept */
    bool allow_irreversible;
    bool skip_unusable;
    int64_t max_hold_ms;
    uint32_t group_size;       /* 0: no bound */
    uint32_t group_room;       /* most branches in a group there is room for; 0: no bound */
    const char *room_reason;   /* what says so; NULL: this system */
    double tenants_per_second; /* what was measured, or a careful default; for estimates */
    const char *pace_reason;   /* what makes it slower than the default; NULL: nothing */
};

struct recipe {
    struct step *steps;
    size_t n;
};

struct plan_branch {
    uint32_t tenant;   /* index into fleet->tenants */
    uint32_t recipe;   /* index into plan->recipes */
    uint16_t from, to; /* steps [from, to) of the recipe */
    enum guarantee guarantee;
};

struct plan_group {
    uint32_t first, n; /* branches [first, first + n) */
    uint32_t unit; /* groups of one unit stand or fall together: the fleet, a group or a tenant */
    uint16_t segment;
    const char *reason; /* why it is a group of its own; NULL for the first */
};

struct plan_skip { /* a selected tenant that the run leaves out (--skip-unusable) */
    uint32_t tenant;
    const struct error *why;
};

struct plan {
    struct arena arena;
    enum plan_direction direction;
    enum plan_scope scope;
    uint64_t target; /* the version all selected tenants will be at; 0 is base */
    struct recipe *recipes;
    size_t n_recipes;
    struct plan_branch *branches;
    size_t n_branches;
    struct plan_group *groups;
    size_t n_groups;
    struct plan_skip *skips;
    size_t n_skips;
    size_t n_selected;                 /* selected tenants, usable or not */
    size_t n_tenants;                  /* tenants with at least one step */
    size_t n_by_guarantee[GUARANTEES]; /* of those */
    const char **value_names; /* what scripts with `values` ask of a tenant; tenants have each that
                                 their own scripts ask for */
    size_t n_value_names;
    size_t n_foreign; /* tables but no history; selected and usable */
    size_t n_beyond;  /* already beyond the target (up never lowers); they stay */
    bool reversible;  /* every step has an inverse */
    bool drops_data;  /* a down or an up that the text shows to lose rows (DROP TABLE/COLUMN) */
    double hold_estimate_s; /* of the longest group; 0: cannot tell */
    char digest[HASH_TEXT]; /* over direction, target, SQL and tenants with their steps */
};

/*
 * Makes the plan. Nothing to do is a plan with n_tenants 0. Fleet, facts and sources must outlive
 * it; sources has one for each engine that a tenant is on, ENGINES in all. The steps down use the
 * migration's file; where it is gone, has no down section or has changed since it was applied, the
 * down script that the tenant keeps. Errors: E_INVALID  a target that does not parse or names no
 * migration; no tenant selected (exit 2) E_POLICY   (exit 5) an unusable tenant without
 * skip_unusable (the first is named, and how many more; `problems` has all); a late, changed or
 * missing migration not accepted (both sides named, and the way on); a step down without a down
 * script; a run that might need an undo it does not have: a unit of several groups, or scope fleet
 * with logged or compensated tenants E_DOUBT    (exit 4) a tenant of an open group; before E_POLICY
 * when there is both problems (may be NULL) collects every single refusal, one struct error each:
 * one a tenant, or one a migration with an example and how many more tenants it concerns.
 */
struct problems {
    struct error *list;
    size_t n, cap;
};
void problems_free(struct problems *p);

int plan_make(const struct fleet *fleet, const struct facts *facts, const struct source *sources,
              const struct plan_request *request, struct plan *plan, struct problems *problems,
              struct error *e);
/*
 * A plan whose recipes were made elsewhere (adopt, undo): direction and scope are the request's;
 * recipes, target and arena are the caller's, in a plan that is otherwise zero. recipe_of: one a
 * tenant of the fleet, PLAN_NO_RECIPE for those that have nothing to do. Errors as above; the plan
 * is the caller's to free in any case.
 */
#define PLAN_NO_RECIPE UINT32_MAX
int plan_given(const struct fleet *fleet, const struct facts *facts,
               const struct plan_request *request, const uint32_t *recipe_of, struct plan *plan,
               struct error *e);
void plan_free(struct plan *plan);

/* Appends a statement with `values` as this tenant gets it, quoted for people to read. */
struct tenant;
int plan_expand(const struct plan *plan, const struct script *script,
                const struct statement *statement, const struct tenant *tenant, struct str *out);

#endif
