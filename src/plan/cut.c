/*
 * From recipes to groups: unit by unit and segment by segment, the tenants that have steps there,
 * cut into groups of equal size that keep the bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "plan/cut.h"

static void bound(struct cut *c, uint32_t most, const char *text)
{
    if (most > 0 && most < c->most) {
        c->most = most;
        c->bound = text;
    }
}

static int find_bound(struct cut *c, struct error *e)
{
    const struct plan_request *q = c->w->request;
    double held = (double)q->max_hold_ms / 1000 * q->tenants_per_second;
    char *text = NULL;
    CLEANUP_STR struct str reason = STR_INIT;

    c->most = UINT32_MAX;
    bound(c, q->group_size, "group_size");
    bound(c, q->group_room, "room");
    if (held > 0 && held < UINT32_MAX)
        bound(c, held < 1 ? 1 : (uint32_t)held, "max_hold");
    if (!c->bound)
        return E_OK;
    if (strcmp(c->bound, "group_size") == 0)
        str_addf(&reason, "group_size is %u", c->most);
    else if (strcmp(c->bound, "room") == 0 && q->room_reason)
        str_addf(&reason, "%s, which has room for %u tenants in a group", q->room_reason, c->most);
    else if (strcmp(c->bound, "room") == 0)
        str_addf(&reason, "this system has room for %u tenants in a group", c->most);
    else
        str_addf(&reason, "more than %u tenants would be held longer than max_hold, %.3gs%s%s",
                 c->most, (double)q->max_hold_ms / 1000, q->pace_reason ? ": " : "",
                 q->pace_reason ? q->pace_reason : "");
    text = str_copy(&reason, &c->w->plan->arena);
    if (!text)
        return error_oom(e);
    c->bound = text;
    return E_OK;
}

/* What changes a schema commits on its own on MySQL. */
static bool takes_effect_at_once(const struct step *step)
{
    return step_is_outside(step) ||
           (!step->mark && step->script->engine == ENGINE_MYSQL && !step->script->data_only);
}

/* The guarantee of this branch: outside a transaction nothing better than compensated. */
static enum guarantee promise(const struct cut *c, uint32_t tenant, const struct recipe *recipe,
                              struct range range)
{
    for (uint16_t i = range.from; i < range.to; i++)
        if (takes_effect_at_once(&recipe->steps[i]))
            return GUARANTEE_COMPENSATED;
    return c->w->facts[tenant].guarantee;
}

static uint32_t recipe_of(const struct work *w, uint32_t tenant)
{
    return w->past_of[tenant] == NONE ? NONE : w->pasts[w->past_of[tenant]].recipe;
}

/* Members, their weakest guarantee, and room for all branches. */
static int list_members(struct cut *c, struct error *e)
{
    struct work *w = c->w;
    struct plan *plan = w->plan;
    size_t n = 0, branches = 0;

    c->members = arena_array(&w->scratch, plan->n_tenants, sizeof *c->members);
    if (!c->members)
        return error_oom(e);
    for (uint32_t i = 0; i < w->fleet->n; i++) {
        uint32_t recipe = recipe_of(w, i);
        const struct recipe *r;

        if (recipe == NONE)
            continue;
        r = &plan->recipes[recipe];
        c->members[n++] = i;
        plan->n_by_guarantee[promise(c, i, r, (struct range){0, (uint16_t)r->n})]++;
        for (uint32_t s = 0; s < c->n_segments; s++)
            branches += c->ranges[recipe * c->n_segments + s].to > 0;
    }
    plan->branches = arena_array(&plan->arena, branches, sizeof *plan->branches);
    plan->groups = arena_array(&plan->arena, branches, sizeof *plan->groups);
    return plan->branches && plan->groups ? E_OK : error_oom(e);
}

static void add_group(struct plan *plan, uint32_t first, uint32_t n, struct plan_group like)
{
    like.first = first;
    like.n = n;
    plan->groups[plan->n_groups++] = like;
}

/* Branches [first, n_branches) as groups of equal size. */
static void add_groups(struct cut *c, uint32_t first, struct plan_group like)
{
    struct plan *plan = c->w->plan;
    uint32_t n = (uint32_t)plan->n_branches - first;
    uint32_t parts = n / c->most + (n % c->most > 0);

    for (uint32_t i = 0; i < parts; i++) {
        uint32_t size = n / parts + (i < n % parts);

        add_group(plan, first, size, like);
        like.reason = c->bound;
        first += size;
    }
}

static void add_branches(struct cut *c, const uint32_t *members, size_t n, uint32_t segment)
{
    struct plan *plan = c->w->plan;

    for (size_t i = 0; i < n; i++) {
        uint32_t recipe = recipe_of(c->w, members[i]);
        struct range range = c->ranges[recipe * c->n_segments + segment];

        if (range.to == 0)
            continue;
        plan->branches[plan->n_branches++] = (struct plan_branch){
            .tenant = members[i],
            .recipe = recipe,
            .from = range.from,
            .to = range.to,
            .guarantee = promise(c, members[i], &plan->recipes[recipe], range),
        };
    }
}

static void add_unit(struct cut *c, const uint32_t *members, size_t n, struct plan_group like,
                     const char *const *reasons)
{
    struct plan *plan = c->w->plan;
    size_t first_group = plan->n_groups;

    for (uint32_t s = 0; s < c->n_segments; s++) {
        uint32_t first = (uint32_t)plan->n_branches;

        like.segment = (uint16_t)s;
        if (plan->n_groups > first_group)
            like.reason = reasons[s];
        add_branches(c, members, n, s);
        add_groups(c, first, like);
    }
}

/* How many tenants make a unit. */
static size_t unit_size(const struct cut *c)
{
    switch (c->w->request->scope) {
    case SCOPE_TENANT:
        return 1;
    case SCOPE_GROUP:
        return c->most;
    case SCOPE_FLEET:
        break;
    }
    return c->w->plan->n_tenants;
}

static int add_units(struct cut *c, struct error *e)
{
    struct plan *plan = c->w->plan;
    size_t n = plan->n_tenants, most = unit_size(c), parts = n / most + (n % most > 0), at = 0;
    const char **reasons = arena_array(&c->w->scratch, c->n_segments, sizeof *reasons);

    if (!reasons)
        return error_oom(e);
    for (uint32_t s = 1; s < c->n_segments; s++)
        if (!(reasons[s] = cut_segment_reason(c, s, e)))
            return E_NOMEM;
    for (size_t i = 0; i < parts; i++) {
        size_t size = n / parts + (i < n % parts);
        struct plan_group like = {.unit = (uint32_t)i};

        if (i > 0)
            like.reason = plan->scope == SCOPE_TENANT ? "every tenant on its own" : c->bound;
        add_unit(c, &c->members[at], size, like, reasons);
        at += size;
    }
    return E_OK;
}

static void estimate_hold(struct plan *plan, double tenants_per_second)
{
    uint32_t largest = 0;

    for (size_t i = 0; i < plan->n_groups; i++)
        if (plan->groups[i].n > largest)
            largest = plan->groups[i].n;
    if (tenants_per_second > 0)
        plan->hold_estimate_s = largest / tenants_per_second;
}

int plan_cut(struct work *w, struct error *e)
{
    struct cut c = {.w = w};
    int r;

    if (w->plan->n_tenants == 0)
        return E_OK;
    r = cut_segments(&c, e);
    if (r == E_OK)
        r = find_bound(&c, e);
    if (r == E_OK)
        r = list_members(&c, e);
    if (r == E_OK)
        r = add_units(&c, e);
    if (r == E_OK)
        estimate_hold(w->plan, w->request->tenants_per_second);
    free(c.marks);
    return r;
}
