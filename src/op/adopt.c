/* Marks tenants as being at a version: history rows for what they lack up to there; nothing runs.
 */
#include <stdio.h>

#include "base/error.h"
#include "base/hash.h"
#include "op/handmade.h"
#include "op/report.h"
#include "op/session.h"
#include "op/settle.h"

static int find_version(const struct session *s, const char *text, uint64_t *version,
                        struct error *e)
{
    unsigned long long number;
    char tail;

    if (sscanf(text, "%llu%c", &number, &tail) == 1 && source_find(&s->source, number)) {
        *version = number;
        return E_OK;
    }
    return error_set(e, E_INVALID, "%s is no version of a migration in %s", text, s->source.dir);
}

static int check(const struct session *s, const struct survey *survey, uint64_t version,
                 const struct migrate_options *options, struct plan *plan, struct error *e)
{
    for (size_t i = 0; i < survey->n; i++) {
        const struct facts *f = &survey->facts[i];
        int r;

        if (!s->selected[i])
            continue;
        r = handmade_usable(s, survey, (uint32_t)i, options->skip_unusable, plan, e);
        if (r != E_OK)
            return r;
        if (f->usable == USABLE_YES && lineage_version(f->lineage) > version) {
            error_set(e, E_POLICY, "is at version %llu already, above %llu",
                      (unsigned long long)lineage_version(f->lineage), (unsigned long long)version);
            error_tenant(e, s->fleet.tenants[i].id);
            error_hint(e, "adopt only marks; to go back use: lockstep down %llu",
                       (unsigned long long)version);
            return E_POLICY;
        }
    }
    return E_OK;
}

static int recipe_for(struct session *s, struct plan *plan, const struct lineage *past,
                      uint64_t version, struct recipe *recipe)
{
    recipe->steps = arena_array(&plan->arena, s->source.n, sizeof *recipe->steps);
    if (!recipe->steps)
        return E_NOMEM;
    for (size_t i = 0; i < s->source.n; i++) {
        const struct migration *m = &s->source.migrations[i];

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

/* Tenants of one past share a recipe; pasts are few. */
static int build(struct session *s, const struct survey *survey, uint64_t version,
                 struct plan *plan, struct error *e)
{
    const struct lineage **pasts = arena_array(&plan->arena, survey->n, sizeof *pasts);
    int r = pasts ? E_OK : E_NOMEM;

    for (size_t i = 0; r == E_OK && i < survey->n; i++) {
        const struct facts *f = &survey->facts[i];
        size_t k = 0;

        if (!s->selected[i] || f->usable != USABLE_YES)
            continue;
        while (k < plan->n_recipes && pasts[k] != f->lineage)
            k++;
        if (k == plan->n_recipes) {
            pasts[plan->n_recipes++] = f->lineage;
            r = recipe_for(s, plan, f->lineage, version, &plan->recipes[k]);
        }
        if (r == E_OK && plan->recipes[k].n)
            handmade_branch(plan, survey, (uint32_t)i, (uint32_t)k, 0,
                            (uint16_t)plan->recipes[k].n);
    }
    return r == E_OK ? handmade_end(plan, e) : error_oom(e);
}

int adopt(struct session *s, const char *version, const struct migrate_options *options,
          struct report *report, struct error *e)
{
    struct survey survey = {0};
    struct plan plan = {0};
    uint64_t number = 0;
    int r = run_begin(s, "adopt", options, report, e);

    if (r == E_OK)
        r = session_source(s, e);
    if (r == E_OK)
        r = find_version(s, version, &number, e);
    if (r == E_OK)
        r = survey_fleet(s, &survey, e);
    plan.target = number;
    plan.n_selected = s->n_selected;
    if (r == E_OK)
        r = handmade_room(&plan, survey.n, survey.n) == E_OK ? E_OK : error_oom(e);
    if (r == E_OK)
        r = check(s, &survey, number, options, &plan, e);
    if (r == E_OK)
        r = build(s, &survey, number, &plan, e);
    if (r == E_OK)
        r = run_plan(s, "adopt", NULL, &survey, &plan, options, report, e);
    plan_free(&plan);
    survey_free(&survey);
    return r;
}
