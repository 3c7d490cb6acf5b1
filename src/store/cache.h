/*
 * The cache of looks: what a tenant's past was when its file looked like this. A hit saves opening
 * the tenant with SQLite. It is only a cache: a miss costs time, never correctness. The clock of a
 * file system ticks coarsely, so a later write may leave the same times: a file in WAL mode whose
 * stamp is younger than CACHE_SETTLE_US when it was looked at is not kept. In rollback mode every
 * transaction counts in the header.
 *
 * The lineage of the look is kept as text (the engine's own encoding), shared between tenants.
 *
 * On disk it is one file with a checksum over all of it, read whole, and written whole beside the
 * old one, which it then replaces. Nothing is synced: a file that does not check out (torn by a
 * power failure, of another version, spoiled) counts as no file.
 */
#ifndef STORE_CACHE_H
#define STORE_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/stamp.h"

struct error;
struct store;
struct cache;

#define CACHE_SETTLE_US 50000

struct cache_look {
    struct file_stamp stamp;
    uint32_t lineage; /* id from cache_lineage() */
    uint32_t flags;   /* the engine's own */
};

/*
 * Loads everything into memory. store NULL: an empty cache that is never saved. E_NOMEM is the only
 * failure; whatever is wrong with the file, the cache is then empty.
 */
int cache_load(struct store *store, struct cache **cache, struct error *e);
/* NULL: not known, or changed. Several threads may call it as long as nobody calls cache_put; the
 * result holds until the next cache_put. */
const struct cache_look *cache_get(const struct cache *cache, const struct file_stamp *stamp);
const char *cache_lineage_text(const struct cache *cache, uint32_t lineage); /* NULL: no such id */
/* The id of this lineage text, made when new. 0 when out of memory. */
uint32_t cache_lineage(struct cache *cache, const char *text);
/* Remembers in memory; looked_us is the wall clock before the file was stamped. */
void cache_put(struct cache *cache, const struct cache_look *look, int64_t looked_us);
/*
 * Writes the cache when something changed and the store may be written; else nothing. E_REFUSED
 * when it cannot be written, which is nothing to stop for. Lineages that no look names are left
 * out.
 */
int cache_save(struct store *store, struct cache *cache, struct error *e);
void cache_free(struct cache *cache);

#endif
