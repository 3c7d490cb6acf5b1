#include <string.h>

#include "base/str.h"
#include "plan/work.h"

/* Down scripts that tenants keep, parsed once for all that keep the same. */
struct kept {
    struct kept *next;
    enum engine_kind engine;
    uint64_t version;
    const char *sql;
    struct script script;
};

static bool wanted_up(const struct work *w, const struct past *past, const struct migration *m)
{
    if (m->version > w->plan->target || lineage_find(past->lineage, m->version))
        return false;
    return m->version > past->version || (w->request->accept & ACCEPT_LATE);
}

static size_t count_steps(const struct work *w, const struct past *past)
{
    const struct lineage *lineage = past->lineage;
    const struct source *source = plan_source(w, past);
    size_t n = 0;

    if (w->plan->direction == PLAN_UP)
        for (size_t i = 0; i < source->n; i++)
            n += wanted_up(w, past, &source->migrations[i]);
    else
        for (size_t i = 0; i < lineage->n; i++)
            n += lineage->applied[i].version > w->plan->target;
    return n;
}

static void steps_up(const struct work *w, const struct past *past, struct step *step)
{
    const struct source *source = plan_source(w, past);

    for (size_t i = 0; i < source->n; i++) {
        const struct migration *m = &source->migrations[i];

        if (wanted_up(w, past, m))
            *step++ = (struct step){.version = m->version,
                                    .digits = m->digits,
                                    .name = m->name,
                                    .checksum = m->checksum,
                                    .script = &m->up,
                                    .inverse = m->down};
    }
}

static int parse_kept(struct work *w, struct kept *k, const struct past *past, struct error *e)
{
    CLEANUP_STR struct str file = STR_INIT;
    struct error problem = ERROR_INIT;
    int r;

    str_addf(&file, "history of %s", plan_tenant_id(w, past->example));
    if (!str_ok(&file))
        return error_oom(e);
    r = script_parse(&w->plan->arena, k->engine, str_text(&file), k->sql, &k->script, &problem);
    if (r == E_OK)
        return E_OK;
    if (r == E_NOMEM || r < 0) {
        error_move(e, &problem);
        return r;
    }
    problem.code = E_POLICY;
    error_tenant(&problem, plan_tenant_id(w, past->example));
    plan_refuse(w, &problem);
    w->incomplete = true;
    return E_OK;
}

/* The down script that this tenant keeps. */
static int kept_script(struct work *w, struct kept **kept, const struct past *past,
                       const struct applied *a, const struct script **script, struct error *e)
{
    struct kept *k;
    int r;

    for (k = *kept; k; k = k->next)
        if (k->version == a->version && k->engine == past->engine && str_same(k->sql, a->down_sql))
            break;
    if (!k) {
        k = arena_alloc(&w->plan->arena, sizeof *k);
        if (!k)
            return error_oom(e);
        k->engine = past->engine;
        k->version = a->version;
        k->sql = a->down_sql;
        k->next = *kept;
        *kept = k;
        r = parse_kept(w, k, past, e);
        if (r != E_OK)
            return r;
    }
    *script = &k->script;
    return E_OK;
}

/* The file's down script when it belongs to what was applied, else the one the tenant keeps. */
static int step_down(struct work *w, struct kept **kept, const struct past *past,
                     const struct applied *a, struct step *step, struct error *e)
{
    const struct migration *m = source_find(plan_source(w, past), a->version);
    bool same = m && strcmp(m->checksum, a->checksum) == 0;

    *step = (struct step){.version = a->version, .checksum = a->checksum, .down = true};
    step->digits = m ? m->digits : plan_digits(w, a->version);
    step->name = m ? m->name : a->name ? a->name : "?";
    step->inverse = same ? &m->up : NULL;
    if (a->down_sql && !(same && m->down))
        return kept_script(w, kept, past, a, &step->script, e);
    step->script = m ? m->down : NULL;
    w->incomplete = w->incomplete || !step->script; /* plan_check() has said so */
    return E_OK;
}

static int steps_down(struct work *w, struct kept **kept, const struct past *past,
                      struct step *step, struct error *e)
{
    const struct lineage *lineage = past->lineage;
    int r = E_OK;

    for (size_t i = lineage->n; r == E_OK && i-- > 0;)
        if (lineage->applied[i].version > w->plan->target)
            r = step_down(w, kept, past, &lineage->applied[i], step++, e);
    return r;
}

static int make_recipe(struct work *w, struct kept **kept, struct past *past, struct error *e)
{
    struct plan *plan = w->plan;
    size_t n = count_steps(w, past);
    struct recipe *recipe = &plan->recipes[plan->n_recipes];

    if (n == 0)
        return E_OK;
    if (n > UINT16_MAX)
        return error_set(e, E_INVALID, "%zu migrations at once are too many", n);
    recipe->n = n;
    recipe->steps = arena_array(&plan->arena, n, sizeof *recipe->steps);
    if (!recipe->steps)
        return error_oom(e);
    past->recipe = (uint32_t)plan->n_recipes++;
    plan->n_tenants += past->tenants;
    if (plan->direction == PLAN_DOWN)
        return steps_down(w, kept, past, recipe->steps, e);
    steps_up(w, past, recipe->steps);
    return E_OK;
}

int plan_recipes(struct work *w, struct error *e)
{
    struct kept *kept = NULL;
    int r = E_OK;

    w->plan->recipes = arena_array(&w->plan->arena, w->n_pasts, sizeof *w->plan->recipes);
    if (!w->plan->recipes)
        return error_oom(e);
    for (size_t i = 0; r == E_OK && i < w->n_pasts; i++)
        r = make_recipe(w, &kept, &w->pasts[i], e);
    return r;
}
