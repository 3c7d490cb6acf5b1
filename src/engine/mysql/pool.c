#include "engine/mysql/pool.h"

#include "base/error.h"

static struct my *find(struct my_pool *pool)
{
    for (size_t i = 0; i < MY_POOL_IDLE && atomic_load(&pool->parked); i++) {
        struct my *my = atomic_exchange(&pool->idle[i], NULL);

        if (!my)
            continue;
        atomic_fetch_sub(&pool->parked, 1);
        return my;
    }
    return NULL;
}

static bool make_room(struct my_pool *pool)
{
    unsigned open = atomic_load(&pool->open);

    while (!pool->most || open < pool->most)
        if (atomic_compare_exchange_weak(&pool->open, &open, open + 1))
            return true;
    return false;
}

int my_pool_take_tuned(struct my_pool *pool, struct my **my, struct error *e)
{
    const struct my_setup setup = {.patience_ms = MY_POOL_PATIENCE_MS};
    int r;

    *my = find(pool);
    if (*my)
        return E_OK;
    if (!make_room(pool))
        return error_set(e, E_BUSY, "all %u connections to server %s are in use", pool->most,
                         pool->server->name);
    r = my_open(pool->server, NULL, &setup, my, e);
    if (r != E_OK)
        atomic_fetch_sub(&pool->open, 1);
    return r;
}

static bool is_clean(struct my *my)
{
    return my->left == MY_CLEAN || my_reset(my, NULL) == E_OK;
}

int my_pool_take(struct my_pool *pool, struct my **my, struct error *e)
{
    int r = my_pool_take_tuned(pool, my, e);

    while (r == E_OK && *my && !is_clean(*my)) { /* it is gone: the next, or one that is made */
        my_pool_drop(pool, my);
        r = my_pool_take_tuned(pool, my, e);
    }
    return r;
}

void my_pool_drop(struct my_pool *pool, struct my **my)
{
    if (!*my)
        return;
    my_close(my);
    atomic_fetch_sub(&pool->open, 1);
}

void my_pool_give(struct my_pool *pool, struct my **my)
{
    if (!*my)
        return;
    (*my)->setup = (struct my_setup){.patience_ms = MY_POOL_PATIENCE_MS};
    if (!(*my)->lost && (*my)->left == MY_USED)
        my_reset(*my, NULL);
    for (size_t i = 0; i < MY_POOL_IDLE && !(*my)->lost && (*my)->left != MY_USED; i++) {
        struct my *none = NULL;

        if (!atomic_load(&pool->idle[i]) &&
            atomic_compare_exchange_strong(&pool->idle[i], &none, *my)) {
            atomic_fetch_add(&pool->parked, 1);
            *my = NULL;
            return;
        }
    }
    my_pool_drop(pool, my);
}

void my_pool_close(struct my_pool *pool)
{
    struct my *my;

    while ((my = find(pool)))
        my_pool_drop(pool, &my);
}
