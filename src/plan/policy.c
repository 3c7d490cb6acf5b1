/* Is there an undo where one might be needed, and does anything lose rows? */
#include "plan/work.h"

static const struct step *one_way_step(const struct plan *plan)
{
    for (size_t r = 0; r < plan->n_recipes; r++)
        for (size_t i = 0; i < plan->recipes[r].n; i++)
            if (!plan->recipes[r].steps[i].inverse && !plan->recipes[r].steps[i].mark)
                return &plan->recipes[r].steps[i];
    return NULL;
}

static bool drops(const struct plan *plan)
{
    const struct script *last = NULL; /* most recipes share their scripts */

    for (size_t r = 0; r < plan->n_recipes; r++) {
        for (size_t i = 0; i < plan->recipes[r].n; i++) {
            const struct script *script = plan->recipes[r].steps[i].script;

            if (script != last && !plan->recipes[r].steps[i].mark && plan_script_drops(script))
                return true;
            last = script;
        }
    }
    return false;
}

/* The second group of a unit: if it fails, the first is undone. NULL: each unit is one group. */
static const struct plan_group *second_group(const struct plan *plan)
{
    for (size_t i = 1; i < plan->n_groups; i++)
        if (plan->groups[i].unit == plan->groups[i - 1].unit)
            return &plan->groups[i];
    return NULL;
}

static void refuse(struct work *w, const struct step *step)
{
    const struct plan *plan = w->plan;
    const struct plan_group *second = second_group(plan);
    size_t weak =
        plan->n_by_guarantee[GUARANTEE_LOGGED] + plan->n_by_guarantee[GUARANTEE_COMPENSATED];
    struct error problem = ERROR_INIT;

    if (second)
        error_set(
            &problem, E_POLICY,
            "migration %s_%s cannot be undone, and the run is cut into several groups (%s), of "
            "which a later one may fail",
            step->digits, step->name, second->reason);
    else if (plan->scope == SCOPE_FLEET && weak > 0)
        error_set(&problem, E_POLICY,
                  "migration %s_%s cannot be undone, and of its tenants %zu can only be logged or "
                  "compensated",
                  step->digits, step->name, weak);
    else
        return;
    error_at(&problem, step->script->file, 0);
    error_hint(&problem, "%s, or take the risk with `--allow-irreversible`",
               step->script->engine == ENGINE_EXEC ? "give its exec section the command `down`"
                                                   : "write a `-- lockstep:down` section");
    plan_refuse(w, &problem);
}

void plan_policy(struct work *w)
{
    const struct step *step = one_way_step(w->plan);

    w->plan->reversible = !step;
    w->plan->drops_data = drops(w->plan);
    if (step && !w->request->allow_irreversible)
        refuse(w, step);
}
