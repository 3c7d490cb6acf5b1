#include "engine/postgres/pool.h"

#include <sched.h>
#include <string.h>

#include "base/error.h"

static void lock(struct pool *pool)
{
    while (atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire))
        sched_yield();
}

static void unlock(struct pool *pool)
{
    atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

/* Under the lock: of this database, or (NULL) the last given. */
static struct pg *pick(struct pool *pool, const char *database)
{
    unsigned i = pool->parked;
    struct pg *pg;

    while (i > 0 && database && strcmp(PQdb(pool->idle[i - 1]->conn), database) != 0)
        i--;
    if (i == 0)
        return NULL;
    pg = pool->idle[i - 1];
    memmove(&pool->idle[i - 1], &pool->idle[i], (pool->parked - i) * sizeof pool->idle[0]);
    pool->parked--;
    return pg;
}

enum place { IS_THERE, IS_ROOM, IS_FULL };

/* One to use, or the right to open one, for which *other may have to be closed before. */
static enum place find(struct pool *pool, const char *database, struct pg **pg, struct pg **other)
{
    enum place is = IS_ROOM;

    lock(pool);
    *pg = pick(pool, database);
    if (*pg)
        is = IS_THERE;
    else if (!pool->most || pool->open < pool->most)
        pool->open++;
    else if (!(*other = pick(pool, NULL))) /* its place in the count goes over */
        is = IS_FULL;
    unlock(pool);
    return is;
}

static void drop(struct pool *pool, struct pg **pg)
{
    pg_close(pg);
    lock(pool);
    pool->open--;
    unlock(pool);
}

int pool_take(struct pool *pool, const char *database, struct pg **pg, struct error *e)
{
    const struct pg_setup setup = {.patience_ms = POOL_PATIENCE_MS};
    struct pg *other = NULL;
    enum place is = find(pool, database, pg, &other);
    int r;

    if (is == IS_THERE)
        return E_OK;
    if (is == IS_FULL)
        return error_set(e, E_BUSY, "all %u connections to server %s are in use", pool->most,
                         pool->server->name);
    pg_close(&other);
    r = pg_open(pool->server, database, &setup, pg, e);
    if (r != E_OK)
        drop(pool, pg);
    return r;
}

static bool park(struct pool *pool, struct pg *pg)
{
    bool room;

    lock(pool);
    room = pool->parked < POOL_IDLE;
    if (room)
        pool->idle[pool->parked++] = pg;
    unlock(pool);
    return room;
}

void pool_give(struct pool *pool, struct pg **pg)
{
    if (!*pg)
        return;
    if ((*pg)->lost || PQtransactionStatus((*pg)->conn) != PQTRANS_IDLE || !park(pool, *pg))
        drop(pool, pg);
    *pg = NULL;
}

void pool_close(struct pool *pool)
{
    struct pg *pg;

    lock(pool);
    while ((pg = pick(pool, NULL))) {
        pg_close(&pg);
        pool->open--;
    }
    unlock(pool);
}
