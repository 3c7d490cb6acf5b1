/*
 * Resolving: every source adds its tenants to a draft, in order; each source's share is sorted by
 * id; then ids and paths go into hash tables, which shows what is there twice.
 */
#include "fleet/fleet.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

struct entry {
    const struct tenant *tenant;
    UT_hash_handle by_id, by_path;
};

struct fleet_index {
    struct entry *by_id;
    bool failed;
};

#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(element) (index->failed = true)

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
                  "one file is two tenants: %s is given as \"%s\" (%s) and as \"%s\" (%s)", a->path,
                  a->id, a->origin, b->id, b->origin);
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

/* Enters one tenant; twice is the entry that was there first. */
static int enter(struct fleet_index *index, struct entry **by_path, struct entry *entry,
                 struct error *e)
{
    const struct tenant *t = entry->tenant;
    struct entry *twice;

    HASH_FIND(by_path, *by_path, t->path, strlen(t->path), twice);
    if (twice)
        return refuse_twice(twice->tenant, t, true, e);
    HASH_ADD_KEYPTR(by_path, *by_path, t->path, strlen(t->path), entry);
    HASH_FIND(by_id, index->by_id, t->id, strlen(t->id), twice);
    if (twice)
        return refuse_twice(twice->tenant, t, false, e);
    HASH_ADD_KEYPTR(by_id, index->by_id, t->id, strlen(t->id), entry);
    return index->failed ? error_oom(e) : E_OK;
}

static int make_index(struct fleet *fleet, struct error *e)
{
    struct entry *entries = arena_array(&fleet->arena, fleet->n, sizeof *entries), *by_path = NULL;
    struct fleet_index *index = arena_alloc(&fleet->arena, sizeof *index);
    int r = E_OK;

    if (!entries || !index)
        return error_oom(e);
    fleet->index = index;
    for (size_t i = 0; i < fleet->n && r == E_OK; i++) {
        entries[i].tenant = &fleet->tenants[i];
        r = enter(index, &by_path, &entries[i], e);
    }
    HASH_CLEAR(by_path, by_path);
    return r;
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
    struct draft draft = {.arena = &fleet->arena};
    int r = E_OK;

    *fleet = (struct fleet){0};
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
        r = find_root(fleet, e);
    draft_free(&draft);
    if (r != E_OK)
        fleet_free(fleet);
    return r;
}

void fleet_free(struct fleet *fleet)
{
    if (fleet->index)
        HASH_CLEAR(by_id, fleet->index->by_id);
    arena_free(&fleet->arena);
    *fleet = (struct fleet){0};
}

const struct tenant *fleet_find(const struct fleet *fleet, const char *id)
{
    struct entry *entry;

    if (fleet->index) {
        HASH_FIND(by_id, fleet->index->by_id, id, strlen(id), entry);
        return entry ? entry->tenant : NULL;
    }
    for (size_t i = 0; i < fleet->n; i++)
        if (strcmp(fleet->tenants[i].id, id) == 0)
            return &fleet->tenants[i];
    return NULL;
}
