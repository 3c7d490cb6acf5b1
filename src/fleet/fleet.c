/*
 * Resolving: every source adds its tenants to a draft, in order; each source's share is sorted by
 * id. Then all are sorted by path and by id, which shows what is there twice; the second order
 * stays as the index. Sorting costs less than hashing here: most fleets are one source, and sorted
 * already.
 */
#include "fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

static int compare_ids(const void *a, const void *b)
{
    const struct tenant *x = a, *y = b;
    int order = strcmp(x->id, y->id);

    return order ? order : strcmp(x->path, y->path);
}

static void sort_tenants(struct tenant *tenants, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (compare_ids(&tenants[i - 1], &tenants[i]) > 0) {
            qsort(tenants, n, sizeof *tenants, compare_ids);
            return;
        }
    }
}

static int read_source(struct draft *draft, const struct tenant_source *source, struct error *e)
{
    size_t first = draft->n;
    int r = draft_source(draft, source, e);

    if (r != E_OK)
        return r;
    switch (source->kind) {
    case SOURCE_GLOB:
        r = glob_tenants(draft, e);
        break;
    case SOURCE_LIST:
        r = list_tenants(draft, e);
        break;
    case SOURCE_CATALOG:
        r = catalog_tenants(draft, e);
        break;
    case SOURCE_DATABASES:
    case SOURCE_SCHEMAS:
    case SOURCE_PLACES:
        r = place_tenants(draft, e);
        break;
    }
    if (r == E_OK && draft->n > first)
        sort_tenants(draft->list + first, draft->n - first);
    return r;
}

static int refuse_twice(const struct tenant *a, const struct tenant *b, bool same_path,
                        struct error *e)
{
    if (same_path) {
        error_set(e, E_INVALID,
                  "one %s is two tenants: %s is given as \"%s\" (%s) and as \"%s\" (%s)",
                  a->engine == ENGINE_SQLITE ? "file" : "place", a->path, a->id, a->origin, b->id,
                  b->origin);
        error_hint(e, "leave one of the two out, or make the globs exclude each other");
    } else {
        error_set(e, E_INVALID, "two tenants have the id \"%s\": %s (%s) and %s (%s)", a->id,
                  a->path, a->origin, b->path, b->origin);
        error_hint(e,
                   "an id is the path behind the glob's fixed part, without extension: begin the "
                   "wildcards higher up, match one extension only, or list ids in a file");
    }
    return E_INVALID;
}

/* Of two that are the same the earlier one comes first, so that messages do not vary. */
static int by_address(const struct tenant *a, const struct tenant *b)
{
    return a < b ? -1 : a > b;
}

static int order_by_id(const void *a, const void *b)
{
    const struct tenant *x = *(const struct tenant *const *)a;
    const struct tenant *y = *(const struct tenant *const *)b;
    int order = strcmp(x->id, y->id);

    return order ? order : by_address(x, y);
}

static int order_by_path(const void *a, const void *b)
{
    const struct tenant *x = *(const struct tenant *const *)a;
    const struct tenant *y = *(const struct tenant *const *)b;
    int order = strcmp(x->path, y->path);

    return order ? order : by_address(x, y);
}

static void sort_index(const struct tenant **index, size_t n,
                       int (*order)(const void *, const void *))
{
    for (size_t i = 1; i < n; i++) {
        if (order(&index[i - 1], &index[i]) > 0) {
            qsort(index, n, sizeof(const struct tenant *), order);
            return;
        }
    }
}

static int make_index(struct fleet *fleet, struct error *e)
{
    const struct tenant **index =
        arena_array(&fleet->arena, fleet->n, sizeof(const struct tenant *));

    if (!index)
        return error_oom(e);
    for (size_t i = 0; i < fleet->n; i++)
        index[i] = &fleet->tenants[i];
    sort_index(index, fleet->n, order_by_path);
    for (size_t i = 1; i < fleet->n; i++)
        if (strcmp(index[i - 1]->path, index[i]->path) == 0)
            return refuse_twice(index[i - 1], index[i], true, e);
    sort_index(index, fleet->n, order_by_id);
    for (size_t i = 1; i < fleet->n; i++)
        if (strcmp(index[i - 1]->id, index[i]->id) == 0)
            return refuse_twice(index[i - 1], index[i], false, e);
    fleet->by_id = index;
    return E_OK;
}

static int take_draft(struct fleet *fleet, const struct draft *draft, struct error *e)
{
    fleet->tenants = arena_array(&fleet->arena, draft->n, sizeof *fleet->tenants);
    if (!fleet->tenants)
        return error_oom(e);
    if (draft->n > 0)
        memcpy(fleet->tenants, draft->list, draft->n * sizeof *draft->list);
    fleet->n = draft->n;
    return E_OK;
}

int fleet_resolve(const struct config *config, struct fleet *fleet, struct error *e)
{
    struct draft draft = {.arena = &fleet->arena, .fleet = fleet};
    int r;

    *fleet = (struct fleet){0};
    r = make_servers(fleet, config, e);
    for (size_t i = 0; i < config->n_sources && r == E_OK; i++) {
        r = read_source(&draft, &config->sources[i], e);
        if (r != E_OK && config->sources[i].line > 0)
            error_at(e, config->file, config->sources[i].line);
    }
    if (r == E_OK)
        r = take_draft(fleet, &draft, e);
    if (r == E_OK)
        r = make_index(fleet, e);
    if (r == E_OK)
        r = exec_finish(fleet, config, e);
    if (r == E_OK)
        r = find_root(fleet, e);
    draft_free(&draft);
    if (r != E_OK)
        fleet_free(fleet);
    return r;
}

void fleet_free(struct fleet *fleet)
{
    arena_free(&fleet->arena);
    *fleet = (struct fleet){0};
}

static int compare_key(const void *key, const void *item)
{
    return strcmp(key, (*(const struct tenant *const *)item)->id);
}

const struct tenant *fleet_find(const struct fleet *fleet, const char *id)
{
    const struct tenant **found;

    if (fleet->by_id && fleet->n > 0) {
        found = bsearch(id, fleet->by_id, fleet->n, sizeof(const struct tenant *), compare_key);
        return found ? *found : NULL;
    }
    for (size_t i = 0; i < fleet->n; i++)
        if (strcmp(fleet->tenants[i].id, id) == 0)
            return &fleet->tenants[i];
    return NULL;
}
