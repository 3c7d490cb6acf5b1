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

    if (!u->s->selected[i] || u->survey.facts[i].usable != USABLE_YES)
        return;
    if (u->s->fleet.tenants[i].engine == ENGINE_EXEC)
        trail_of_revision(&u->trails[i], &u->job, u->s->fleet.tenants[i].id,
                          u->survey.facts[i].lineage);
    else
        trail_read(&u->trails[i], u->s, &u->s->fleet.tenants[i], u->survey.paths[i], u->job.run);
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
    if (step->mark)
        return E_OK;
    if (!step->inverse)
        error_set(e, E_POLICY, "%s_%s has no %s script, so it cannot be undone", step->digits,
                  step->name, step->down ? "up" : "down");
    else if (!step->down && !str_same(row->down_hash, step->inverse->hash))
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

static int reverse(struct undoing *u, const struct recipe *from, struct recipe *to)
{
    to->steps = arena_array(&u->plan.arena, from->n ? from->n : 1, sizeof *to->steps);
    if (!to->steps)
        return E_NOMEM;
    for (to->n = 0; to->n < from->n; to->n++)
        to->steps[to->n] = inverse_of(&from->steps[from->n - 1 - to->n]);
    return E_OK;
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

/* The recipe of each tenant that took part, once it is known to be able to go back. */
static int take_tenants(struct undoing *u, uint32_t *recipe_of, struct error *e)
{
    int r = E_OK;

    for (uint32_t b = 0; b < u->job.n && r == E_OK; b++) {
        const struct tenant *t = fleet_find(&u->s->fleet, u->job.branches[b].id);
        uint32_t i = t ? (uint32_t)(t - u->s->fleet.tenants) : 0;

        if (!t || !u->s->selected[i] || u->job.from[b] || !u->trails[i].n)
            continue;
        recipe_of[i] = u->job.recipe_of[b];
        r = check_tenant(u, i, &u->job.recipes[recipe_of[i]], e);
    }
    return r;
}

/* Only what a tenant takes is reversed: the others' scripts may be missing. */
static int reverse_all(struct undoing *u, const uint32_t *recipe_of)
{
    struct plan *plan = &u->plan;

    plan->n_recipes = u->job.n_recipes;
    plan->recipes = arena_array(&plan->arena, plan->n_recipes, sizeof *plan->recipes);
    if (!plan->recipes)
        return E_NOMEM;
    for (size_t i = 0; i < u->s->fleet.n; i++) {
        uint32_t k = recipe_of[i];

        if (k != PLAN_NO_RECIPE && !plan->recipes[k].steps &&
            reverse(u, &u->job.recipes[k], &plan->recipes[k]) != E_OK)
            return E_NOMEM;
    }
    return E_OK;
}

static const struct step *last_step(const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_recipes; i++)
        if (plan->recipes[i].n)
            return &plan->recipes[i].steps[plan->recipes[i].n - 1];
    return NULL;
}

/* The version that the tenants come back to; the same for all unless they began apart. */
static void name_target(struct undoing *u)
{
    const struct step *last = last_step(&u->plan);
    const struct source *source = session_names(u->s);
    uint64_t before = 0;

    if (!last)
        return;
    for (size_t i = 0; i < source->n && last->down; i++)
        if (source->migrations[i].version < last->version)
            before = source->migrations[i].version;
    u->plan.target = last->down ? before : last->version;
    u->plan.direction = last->down ? PLAN_DOWN : PLAN_UP;
}

static int build(struct undoing *u, struct error *e)
{
    struct plan_request request = migrate_request(u->s, u->options, &u->survey);
    uint32_t *recipe_of = arena_array(&u->plan.arena, u->s->fleet.n, sizeof *recipe_of);
    int r;

    if (!recipe_of)
        return error_oom(e);
    memset(recipe_of, 0xff, u->s->fleet.n * sizeof *recipe_of); /* PLAN_NO_RECIPE */
    r = take_tenants(u, recipe_of, e);
    if (r != E_OK)
        return r;
    if (reverse_all(u, recipe_of) != E_OK)
        return error_oom(e);
    if (session_source(u->s, e) != E_OK)
        error_clear(e); /* the scripts are in the log: the folder is for names only */
    name_target(u);
    request.direction = u->job.direction == PLAN_UP ? PLAN_DOWN : PLAN_UP;
    return plan_given(&u->s->fleet, u->survey.facts, &request, recipe_of, &u->plan, e);
}

static int look(struct undoing *u, struct error *e)
{
    int r = survey_fleet(u->s, &u->survey, e);

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

static int undo(struct undoing *u, const char *run, const char *tenant, struct report *report,
                struct error *e)
{
    const struct planned planned = {
        .command = "undo", .undoes = u->job.run, .survey = &u->survey, .plan = &u->plan};
    int r = find_run(u, run, e);

    if (r == E_OK)
        r = select_tenants(u, tenant, e);
    if (r == E_OK)
        r = look(u, e);
    if (r == E_OK)
        r = build(u, e);
    if (r != E_OK)
        return r;
    return run_plan(u->s, &planned, u->options, report, e);
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
