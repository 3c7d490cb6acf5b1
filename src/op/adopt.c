/* Marks tenants as being at a version: history rows for what they lack up to there; nothing runs.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/hash.h"
#include "base/number.h"
#include "op/job.h"
#include "op/report.h"
#include "op/session.h"
#include "op/settle.h"

static int find_version(const struct session *s, const char *text, uint64_t *version,
                        struct error *e)
{
    int64_t number;

    if (number_parse(text, &number) && source_find(session_names(s), (uint64_t)number)) {
        *version = (uint64_t)number;
        return E_OK;
    }
    return error_set(e, E_INVALID, "%s is no version of a migration in %s", text,
                     session_names(s)->dir);
}

/* Nobody may be above it already. */
static int check(const struct session *s, const struct survey *survey, uint64_t version,
                 struct error *e)
{
    for (size_t i = 0; i < survey->n; i++) {
        const struct facts *f = &survey->facts[i];

        if (!s->selected[i] || f->usable != USABLE_YES || lineage_version(f->lineage) <= version)
            continue;
        error_set(e, E_POLICY, "is at version %llu already, above %llu",
                  (unsigned long long)lineage_version(f->lineage), (unsigned long long)version);
        error_tenant(e, s->fleet.tenants[i].id);
        error_hint(e, "adopt only marks; to go back use: lockstep down %llu",
                   (unsigned long long)version);
        return E_POLICY;
    }
    return E_OK;
}

static int recipe_for(const struct source *source, struct plan *plan, const struct lineage *past,
                      uint64_t version, struct recipe *recipe)
{
    recipe->steps = arena_array(&plan->arena, source->n, sizeof *recipe->steps);
    if (!recipe->steps)
        return E_NOMEM;
    for (size_t i = 0; i < source->n; i++) {
        const struct migration *m = &source->migrations[i];

        if (m->version > version || lineage_find(past, m->version))
            continue;
        recipe->steps[recipe->n++] = (struct step){.version = m->version,
                                                   .digits = m->digits,
                                                   .name = m->name,
                                                   .checksum = m->checksum,
                                                   .mark = true,
                                                   .script = &m->up,
                                                   .inverse = m->down};
    }
    return E_OK;
}

struct past { /* of the tenants that share a recipe; there are few */
    const struct lineage *lineage;
    const struct source *source; /* their engine's, and of that what they take */
};

static uint32_t find_past(const struct past *pasts, size_t n, const struct past *past)
{
    uint32_t k = 0;

    while (k < n && (pasts[k].lineage != past->lineage || pasts[k].source != past->source))
        k++;
    return k;
}

static int make_recipes(struct session *s, const struct survey *survey, uint64_t version,
                        struct plan *plan, uint32_t *recipe_of)
{
    struct past *pasts = arena_array(&plan->arena, survey->n, sizeof *pasts);
    int r = pasts ? E_OK : E_NOMEM;

    plan->recipes = arena_array(&plan->arena, survey->n, sizeof *plan->recipes);
    if (!plan->recipes)
        return E_NOMEM;
    for (size_t i = 0; r == E_OK && i < survey->n; i++) {
        const struct facts *f = &survey->facts[i];
        const struct tenant *t = &s->fleet.tenants[i];
        const struct past past = {f->lineage, source_for(&s->sources[t->engine], t->shared)};
        uint32_t k;

        recipe_of[i] = PLAN_NO_RECIPE;
        if (!s->selected[i] || f->usable != USABLE_YES)
            continue;
        k = find_past(pasts, plan->n_recipes, &past);
        if (k == plan->n_recipes) {
            pasts[plan->n_recipes++] = past;
            r = recipe_for(past.source, plan, past.lineage, version, &plan->recipes[k]);
        }
        recipe_of[i] = k;
    }
    return r;
}

static int build(struct session *s, const struct survey *survey, uint64_t version,
                 const struct migrate_options *options, struct plan *plan, struct error *e)
{
    struct plan_request request = migrate_request(s, options, survey);
    uint32_t *recipe_of = arena_array(&plan->arena, survey->n, sizeof *recipe_of);

    plan->target = version;
    if (!recipe_of || make_recipes(s, survey, version, plan, recipe_of) != E_OK)
        return error_oom(e);
    request.direction = PLAN_UP;
    return plan_given(&s->fleet, survey->facts, &request, recipe_of, plan, e);
}

static int refuse_exec(struct error *e)
{
    error_set(e, E_INVALID, "the history of these tenants is their migrator's, not lockstep's");
    error_hint(e, "mark them with its own command, such as `alembic stamp`");
    return E_INVALID;
}

int adopt(struct session *s, const char *version, const struct migrate_options *options,
          struct report *report, struct error *e)
{
    struct survey survey = {0};
    struct plan plan = {0};
    const struct planned planned = {.command = "adopt", .survey = &survey, .plan = &plan};
    uint64_t number = 0;
    int r = run_begin(s, "adopt", options, report, e);

    if (r == E_OK && session_is_exec(s))
        r = refuse_exec(e);
    if (r == E_OK)
        r = session_source(s, e);
    if (r == E_OK)
        r = find_version(s, version, &number, e);
    if (r == E_OK)
        r = survey_fleet(s, &survey, e);
    if (r == E_OK)
        r = check(s, &survey, number, e);
    if (r == E_OK)
        r = build(s, &survey, number, options, &plan, e);
    if (r == E_OK)
        r = run_plan(s, &planned, options, report, e);
    plan_free(&plan);
    survey_free(&survey);
    return r;
}
