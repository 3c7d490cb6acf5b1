/* The one place that uses uthash: its macros are long, and clang-tidy measures them as our code. */
#include "base/index.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/error.h"

#undef uthash_nonfatal_oom
#define uthash_nonfatal_oom(element) (x->failed = true)

struct index_entry {
    uint32_t value;
    UT_hash_handle hh;
};

/* NOLINTBEGIN(readability-function-size, readability-function-cognitive-complexity) */

int index_add(struct index *x, const void *key, size_t len, uint32_t value)
{
    struct index_entry *entry = arena_alloc(&x->arena, sizeof *entry);

    if (!entry)
        return E_NOMEM;
    entry->value = value;
    HASH_ADD_KEYPTR(hh, x->entries, key, len, entry);
    return x->failed ? E_NOMEM : E_OK;
}

const uint32_t *index_find(const struct index *x, const void *key, size_t len)
{
    struct index_entry *entry = NULL;

    HASH_FIND(hh, x->entries, key, len, entry);
    return entry ? &entry->value : NULL;
}

/* NOLINTEND(readability-function-size, readability-function-cognitive-complexity) */

void index_free(struct index *x)
{
    HASH_CLEAR(hh, x->entries);
    arena_free(&x->arena);
}
