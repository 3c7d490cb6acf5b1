#include <string.h>

#include "plan/work.h"

/* Pasts by the address of their lineage; open addressing: 0 is free, i + 1 stands for past i. */
struct table {
    uint32_t *slots;
    size_t size, cap;
};

static bool same(const struct past *a, const struct past *b)
{
    return a->lineage == b->lineage && a->engine == b->engine && a->shared == b->shared;
}

static size_t slot_of(const struct table *table, const struct work *w, const struct past *past)
{
    uint64_t key = (uint64_t)(uintptr_t)past->lineage / sizeof(void *) + past->engine;
    size_t i = (key * 0x9e3779b97f4a7c15 >> 32) & (table->size - 1);

    while (table->slots[i] && !same(&w->pasts[table->slots[i] - 1], past))
        i = (i + 1) & (table->size - 1);
    return i;
}

/* Doubles table and pasts; the old ones stay in the scratch arena. */
static bool grow(struct table *table, struct work *w)
{
    size_t cap = table->cap ? table->cap * 2 : 64;
    struct past *pasts = arena_array(&w->scratch, cap, sizeof *pasts);

    table->slots = arena_array(&w->scratch, cap * 2, sizeof *table->slots);
    if (!pasts || !table->slots)
        return false;
    if (w->n_pasts > 0)
        memcpy(pasts, w->pasts, w->n_pasts * sizeof *pasts);
    w->pasts = pasts;
    table->cap = cap;
    table->size = cap * 2;
    for (size_t i = 0; i < w->n_pasts; i++)
        table->slots[slot_of(table, w, &pasts[i])] = (uint32_t)i + 1;
    return true;
}

static int take(struct work *w, struct table *table, uint32_t tenant, struct error *e)
{
    const struct facts *facts = &w->facts[tenant];
    const struct past past = {.lineage = facts->lineage,
                              .engine = w->fleet->tenants[tenant].engine,
                              .shared = w->fleet->tenants[tenant].shared,
                              .version = lineage_version(facts->lineage),
                              .example = tenant,
                              .recipe = NONE};
    size_t slot;

    if (w->n_pasts >= table->cap && !grow(table, w))
        return error_oom(e);
    slot = slot_of(table, w, &past);
    if (!table->slots[slot]) {
        w->pasts[w->n_pasts++] = past;
        table->slots[slot] = (uint32_t)w->n_pasts;
    }
    w->past_of[tenant] = table->slots[slot] - 1;
    w->pasts[w->past_of[tenant]].tenants++;
    w->plan->n_foreign += facts->foreign;
    return E_OK;
}

static void refuse_unusable(struct work *w, uint32_t tenant)
{
    const struct error *why = &w->facts[tenant].why;
    struct error problem = ERROR_INIT;

    error_set(&problem, E_POLICY, "%s", why->message[0] ? why->message : "cannot be used");
    problem.sys = why->sys;
    problem.db = why->db;
    error_tenant(&problem, plan_tenant_id(w, tenant));
    error_at(&problem, why->file, why->line);
    if (why->hint[0])
        error_hint(&problem, "%s", why->hint);
    error_hint(&problem, "`--skip-unusable` goes on without it");
    plan_refuse(w, &problem);
}

static void refuse_doubt(struct work *w, uint32_t tenant)
{
    struct error problem = ERROR_INIT;

    error_set(&problem, E_DOUBT, "in doubt: it belongs to an open group of an earlier run");
    error_tenant(&problem, plan_tenant_id(w, tenant));
    error_hint(&problem, "run `lockstep recover`");
    plan_refuse(w, &problem);
}

static int look_at(struct work *w, struct table *table, uint32_t tenant, struct error *e)
{
    struct plan *plan = w->plan;

    w->past_of[tenant] = NONE;
    if (!w->request->selected[tenant])
        return E_OK;
    plan->n_selected++;
    switch (w->facts[tenant].usable) {
    case USABLE_YES:
        return take(w, table, tenant, e);
    case USABLE_DOUBT:
        refuse_doubt(w, tenant);
        return E_OK;
    case USABLE_NO:
        break;
    }
    if (w->request->skip_unusable)
        plan->skips[plan->n_skips++] = (struct plan_skip){tenant, &w->facts[tenant].why};
    else
        refuse_unusable(w, tenant);
    return E_OK;
}

static size_t count_unusable(const struct work *w)
{
    size_t n = 0;

    for (size_t i = 0; i < w->fleet->n; i++)
        n += w->request->selected[i] && w->facts[i].usable == USABLE_NO;
    return n;
}

int plan_pasts(struct work *w, struct error *e)
{
    struct table table = {0};
    struct plan *plan = w->plan;
    int r = E_OK;

    w->past_of = arena_array(&w->scratch, w->fleet->n, sizeof *w->past_of);
    plan->skips = arena_array(&plan->arena, count_unusable(w), sizeof *plan->skips);
    if (!w->past_of || !plan->skips)
        return error_oom(e);
    for (uint32_t i = 0; r == E_OK && i < w->fleet->n; i++)
        r = look_at(w, &table, i, e);
    if (r == E_OK && plan->n_selected == 0)
        return error_set(e, E_INVALID, "no tenant is selected");
    return r;
}
