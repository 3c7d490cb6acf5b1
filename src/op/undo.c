/*
 * Takes a run back on exactly the tenants that took it. What runs is the run log's own copy of the
 * scripts; each tenant's history must agree with it (a tenant's role that can write its history
 * could otherwise plant a script for us to run).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/str.h"
#include "op/handmade.h"
#include "op/job.h"
#include "op/report.h"
#include "op/session.h"
#include "op/settle.h"
#include "op/trail.h"
#include "runtime/crew.h"
#include "store/log.h"

struct undoing {
    struct session *s;
    struct job job; /* of the run that is taken back */
    struct survey survey;
    struct trail *trails; /* one a tenant of the fleet */
    const struct migrate_options *options;
    struct plan plan;
};

/* --- which tenants --- */

static int select_one(struct undoing *u, const char *id, const char *path, struct error *e)
{
    const struct tenant *t = fleet_find(&u->s->fleet, id);

    if (t) {
        u->s->selected[t - u->s->fleet.tenants] = true;
        return E_OK;
    }
    error_set(e, E_POLICY, "took run %s, but is not in the fleet any more (it was at %s)",
              u->job.run, path);
    error_tenant(e, id);
    error_hint(e, "bring it back, or undo the others one by one with --tenant");
    return E_POLICY;
}

static int select_tenants(struct undoing *u, const char *tenant, struct error *e)
{
    bool found = !tenant;
    int r = E_OK;

    memset(u->s->selected, 0, u->s->fleet.n * sizeof *u->s->selected);
    for (uint32_t i = 0; i < u->job.n && r == E_OK; i++) {
        if (tenant && !str_same(tenant, u->job.branches[i].id))
            continue;
        found = true;
        r = select_one(u, u->job.branches[i].id, u->job.branches[i].path, e);
    }
    if (r == E_OK && !found)
        r = error_set(e, E_INVALID, "tenant %s was not part of run %s", tenant, u->job.run);
    u->s->n_selected = 0;
    for (size_t i = 0; i < u->s->fleet.n; i++)
        u->s->n_selected += u->s->selected[i];
    return r;
}

/* --- what each took, told by its history --- */

static void read_one(void *arg, uint32_t i)
{
    struct undoing *u = arg;

    if (u->s->selected[i] && u->survey.facts[i].usable == USABLE_YES)
        trail_read(&u->trails[i], u->survey.paths[i], u->job.run, u->s->config.lock_timeout_ms);
}

static int refuse(const struct undoing *u, uint32_t tenant, struct error *e)
{
    error_tenant(e, u->s->fleet.tenants[tenant].id);
    return e ? e->code : E_POLICY;
}

static int check_trail(const struct undoing *u, uint32_t i, struct error *e)
{
    const struct trail *t = &u->trails[i];

    if (t->why.code) {
        error_set(e, E_POLICY, "%s", t->why.message);
        return refuse(u, i, e);
    }
    if (t->n && t->later[0]) {
        error_set(e, E_POLICY, "run %s lies on top of run %s", t->later, u->job.run);
        error_hint(e, "undo that one first: lockstep undo %s", t->later);
        return refuse(u, i, e);
    }
    return E_OK;
}

static int check_script(const struct undoing *u, uint32_t i, const struct step *step,
                        const struct trail_row *row, struct error *e)
{
    if (step->mark || step->down)
        return E_OK;
    if (!step->inverse)
        error_set(e, E_POLICY, "%s_%s has no down script, so it cannot be undone", step->digits,
                  step->name);
    else if (!str_same(row->down_hash, step->inverse->hash))
        error_set(e, E_POLICY,
                  "the down script of %s_%s in its history is not the one that the run log knows",
                  step->digits, step->name);
    else
        return E_OK;
    return refuse(u, i, e);
}

/* --- the plan --- */

static struct step inverse_of(const struct step *step)
{
    struct step back = *step;

    back.down = !step->down;
    back.script = step->mark ? step->script : step->inverse;
    back.inverse = step->script;
    return back;
}

/* The whole of a job's recipe, reversed; made when first needed. */
static uint32_t recipe_for(struct undoing *u, uint32_t of, uint32_t *known)
{
    const struct recipe *from = &u->job.recipes[of];
    struct recipe *to;

    if (known[of])
        return known[of];
    to = &u->plan.recipes[u->plan.n_recipes];
    to->steps = arena_array(&u->plan.arena, from->n ? from->n : 1, sizeof *to->steps);
    if (!to->steps)
        return 0;
    for (to->n = 0; to->n < from->n; to->n++)
        to->steps[to->n] = inverse_of(&from->steps[from->n - 1 - to->n]);
    known[of] = (uint32_t)++u->plan.n_recipes;
    return known[of];
}

static bool is_outside(const struct step *step)
{
    return !step->mark && step->script->transaction_off;
}

/* Steps outside a transaction are segments of their own; the k-th segment of a reversed recipe. */
static bool segment_of(const struct recipe *recipe, uint16_t k, uint16_t *from, uint16_t *to)
{
    uint16_t at = 0;

    for (uint16_t segment = 0; at < recipe->n; segment++) {
        *from = at++;
        if (!is_outside(&recipe->steps[*from]))
            while (at < recipe->n && !is_outside(&recipe->steps[at]))
                at++;
        *to = at;
        if (segment == k)
            return true;
    }
    return false;
}

/* Most tenants took all of their recipe or nothing; a part (a run that ended partial) is refused.
 */
static int check_tenant(struct undoing *u, uint32_t tenant, const struct recipe *recipe,
                        struct error *e)
{
    const struct trail *t = &u->trails[tenant];

    for (size_t i = 0; i < recipe->n; i++) {
        const struct trail_row *row = trail_find(t, recipe->steps[i].version);
        int r;

        if (!row) {
            error_set(e, E_POLICY, "took only a part of run %s", u->job.run);
            error_hint(e, "bring it to a version with: lockstep up or down, --select id=...");
            return refuse(u, tenant, e);
        }
        r = check_script(u, tenant, &recipe->steps[i], row, e);
        if (r != E_OK)
            return r;
    }
    return E_OK;
}

static int take_tenant(struct undoing *u, uint32_t branch, uint16_t segment, uint32_t *known,
                       bool *more, struct error *e)
{
    const struct tenant *t = fleet_find(&u->s->fleet, u->job.branches[branch].id);
    uint32_t i = t ? (uint32_t)(t - u->s->fleet.tenants) : 0, of = u->job.recipe_of[branch];
    uint16_t from, to;
    uint32_t recipe;
    int r;

    if (!t || !u->s->selected[i] || u->job.from[branch] || !u->trails[i].n ||
        u->survey.facts[i].usable != USABLE_YES)
        return E_OK;
    r = segment ? E_OK : check_tenant(u, i, &u->job.recipes[of], e);
    recipe = r == E_OK ? recipe_for(u, of, known) : 0;
    if (!recipe)
        return r == E_OK ? error_oom(e) : r;
    if (segment_of(&u->plan.recipes[recipe - 1], segment, &from, &to)) {
        handmade_branch(&u->plan, &u->survey, i, recipe - 1, from, to);
        *more = true;
    }
    return E_OK;
}

static int build(struct undoing *u, struct error *e)
{
    uint32_t *known = arena_array(&u->plan.arena, u->job.n_recipes, sizeof *known);
    bool more = true;
    int r = known ? E_OK : error_oom(e);

    for (uint16_t segment = 0; more && r == E_OK; segment++) {
        more = false;
        for (uint32_t b = 0; b < u->job.n && r == E_OK; b++)
            r = take_tenant(u, b, segment, known, &more, e);
        handmade_group(&u->plan, segment);
    }
    return r == E_OK ? handmade_end(&u->plan, e) : r;
}

static int look(struct undoing *u, struct error *e)
{
    int r = survey_fleet(u->s, &u->survey, e);

    if (r == E_OK && handmade_room(&u->plan, u->survey.n, u->job.n_recipes) != E_OK)
        r = error_oom(e);
    for (uint32_t i = 0; i < u->survey.n && r == E_OK; i++)
        if (u->s->selected[i])
            r = handmade_usable(u->s, &u->survey, i, u->options->skip_unusable, &u->plan, e);
    u->trails = calloc(u->survey.n ? u->survey.n : 1, sizeof *u->trails);
    if (r != E_OK || !u->trails)
        return r == E_OK ? error_oom(e) : r;
    crew_each(u->s->crew, (uint32_t)u->survey.n, read_one, u);
    for (uint32_t i = 0; i < u->survey.n && r == E_OK; i++)
        r = check_trail(u, i, e);
    return r;
}

static int find_run(struct undoing *u, const char *text, struct error *e)
{
    struct log_run run;
    int r = log_find_run(u->s->store, text, &run, e);

    if (r == E_OK && run.undoes[0]) {
        error_set(e, E_POLICY, "run %s is itself an undo (of %s)", run.run, run.undoes);
        error_hint(e, "to go forward again use: lockstep up");
        r = E_POLICY;
    }
    return r == E_OK ? job_load(u->s, run.run, &u->job, e) : r;
}

/* The version that the tenants come back to; the same for all unless they began apart. */
static void name_target(struct undoing *u)
{
    const struct recipe *r = u->plan.n_recipes ? &u->plan.recipes[0] : NULL;
    const struct step *last = r && r->n ? &r->steps[r->n - 1] : NULL;
    uint64_t before = 0;

    if (!last)
        return;
    for (size_t i = 0; i < u->s->source.n && last->down; i++)
        if (u->s->source.migrations[i].version < last->version)
            before = u->s->source.migrations[i].version;
    u->plan.target = last->down ? before : last->version;
    u->plan.direction = last->down ? PLAN_DOWN : PLAN_UP;
}

static int undo(struct undoing *u, const char *run, const char *tenant, struct report *report,
                struct error *e)
{
    int r = find_run(u, run, e);

    if (r == E_OK)
        r = select_tenants(u, tenant, e);
    if (r == E_OK)
        r = look(u, e);
    if (r == E_OK)
        r = build(u, e);
    if (r != E_OK)
        return r;
    u->plan.n_selected = u->s->n_selected;
    if (session_source(u->s, e) != E_OK)
        error_clear(e); /* the scripts are in the log: the folder is for names only */
    name_target(u);
    return run_plan(u->s, "undo", u->job.run, &u->survey, &u->plan, u->options, report, e);
}

int undo_run(struct session *s, const char *run, const char *tenant,
             const struct migrate_options *options, struct report *report, struct error *e)
{
    struct undoing u = {.s = s, .options = options};
    int r = run_begin(s, "undo", options, report, e);

    if (r == E_OK)
        r = undo(&u, run, tenant, report, e);
    for (size_t i = 0; u.trails && i < u.survey.n; i++)
        trail_free(&u.trails[i]);
    free(u.trails);
    plan_free(&u.plan);
    survey_free(&u.survey);
    job_free(&u.job);
    return r;
}
