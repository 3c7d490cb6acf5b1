/*
 * Inside engine/postgres: a database in which a group has tenants, and how they share its lanes.
 *
 *   alone     it has one tenant
 *   unknown   several, and none has run yet
 *   scouting  one runs, the others wait for what it finds
 *   wide      its locks are all in its own schema: the others may run beside it
 *   narrow    it locked something that the others need, too (a table that all have a foreign key
 *             to): beside it they would wait for our own vote, for ever. All run in one lane, in
 *             one transaction
 *
 * What a scout does not show (the tenants differ) is found when one is blocked: the database turns
 * narrow then, and who was blocked tries the other lanes in turn.
 *
 * A lane that has a narrow database stays with it until its last tenant has voted, unless all lanes
 * have: some other must go on.
 */
#ifndef ENGINE_POSTGRES_DATABASE_H
#define ENGINE_POSTGRES_DATABASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct branch_spec;
struct lane;
struct pg_group;

enum pg_manner { PG_ALONE, PG_UNKNOWN, PG_SCOUTING, PG_WIDE, PG_NARROW };

struct pg_database {
    const char *name;
    uint32_t tenants;
    atomic_int manner;           /* enum pg_manner */
    atomic_uint left;            /* tenants that have not voted */
    _Atomic(struct lane *) lane; /* narrow: the one it has; NULL: none */
};

/* Of all slots. False: out of memory. */
bool pg_databases_make(struct pg_group *g);

/* True: the caller is the scout, and says what it found, or that it came to nothing (lane NULL). */
bool pg_database_scout(struct pg_database *d);
bool pg_database_is_scouted(struct pg_database *d); /* somebody else is at it */
void pg_database_scouted(struct pg_group *g, struct pg_database *d, struct lane *lane,
                         const struct branch_spec *spec);

struct lane *pg_database_lane(struct pg_database *d); /* the only one it may use, or NULL */
bool pg_database_keeps(const struct pg_group *g, struct pg_database *d, const struct lane *lane);

/* A tenant found something locked in this lane. */
void pg_database_blocked(struct pg_group *g, struct pg_database *d, struct lane *lane,
                         struct error *e);
/* A tenant has voted, or never will. */
void pg_database_served(struct pg_group *g, struct pg_database *d);
/* The lane goes elsewhere, or takes a narrow database that has none. */
void pg_database_left(struct pg_database *d, struct lane *lane);
void pg_database_entered(struct pg_database *d, struct lane *lane);

#endif
