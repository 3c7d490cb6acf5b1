/*
 * An index: which number belongs to a key of bytes. A key is added once; keys are not copied, they
 * must outlive the index. Not for several threads.
 */
#ifndef BASE_INDEX_H
#define BASE_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"

struct index_entry;

struct index {
    struct arena arena;
    struct index_entry *entries;
    bool failed;
};

#define INDEX_INIT                                                                                 \
    {                                                                                              \
        0                                                                                          \
    }
#define CLEANUP_INDEX __attribute__((cleanup(index_free)))

/* E_OK or E_NOMEM. */
int index_add(struct index *x, const void *key, size_t len, uint32_t value);
/* NULL: no such key. */
const uint32_t *index_find(const struct index *x, const void *key, size_t len);
void index_free(struct index *x);

#endif
