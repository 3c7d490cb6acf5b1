/*
 * Tenants with different pasts have different recipes, but their steps are mostly the same ones:
 * the same version in the same direction with the same script is one line in a plan.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "cli/plan_view.h"

static bool same_step(const struct step *a, const struct step *b)
{
    return a->version == b->version && a->down == b->down && str_same(a->checksum, b->checksum) &&
           (a->script == b->script || str_same(a->script->hash, b->script->hash));
}

static size_t find_use(struct step_uses *uses, const struct step *step)
{
    size_t i = 0;

    while (i < uses->n && !same_step(uses->list[i].step, step))
        i++;
    if (i == uses->n)
        uses->list[uses->n++].step = step;
    return i;
}

uint32_t step_example(const struct plan *plan, const struct step *step)
{
    for (size_t i = 0; i < plan->n_branches; i++) {
        const struct plan_branch *b = &plan->branches[i];

        for (uint16_t k = b->from; k < b->to; k++)
            if (same_step(&plan->recipes[b->recipe].steps[k], step))
                return b->tenant;
    }
    return 0;
}

/* How many tenants take steps [from, to) of each recipe: differences, summed up afterwards. */
static void count_branches(const struct plan *plan, const size_t *first, int64_t *change)
{
    for (size_t i = 0; i < plan->n_branches; i++) {
        const struct plan_branch *b = &plan->branches[i];

        change[first[b->recipe] + b->recipe + b->from]++;
        change[first[b->recipe] + b->recipe + b->to]--;
    }
}

static void collect(const struct plan *plan, const size_t *first, const int64_t *change,
                    struct step_uses *uses)
{
    for (size_t r = 0; r < plan->n_recipes; r++) {
        int64_t tenants = 0;

        for (size_t i = 0; i < plan->recipes[r].n; i++) {
            tenants += change[first[r] + r + i];
            if (tenants > 0)
                uses->list[find_use(uses, &plan->recipes[r].steps[i])].tenants += (size_t)tenants;
        }
    }
}

static int by_order(const void *a, const void *b)
{
    const struct step *x = ((const struct step_use *)a)->step;
    const struct step *y = ((const struct step_use *)b)->step;
    int up = (x->version > y->version) - (x->version < y->version);

    if (x->down != y->down)
        return x->down ? -1 : 1;
    return up != 0 ? (x->down ? -up : up) : strcmp(x->script->hash, y->script->hash);
}

int step_uses_make(const struct plan *plan, struct step_uses *uses)
{
    size_t total = 0;
    size_t *first = calloc(plan->n_recipes + 1, sizeof *first);
    int64_t *change;

    for (size_t r = 0; first && r < plan->n_recipes; r++) {
        first[r] = total;
        total += plan->recipes[r].n;
    }
    change = calloc(total + plan->n_recipes + 1, sizeof *change);
    *uses = (struct step_uses){calloc(total + 1, sizeof *uses->list), 0};
    if (first && change && uses->list) {
        count_branches(plan, first, change);
        collect(plan, first, change, uses);
        qsort(uses->list, uses->n, sizeof *uses->list, by_order);
    }
    total = first && change && uses->list ? 0 : 1;
    free(first);
    free(change);
    return total == 0 ? E_OK : E_NOMEM;
}

void step_uses_free(struct step_uses *uses)
{
    free(uses->list);
    *uses = (struct step_uses){0};
}
