#include "store/cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/cache_data.h"

enum {
    FIRST_SLOTS = 1024,
    MOST_LOOKS = 8 * 1024 * 1024 /* of files long gone, mostly: what is past it is not kept */
};

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0x9e3779b97f4a7c15;
    return x ^ x >> 29;
}

static uint64_t hash_file(const struct file_stamp *stamp)
{
    return mix(mix((uint64_t)stamp->ino) + (uint64_t)stamp->dev);
}

static uint64_t hash_string(const char *text)
{
    uint64_t h = 0xcbf29ce484222325;

    while (*text)
        h = (h ^ (unsigned char)*text++) * 0x100000001b3;
    return mix(h);
}

static void slot_take(struct slots *slots, uint64_t hash, uint32_t value)
{
    size_t i = hash & (slots->size - 1);

    while (slots->at[i])
        i = (i + 1) & (slots->size - 1);
    slots->at[i] = value;
}

/* Room for one more with at least half of the slots free; true when all must be entered anew. */
static bool slots_room(struct slots *slots, size_t used, bool *grown)
{
    size_t size = slots->size ? slots->size : FIRST_SLOTS;
    uint32_t *at;

    *grown = false;
    while (size < (used + 1) * 2)
        size *= 2;
    if (size == slots->size)
        return true;
    at = calloc(size, sizeof *at);
    if (!at)
        return false;
    free(slots->at);
    *slots = (struct slots){.at = at, .size = size};
    *grown = true;
    return true;
}

static bool same_file(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->ino == b->ino && a->dev == b->dev;
}

static struct cache_look *find_look(const struct cache *cache, const struct file_stamp *stamp)
{
    const struct slots *slots = &cache->by_file;

    if (slots->size == 0)
        return NULL;
    for (size_t i = hash_file(stamp);; i++) {
        uint32_t entry = slots->at[i & (slots->size - 1)];

        if (!entry)
            return NULL;
        if (same_file(&cache->looks[entry - 1].stamp, stamp))
            return &cache->looks[entry - 1];
    }
}

bool cache_reserve(struct cache *cache, size_t looks)
{
    struct cache_look *list = reallocarray(cache->looks, looks + 1, sizeof *list);
    bool grown;

    if (!list)
        return false;
    cache->looks = list;
    cache->cap_looks = looks + 1;
    return slots_room(&cache->by_file, looks, &grown);
}

bool cache_add_look(struct cache *cache, const struct cache_look *look)
{
    bool grown;

    if (!array_room(&cache->looks, cache->n_looks, &cache->cap_looks, sizeof *look) ||
        !slots_room(&cache->by_file, cache->n_looks, &grown))
        return false;
    for (size_t i = 0; grown && i < cache->n_looks; i++)
        slot_take(&cache->by_file, hash_file(&cache->looks[i].stamp), (uint32_t)i + 1);
    cache->looks[cache->n_looks++] = *look;
    slot_take(&cache->by_file, hash_file(&look->stamp), (uint32_t)cache->n_looks);
    return true;
}

bool cache_add_lineage(struct cache *cache, const char *text)
{
    bool grown;

    if (!array_room(&cache->lineages, cache->n_lineages, &cache->cap_lineages, sizeof text) ||
        !slots_room(&cache->by_text, cache->n_lineages, &grown))
        return false;
    for (size_t i = 0; grown && i < cache->n_lineages; i++)
        slot_take(&cache->by_text, hash_string(cache->lineages[i]), (uint32_t)i + 1);
    cache->lineages[cache->n_lineages++] = text;
    slot_take(&cache->by_text, hash_string(text), (uint32_t)cache->n_lineages);
    return true;
}

const struct cache_look *cache_get(const struct cache *cache, const struct file_stamp *stamp)
{
    const struct cache_look *look = find_look(cache, stamp);

    return look && stamp_same(&look->stamp, stamp) ? look : NULL;
}

const char *cache_lineage_text(const struct cache *cache, uint32_t lineage)
{
    return lineage > 0 && lineage <= cache->n_lineages ? cache->lineages[lineage - 1] : NULL;
}

static uint32_t find_lineage(const struct cache *cache, const char *text)
{
    const struct slots *slots = &cache->by_text;

    if (slots->size == 0)
        return 0;
    for (size_t i = hash_string(text);; i++) {
        uint32_t entry = slots->at[i & (slots->size - 1)];

        if (!entry || strcmp(cache->lineages[entry - 1], text) == 0)
            return entry;
    }
}

uint32_t cache_lineage(struct cache *cache, const char *text)
{
    uint32_t id = find_lineage(cache, text);
    const char *copy;

    if (id)
        return id;
    copy = arena_copy(&cache->texts, text);
    if (!copy || !cache_add_lineage(cache, copy))
        return 0;
    return (uint32_t)cache->n_lineages;
}

enum { WRITE_VERSION_AT = 18, ROLLBACK_MODE = 1 }; /* in the header of a database */

static bool settled(const struct file_stamp *stamp, int64_t looked_us)
{
    int64_t latest = stamp->mtime_ns > stamp->ctime_ns ? stamp->mtime_ns : stamp->ctime_ns;

    return stamp->header[WRITE_VERSION_AT] == ROLLBACK_MODE ||
           latest / 1000 + CACHE_SETTLE_US <= looked_us;
}

/* A failure forgets the look, which is allowed at any time. */
void cache_put(struct cache *cache, const struct cache_look *look, int64_t looked_us)
{
    struct cache_look *known = find_look(cache, &look->stamp);

    if (!settled(&look->stamp, looked_us) || !cache_lineage_text(cache, look->lineage))
        return;
    cache->changed = true;
    if (known)
        *known = *look;
    else if (cache->n_looks < MOST_LOOKS)
        cache_add_look(cache, look);
}

void cache_free(struct cache *cache)
{
    if (!cache)
        return;
    free(cache->looks);
    free(cache->lineages);
    free(cache->by_file.at);
    free(cache->by_text.at);
    arena_free(&cache->texts);
    free(cache);
}
