/*
 * Inside engine/postgres: a group's tenants on one server.
 *
 *   slot    one member; where another has voted before it in its bundle, its steps run behind a
 *           savepoint, so that what fails is taken back alone (one whose step cannot run in a
 *           transaction: compensated.h)
 *   bundle  a transaction on one connection, in one database: the slots that vote as one. It has a
 *           name on the server, lockstep_KEY_GROUP_BUNDLE; the key and the group are in the run log
 *           before it is used
 *   lane    a place to work, one thread at a time; it has at most one bundle open. Tenants come in
 *           order of their databases: a lane that gets one of another database first seals the
 *           bundle it has (PREPARE TRANSACTION), so that 200 databases need few connections.
 *           Which lanes the tenants of one database may use: database.h
 *
 * Bundles, by who finishes them:
 *   open      on its connection; with prepared transactions until it is sealed, else to the end
 *   prepared  the server keeps it; any connection to the database ends it
 *   unknown   the answer to PREPARE was lost: the server's list says which it is
 *   lost      its transaction is gone, and the votes in it
 *   witness   the answer to a commit was lost: the tenants' history rows say whether it happened
 *   over
 */
#ifndef ENGINE_POSTGRES_GROUP_H
#define ENGINE_POSTGRES_GROUP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/port.h"
#include "engine/link.h"
#include "engine/postgres/database.h"
#include "engine/postgres/link.h"
#include "engine/postgres/work.h"

enum bundle_state {
    BUNDLE_OPEN,
    BUNDLE_PREPARED,
    BUNDLE_UNKNOWN,
    BUNDLE_LOST,
    BUNDLE_WITNESS,
    BUNDLE_OVER,
};

struct bundle {
    enum bundle_state state;
    uint32_t id;
    bool begun;     /* its transaction is */
    uint32_t votes; /* slots that said yes in it; with one, and more to come, it has a savepoint
                       behind the last of them */
    struct pg_database *database;
    struct pg *pg; /* while open */
    int backend;   /* the server's process behind it */
    int64_t since_us;
};

struct pg_slot {
    const struct branch_spec *spec; /* NULL: another participant's */
    struct pg_database *database;
    struct bundle *bundle; /* NULL: holds nothing */
    bool compensated;      /* outside a transaction: something of it may be there (compensated.h) */
    bool untouched;        /* of that: not by its statements */
    int backend;           /* the process whose answer was lost; 0: none */
};

enum { LANES = 64 };

struct lane {
    atomic_flag busy;
    struct bundle *bundle;
    _Atomic(const struct pg_database *) in; /* the bundle's, for who has not claimed the lane */
};

struct pg_group {
    struct participant base;
    struct pg_link *link;
    const struct link_run *run;
    uint32_t id, n;
    bool undo, recovered, two_phase;
    char log_head[HASH_TEXT];
    struct pg_slot *slots;
    struct bundle *bundles; /* room for one a slot and one a lane */
    atomic_uint n_bundles;
    struct pg_database *databases; /* room for one a slot */
    uint32_t n_databases;
    atomic_uint kept;    /* narrow databases with tenants that have not voted */
    atomic_uint outside; /* slots at work outside a transaction */
    struct lane lanes[LANES];
};

struct pg_work pg_group_work(const struct pg_group *g, const struct pg_slot *slot);
void pg_bundle_name(const struct pg_group *g, uint32_t bundle, char name[96]);

/* lane.c: one member up to its vote. */
int pg_lane_prepare(struct pg_group *g, struct pg_slot *slot, struct error *e);
/* seal.c */
int pg_bundle_seal(struct pg_group *g, struct bundle *b, struct error *e);
/* What comes now is not to be cut short. */
void pg_bundle_go_on(struct bundle *b);
/* Whoever has it open lets it go; nothing of it stays. */
void pg_bundle_drop(struct pg_group *g, struct bundle *b);
/* The answer was lost, and what was asked may still be under way: E_BUSY until the process that
 * was asked is gone. Only then does it count what the server says of it. */
int pg_backend_ended(struct pg_group *g, const char *database, int backend, struct error *e);
/* settle.c */
int pg_group_settle(struct pg_group *g, enum verdict verdict, uint8_t *slots, struct error *e);

#endif
