/*
 * Scripts with `values` ask for some of a tenant's: its id and labels. What any step of the plan
 * asks for, or what would take it back, every tenant that takes the step must have.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"
#include "plan/work.h"
#include "sql/expand.h"

struct ask { /* the first place where a name stands */
    const char *name;
    const struct script *script;
    unsigned line;
};

struct asks { /* of one past, or of the plan: each name once */
    struct ask *list;
    size_t n, cap;
};

static bool add(struct asks *asks, const struct ask *ask)
{
    for (size_t i = 0; i < asks->n; i++)
        if (str_same(asks->list[i].name, ask->name))
            return true;
    if (!array_room(&asks->list, asks->n, &asks->cap, sizeof *asks->list))
        return false;
    asks->list[asks->n++] = *ask;
    return true;
}

struct asking {
    struct work *w;
    struct asks *asks;
    struct ask at;
};

static int asked(void *ctx, const char *name)
{
    struct asking *a = ctx;

    a->at.name = arena_copy(&a->w->plan->arena, name);
    return a->at.name && add(a->asks, &a->at) ? E_OK : E_NOMEM;
}

static int ask_script(struct asking *a, const struct script *script)
{
    int r = E_OK;

    if (script && script->rows.on) /* what it asks for is the row tenants' */
        return E_OK;
    a->at.script = script;
    for (size_t i = 0; script && i < script->n && r == E_OK; i++) {
        const struct statement *s = &script->statements[i];

        a->at.line = s->line;
        if (s->values)
            r = sql_value_names(script->engine, s->sql, s->len, asked, a, NULL);
    }
    return r;
}

static int ask_recipe(struct work *w, const struct recipe *recipe, struct asks *asks)
{
    struct asking a = {.w = w, .asks = asks};
    int r = E_OK;

    for (size_t i = 0; i < recipe->n && r == E_OK; i++) {
        if (recipe->steps[i].mark)
            continue;
        r = ask_script(&a, recipe->steps[i].script);
        if (r == E_OK)
            r = ask_script(&a, recipe->steps[i].inverse);
    }
    return r;
}

static void refuse(struct work *w, const struct ask *ask, uint32_t example, size_t tenants)
{
    struct error problem = ERROR_INIT;

    error_set(&problem, E_POLICY, "this tenant has no label \"%.60s\", which the script asks for",
              ask->name);
    plan_more(&problem, tenants - 1, "tenant");
    error_tenant(&problem, plan_tenant_id(w, example));
    error_at(&problem, ask->script->file, ask->line);
    error_hint(&problem, "give it the label, or leave it out with --select");
    plan_refuse(w, &problem);
}

static void check(struct work *w, uint32_t past, const struct ask *ask)
{
    uint32_t example = 0;
    size_t tenants = 0;

    for (uint32_t i = w->fleet->n; i-- > 0;) {
        if (w->past_of[i] != past || tenant_value(&w->fleet->tenants[i], ask->name))
            continue;
        example = i;
        tenants++;
    }
    if (tenants)
        refuse(w, ask, example, tenants);
}

static int ask_past(struct work *w, uint32_t past, struct asks *all)
{
    struct asks asks = {0};
    int r = ask_recipe(w, &w->plan->recipes[w->pasts[past].recipe], &asks);

    for (size_t i = 0; i < asks.n && r == E_OK; i++) {
        check(w, past, &asks.list[i]);
        r = add(all, &asks.list[i]) ? E_OK : E_NOMEM;
    }
    free(asks.list);
    return r;
}

static int keep_names(struct plan *plan, const struct asks *all)
{
    plan->value_names = arena_array(&plan->arena, all->n, sizeof *plan->value_names);
    if (!plan->value_names)
        return E_NOMEM;
    for (; plan->n_value_names < all->n; plan->n_value_names++)
        plan->value_names[plan->n_value_names] = all->list[plan->n_value_names].name;
    return E_OK;
}

int plan_values(struct work *w, struct error *e)
{
    struct asks all = {0};
    int r = E_OK;

    for (uint32_t p = 0; p < w->n_pasts && r == E_OK; p++)
        if (w->pasts[p].recipe != NONE)
            r = ask_past(w, p, &all);
    if (r == E_OK)
        r = keep_names(w->plan, &all);
    free(all.list);
    return r == E_OK ? r : error_oom(e);
}

int plan_expand(const struct plan *plan, const struct script *script,
                const struct statement *statement, const struct tenant *tenant, struct str *out)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct sql_value *list = arena_array(&arena, plan->n_value_names, sizeof *list);
    struct sql_values values = {.list = list};

    if (!list)
        return E_NOMEM;
    for (size_t i = 0; i < plan->n_value_names; i++) {
        const char *text = tenant_value(tenant, plan->value_names[i]);

        if (text)
            list[values.n++] = (struct sql_value){plan->value_names[i], text};
    }
    return sql_expand(script->engine, statement->sql, statement->len, &values, &sql_quoting_shown,
                      out, NULL);
}
