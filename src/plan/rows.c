/* Migrations for row tenants are for tenants whose source says who these are. */
#include "plan/work.h"

static bool asks(const struct step *step)
{
    return !step->mark && (step->script->rows.on || (step->inverse && step->inverse->rows.on));
}

static const struct step *first_that_asks(const struct recipe *recipe)
{
    for (size_t i = 0; i < recipe->n; i++)
        if (asks(&recipe->steps[i]))
            return &recipe->steps[i];
    return NULL;
}

static void refuse(struct work *w, const struct step *step, uint32_t example, size_t tenants)
{
    struct error problem = ERROR_INIT;

    error_set(&problem, E_POLICY,
              "migration %s_%s runs for row tenants, and its source does not say who they are",
              step->digits, step->name);
    plan_more(&problem, tenants - 1, "tenant");
    error_tenant(&problem, plan_tenant_id(w, example));
    error_at(&problem, step->script->file, 0);
    error_hint(&problem, "give the source in lockstep.conf rows, rows_role and rows_setting");
    plan_refuse(w, &problem);
}

static void check(struct work *w, uint32_t past)
{
    const struct step *step = first_that_asks(&w->plan->recipes[w->pasts[past].recipe]);
    uint32_t example = 0;
    size_t tenants = 0;

    for (uint32_t i = w->fleet->n; step && i-- > 0;) {
        if (w->past_of[i] != past || w->fleet->tenants[i].rows)
            continue;
        example = i;
        tenants++;
    }
    if (tenants)
        refuse(w, step, example, tenants);
}

void plan_rows(struct work *w)
{
    for (uint32_t p = 0; p < w->n_pasts; p++)
        if (w->pasts[p].recipe != NONE)
            check(w, p);
}
