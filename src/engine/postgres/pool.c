#include "engine/postgres/pool.h"

#include <string.h>

#include "base/error.h"

static void drop(struct pool *pool, struct pg **pg)
{
    pg_close(pg);
    atomic_fetch_sub(&pool->open, 1);
}

/* Of this database, or (database NULL) any. */
static struct pg *find(struct pool *pool, const char *database)
{
    for (size_t i = 0; i < POOL_IDLE && atomic_load(&pool->parked); i++) {
        struct pg *pg = atomic_exchange(&pool->idle[i], NULL);
        struct pg *none = NULL;

        if (!pg)
            continue;
        if (!database || strcmp(PQdb(pg->conn), database) == 0) {
            atomic_fetch_sub(&pool->parked, 1);
            return pg;
        }
        if (!atomic_compare_exchange_strong(&pool->idle[i], &none, pg)) {
            atomic_fetch_sub(&pool->parked, 1); /* its place was taken meanwhile */
            drop(pool, &pg);
        }
    }
    return NULL;
}

/* Room for one more: an idle one of another database makes way. */
static bool make_room(struct pool *pool)
{
    unsigned open = atomic_load(&pool->open);
    struct pg *other;

    while (!pool->most || open < pool->most)
        if (atomic_compare_exchange_weak(&pool->open, &open, open + 1))
            return true;
    other = find(pool, NULL);
    if (!other)
        return false;
    pg_close(&other); /* and its place in the count is ours */
    return true;
}

int pool_take(struct pool *pool, const char *database, struct pg **pg, struct error *e)
{
    const struct pg_setup setup = {.patience_ms = POOL_PATIENCE_MS};
    int r;

    *pg = find(pool, database);
    if (*pg)
        return E_OK;
    if (!make_room(pool))
        return error_set(e, E_BUSY, "all %u connections to server %s are in use", pool->most,
                         pool->server->name);
    r = pg_open(pool->server, database, &setup, pg, e);
    if (r != E_OK)
        drop(pool, pg);
    return r;
}

void pool_give(struct pool *pool, struct pg **pg)
{
    if (!*pg)
        return;
    if ((*pg)->lost || PQtransactionStatus((*pg)->conn) != PQTRANS_IDLE) {
        drop(pool, pg);
        return;
    }
    for (size_t i = 0; i < POOL_IDLE; i++) {
        struct pg *none = NULL;

        if (!atomic_load(&pool->idle[i]) &&
            atomic_compare_exchange_strong(&pool->idle[i], &none, *pg)) {
            atomic_fetch_add(&pool->parked, 1);
            *pg = NULL;
            return;
        }
    }
    drop(pool, pg);
}

void pool_close(struct pool *pool)
{
    struct pg *pg;

    while ((pg = find(pool, NULL)))
        drop(pool, &pg);
}
