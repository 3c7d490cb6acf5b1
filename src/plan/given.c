/* Plans whose recipes come from elsewhere: the stages behind the recipes are the same. */
#include "plan/work.h"

/* From lineages to the recipes given: a "past" for each of them. */
static int take_recipes(struct work *w, const uint32_t *recipe_of, struct error *e)
{
    struct plan *plan = w->plan;

    w->n_pasts = plan->n_recipes;
    w->pasts = arena_array(&w->scratch, plan->n_recipes, sizeof *w->pasts);
    if (!w->pasts)
        return error_oom(e);
    for (uint32_t i = 0; i < plan->n_recipes; i++)
        w->pasts[i].recipe = plan->recipes[i].n ? i : NONE;
    for (uint32_t i = 0; i < w->fleet->n; i++) {
        if (w->past_of[i] == NONE)
            continue;
        w->past_of[i] = recipe_of[i];
        if (recipe_of[i] == NONE || !plan->recipes[recipe_of[i]].n)
            continue;
        w->pasts[recipe_of[i]].tenants++;
        plan->n_tenants++;
    }
    return E_OK;
}

int plan_given(const struct fleet *fleet, const struct facts *facts,
               const struct plan_request *request, const uint32_t *recipe_of, struct plan *plan,
               struct error *e)
{
    struct work w = {.fleet = fleet, .facts = facts, .request = request, .plan = plan};
    int r = plan_pasts(&w, e);

    plan->direction = request->direction;
    plan->scope = request->scope;
    if (r == E_OK)
        r = take_recipes(&w, recipe_of, e);
    if (r == E_OK)
        r = plan_finish(&w, e);
    return plan_end(&w, r, e);
}
