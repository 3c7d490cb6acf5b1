/*
 * A link: one database server as the use cases see it, whatever its engine. Connections are made
 * when they are needed and kept for the next that asks for the same database. One link a server and
 * command; the session owns it. (SQLite's tenants are files and have no link: engine/sqlite.)
 *
 *   survey   one look at many tenants of the server, in as few queries as the engine knows how
 *   join     the participant of one group's tenants on this server (core/port.h)
 *   rehearse one branch up to its vote, and back
 *   history  one tenant's rows, in order
 *   strays   what runs of lockstep left on the server: votes that nobody finished
 *
 * All but free may be called from several threads at once. Errors name the server or the tenant,
 * never a password, never the value of a row.
 */
#ifndef ENGINE_LINK_H
#define ENGINE_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/guarantee.h"
#include "base/hash.h"
#include "base/str.h"
#include "core/port.h"
#include "db/server.h"
#include "engine/branch.h"
#include "engine/history.h"

struct link;

#define SEEN_TEXT 128

/* What a look found in one tenant. */
struct sight {
    struct error why;         /* with a code: it cannot be a tenant, or not be looked at */
    struct str past;          /* engine/past.h */
    enum guarantee guarantee; /* what it can be promised */
    bool history;             /* has the history table */
    bool foreign;             /* has tables, but no history */
    char seen[SEEN_TEXT];     /* the history, in the engine's own words; "": none, or not known */
};

/* What the server has room for: the plan cuts groups by it. */
struct room {
    uint32_t branches; /* most in one group; 0: no bound */
    uint32_t width;    /* worked on at once */
    int64_t answer_us; /* how long it takes to answer, at best; 0: unknown */
    char reason[160];  /* for `branches`: "max_prepared_transactions is 64 on eu-1" */
    char pace[100];    /* of `answer_us`: "eu-1 answers in 20 ms" */
};

/* What all groups of a run share. Borrowed. */
struct link_run {
    const char *run;                    /* id, for the history rows */
    const char *key;                    /* 32 hex digits: names what the run leaves on a server */
    const struct branch_spec *branches; /* of the whole run */
    int64_t lock_timeout_ms;            /* of one statement; waiting longer is the machine's */
    int64_t statement_timeout_ms;       /* 0: none; a script's own goes first */
    struct each each;                   /* the runtime's threads */
    atomic_bool *stop;                  /* set: end soon */
    atomic_llong *longest_hold_us;      /* over all tenants: from the first lock to its release */
};

/* One group's share of a server. branches[slot] is BRANCH_OTHERS where the slot is not this
 * server's. As for sqlite_group_new: branches and log_head are copied. */
struct link_group {
    uint32_t id;
    const uint32_t *branches;
    uint32_t n;
    bool undo;
    bool recovered; /* it began in a process that is gone */
    const char *log_head;
};

struct stray {
    char key[33]; /* of its run */
    uint32_t group;
    const char *database, *name;
    int64_t age_s;
};

struct link_ops {
    /* Fills sights[0..n). Not E_OK: the server as a whole cannot be asked. */
    int (*survey)(struct link *l, const struct place *places, uint32_t n, const struct each *each,
                  struct sight *sights, struct room *room, struct error *e);
    struct participant *(*join)(struct link *l, const struct link_run *run,
                                const struct link_group *group);
    /* E_MISSING: it cannot be run and taken back here; what could be asked without is well. */
    int (*rehearse)(struct link *l, const struct link_run *run, uint32_t branch, struct error *e);
    /* E_MISSING: it has no history, or not the row tenant. */
    int (*history)(struct link *l, const struct place *place, history_visit visit, void *arg,
                   struct error *e);
    int (*strays)(struct link *l, int (*visit)(void *arg, const struct stray *stray), void *arg,
                  struct error *e);
    void (*free)(struct link *l);
};

struct link {
    const struct link_ops *ops;
    const struct server *server; /* borrowed */
};

/* Connects to nothing yet. NULL: out of memory. server must outlive it. */
struct link *link_new(const struct server *server);
void link_free(struct link *l); /* NULL is fine */

#endif
