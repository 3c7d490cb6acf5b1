/*
 * The connections to one MySQL server: a few that are idle, a count of all, and the bound on both.
 * Any of them serves any database. One that is taken is as it was when it was made: variables,
 * temporary tables, locks and transactions of whoever had it are gone (COM_RESET_CONNECTION). Only
 * who works in one tenant after the other takes one as the last of them has tuned it.
 *
 * No locks: an idle connection stands in a slot that one thread at a time can empty.
 */
#ifndef ENGINE_MYSQL_POOL_H
#define ENGINE_MYSQL_POOL_H

#include <stdatomic.h>
#include <stdint.h>

#include "db/mysql.h"

struct error;
struct server;

enum {
    MY_POOL_IDLE = 64,
    MY_POOL_PATIENCE_MS = 60000 /* for the answer to a statement of ours; scripts have their own */
};

struct my_pool {
    const struct server *server;
    _Atomic(struct my *) idle[MY_POOL_IDLE];
    atomic_uint open;   /* idle or borrowed */
    atomic_uint parked; /* in idle[] */
    uint32_t most;      /* of open; 0: not known yet */
};

/* E_BUSY: the bound is reached, or the server has no room; E_REFUSED: it cannot be reached, or does
 * not let us in. */
int my_pool_take(struct my_pool *pool, struct my **my, struct error *e);
int my_pool_take_tuned(struct my_pool *pool, struct my **my, struct error *e); /* or clean */
/* *my is NULL afterwards; NULL is fine. */
void my_pool_give(struct my_pool *pool, struct my **my);
/* Closed, not kept: what it prepared stays with the server. */
void my_pool_drop(struct my_pool *pool, struct my **my);
void my_pool_close(struct my_pool *pool); /* the idle ones */

#endif
