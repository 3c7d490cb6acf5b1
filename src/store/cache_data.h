/* Inside the store: the cache in memory, shared by cache.c (looks) and cache_file.c (the file). */
#ifndef STORE_CACHE_DATA_H
#define STORE_CACHE_DATA_H

#include <stdbool.h>

#include "base/mem.h"
#include "store/cache.h"

/* Open addressing over indexes into an array: 0 is a free slot, i + 1 stands for element i. */
struct slots {
    uint32_t *at;
    size_t size; /* a power of two, or 0 */
};

struct cache {
    struct cache_look *looks;
    size_t n_looks, cap_looks;
    const char **lineages; /* id 1 is lineages[0] */
    size_t n_lineages, cap_lineages;
    struct slots by_file, by_text;
    struct arena texts;
    bool changed;
};

/* Into an empty cache: room for this many looks at once; false when out of memory. */
bool cache_reserve(struct cache *cache, size_t looks);
/* Appends; false when out of memory. The caller knows that it is not there yet. */
bool cache_add_look(struct cache *cache, const struct cache_look *look);
bool cache_add_lineage(struct cache *cache, const char *text);

/* A file begins with this (no terminator), then the checksum of all that follows behind it. */
#define CACHE_MAGIC "lockstep cache 3"
uint64_t cache_checksum(const char *bytes, size_t n);

#endif
