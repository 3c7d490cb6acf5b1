/*
 * The connections to one server: a few that are idle, a count of all, and the bound on both. A
 * connection is borrowed for one database, and given back when no transaction is open on it;
 * connecting is the dearest thing that is done to a server (2 to 5 ms), so they are kept.
 *
 * No locks: an idle connection stands in a slot that one thread at a time can empty.
 */
#ifndef ENGINE_POSTGRES_POOL_H
#define ENGINE_POSTGRES_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/postgres.h"

struct error;
struct server;

enum {
    POOL_IDLE = 256,
    POOL_PATIENCE_MS = 30000 /* for the answer to a statement of ours; scripts have their own */
};

struct pool {
    const struct server *server;
    _Atomic(struct pg *) idle[POOL_IDLE];
    atomic_uint open;   /* idle or borrowed */
    atomic_uint parked; /* in idle[] */
    uint32_t most;      /* of open; 0: not known yet */
};

/* E_BUSY: the bound is reached, or the server has no room; E_REFUSED: it cannot be reached, or does
 * not let us in. */
int pool_take(struct pool *pool, const char *database, struct pg **pg, struct error *e);
/* A connection that is lost, or has a transaction open, is closed. *pg is NULL afterwards. */
void pool_give(struct pool *pool, struct pg **pg);
void pool_close(struct pool *pool); /* the idle ones */

#endif
