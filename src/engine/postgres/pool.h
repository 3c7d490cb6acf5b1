/*
 * The connections to one server: a few that are idle, a count of all, and the bound on both. A
 * connection is borrowed for one database, and given back when no transaction is open on it;
 * connecting is the dearest thing that is done to a server (2 to 5 ms), so they are kept.
 *
 * At the bound the idle one that was given last makes way. Databases are visited in one order again
 * and again (survey, votes, second phase): of any other choice each visit would find its own gone.
 *
 * The lock is held for the look through the list, never for what talks to a server.
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
    POOL_IDLE = 1024,
    POOL_PATIENCE_MS = 30000 /* for the answer to a statement of ours; scripts have their own */
};

struct pool {
    const struct server *server;
    atomic_flag busy; /* the lock of what follows; ATOMIC_FLAG_INIT before the first use */
    struct pg *idle[POOL_IDLE];
    unsigned parked; /* of idle[], in the order in which they were given */
    unsigned open;   /* idle or borrowed */
    uint32_t most;   /* of open; 0: not known yet */
};

/* E_BUSY: the bound is reached, or the server has no room; E_REFUSED: it cannot be reached, or does
 * not let us in. */
int pool_take(struct pool *pool, const char *database, struct pg **pg, struct error *e);
/* A connection that is lost, or has a transaction open, is closed. *pg is NULL afterwards. */
void pool_give(struct pool *pool, struct pg **pg);
void pool_close(struct pool *pool); /* the idle ones */

#endif
