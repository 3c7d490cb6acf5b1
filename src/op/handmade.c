#include "op/handmade.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hash.h"
#include "op/session.h"

enum { SEGMENTS_MAX = 64, BRANCHES_A_TENANT = 4 };

int handmade_room(struct plan *plan, size_t tenants, size_t recipes)
{
    tenants = tenants ? tenants : 1;
    plan->recipes = arena_array(&plan->arena, recipes ? recipes : 1, sizeof *plan->recipes);
    plan->branches = arena_array(&plan->arena, tenants * BRANCHES_A_TENANT, sizeof *plan->branches);
    plan->groups = arena_array(&plan->arena, SEGMENTS_MAX, sizeof *plan->groups);
    plan->skips = arena_array(&plan->arena, tenants, sizeof *plan->skips);
    return plan->recipes && plan->branches && plan->groups && plan->skips ? E_OK : E_NOMEM;
}

int handmade_usable(const struct session *s, const struct survey *survey, uint32_t tenant,
                    bool skip, struct plan *plan, struct error *e)
{
    const struct facts *f = &survey->facts[tenant];

    if (f->usable == USABLE_YES)
        return E_OK;
    if (f->usable == USABLE_NO && skip) {
        plan->skips[plan->n_skips++] = (struct plan_skip){.tenant = tenant, .why = &f->why};
        return E_OK;
    }
    error_set(e, f->usable == USABLE_NO ? E_POLICY : E_DOUBT, "%s", f->why.message);
    error_tenant(e, s->fleet.tenants[tenant].id);
    if (f->why.hint[0])
        error_hint(e, "%s", f->why.hint);
    else
        error_hint(e, "mend it, or leave such tenants out with --skip-unusable");
    return e ? e->code : E_POLICY;
}

void handmade_branch(struct plan *plan, const struct survey *survey, uint32_t tenant,
                     uint32_t recipe, uint16_t from, uint16_t to)
{
    plan->branches[plan->n_branches++] =
        (struct plan_branch){.tenant = tenant,
                             .recipe = recipe,
                             .from = from,
                             .to = to,
                             .guarantee = survey->facts[tenant].guarantee};
    if (from == 0) {
        plan->n_tenants++;
        plan->n_by_guarantee[survey->facts[tenant].guarantee]++;
    }
}

void handmade_group(struct plan *plan, uint16_t segment)
{
    const struct plan_group *last = plan->n_groups ? &plan->groups[plan->n_groups - 1] : NULL;
    uint32_t first = last ? last->first + last->n : 0;

    if (plan->n_branches == first || plan->n_groups == SEGMENTS_MAX)
        return;
    plan->groups[plan->n_groups++] = (struct plan_group){
        .first = first, .n = (uint32_t)plan->n_branches - first, .segment = segment};
}

static bool is_reversible(const struct plan *plan)
{
    for (size_t r = 0; r < plan->n_recipes; r++)
        for (size_t i = 0; i < plan->recipes[r].n; i++)
            if (!plan->recipes[r].steps[i].inverse && !plan->recipes[r].steps[i].mark)
                return false;
    return true;
}

int handmade_end(struct plan *plan, struct error *e)
{
    struct hash *hash = hash_begin();

    if (!hash)
        return error_oom(e);
    handmade_group(plan, (uint16_t)plan->n_groups);
    plan->reversible = is_reversible(plan);
    hash_add(hash, &plan->target, sizeof plan->target);
    for (size_t r = 0; r < plan->n_recipes; r++)
        for (size_t i = 0; i < plan->recipes[r].n; i++)
            hash_add_text(hash, plan->recipes[r].steps[i].script->hash);
    for (size_t i = 0; i < plan->n_branches; i++)
        hash_add(hash, &plan->branches[i].tenant, sizeof plan->branches[i].tenant);
    hash_end(hash, plan->digest);
    return E_OK;
}
