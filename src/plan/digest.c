/*
 * Two plans of one digest do the same to the same tenants: direction, target, then every tenant
 * with steps, in the order of the fleet, with the digest of its recipe, the values that its scripts
 * ask for and who its row tenants are. Nothing of the machine, the clock, the groups or the number
 * of jobs goes in.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/row_tenants.h"
#include "plan/work.h"

static void add_number(struct hash *h, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, n);
    hash_add_text(h, text);
}

static int digest_recipe(const struct recipe *recipe, char text[HASH_TEXT])
{
    struct hash *h = hash_begin();

    if (!h)
        return E_NOMEM;
    add_number(h, recipe->n);
    for (size_t i = 0; i < recipe->n; i++) {
        const struct step *step = &recipe->steps[i];

        add_number(h, step->version);
        hash_add_text(h, step->down ? "down" : "up");
        hash_add_text(h, step->checksum);
        hash_add_text(h, step->script->hash); /* of the text, its options among it */
    }
    hash_end(h, text);
    return E_OK;
}

static void add_values(struct hash *h, const struct work *w, uint32_t tenant)
{
    for (size_t i = 0; i < w->plan->n_value_names; i++) {
        const char *text = tenant_value(&w->fleet->tenants[tenant], w->plan->value_names[i]);

        hash_add_text(h, w->plan->value_names[i]);
        hash_add_text(h, text ? text : "");
    }
}

static void add_rows(struct hash *h, const struct row_tenants *rows)
{
    if (!rows)
        return;
    hash_add_text(h, rows->query);
    hash_add_text(h, rows->role);
    hash_add_text(h, rows->setting);
}

static void add_tenants(struct hash *h, const struct work *w, char (*recipes)[HASH_TEXT])
{
    for (uint32_t i = 0; i < w->fleet->n; i++) {
        uint32_t past = w->past_of[i];

        if (past == NONE || w->pasts[past].recipe == NONE)
            continue;
        hash_add_text(h, plan_tenant_id(w, i));
        hash_add_text(h, recipes[w->pasts[past].recipe]);
        add_values(h, w, i);
        add_rows(h, w->fleet->tenants[i].rows);
    }
}

int plan_digest(struct work *w, struct error *e)
{
    const struct plan *plan = w->plan;
    char(*recipes)[HASH_TEXT] = arena_array(&w->scratch, plan->n_recipes, sizeof *recipes);
    struct hash *h;

    if (!recipes)
        return error_oom(e);
    for (size_t i = 0; i < plan->n_recipes; i++)
        if (digest_recipe(&plan->recipes[i], recipes[i]) != E_OK)
            return error_oom(e);
    h = hash_begin();
    if (!h)
        return error_oom(e);
    hash_add_text(h, "lockstep plan 1");
    hash_add_text(h, plan->direction == PLAN_UP ? "up" : "down");
    add_number(h, plan->target);
    add_number(h, plan->n_tenants);
    add_tenants(h, w, recipes);
    hash_end(h, w->plan->digest);
    return E_OK;
}
