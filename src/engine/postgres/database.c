#include "engine/postgres/database.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "db/postgres.h"
#include "engine/postgres/group.h"

/* --- which there are --- */

static bool take(struct pg_group *g, struct index *names, struct pg_slot *slot)
{
    const char *name = slot->spec->place.database;
    const uint32_t *at = index_find(names, name, strlen(name));
    struct pg_database *d = &g->databases[at ? *at : g->n_databases];

    if (!at && index_add(names, name, strlen(name), g->n_databases++) != E_OK)
        return false;
    d->name = name;
    atomic_store(&d->left, ++d->tenants);
    atomic_store(&d->manner, d->tenants > 1 ? PG_UNKNOWN : PG_ALONE);
    slot->database = d;
    return true;
}

bool pg_databases_make(struct pg_group *g)
{
    CLEANUP_INDEX struct index names = INDEX_INIT;

    g->databases = calloc(g->n ? g->n : 1, sizeof *g->databases);
    for (uint32_t i = 0; g->databases && i < g->n; i++)
        if (g->slots[i].spec && !take(g, &names, &g->slots[i]))
            return false;
    return g->databases;
}

/* --- scouting --- */

bool pg_database_scout(struct pg_database *d)
{
    int unknown = PG_UNKNOWN;

    return atomic_compare_exchange_strong(&d->manner, &unknown, PG_SCOUTING);
}

bool pg_database_is_scouted(struct pg_database *d)
{
    return atomic_load(&d->manner) == PG_SCOUTING;
}

/* Locks that a second of its kind would wait for, outside the tenant's schema. */
static bool locks_what_is_shared(struct pg *pg, const struct branch_spec *spec)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    const char *schema = spec->place.schema ? spec->place.schema : "";
    int r = pg_query(pg,
                     "SELECT 1 FROM pg_catalog.pg_locks l"
                     " JOIN pg_catalog.pg_class c ON c.oid = l.relation"
                     " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
                     " WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation'"
                     " AND l.database = (SELECT oid FROM pg_catalog.pg_database"
                     " WHERE datname = pg_catalog.current_database())"
                     " AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')"
                     " AND n.nspname <> $1 AND n.nspname NOT LIKE 'pg\\_%' LIMIT 1",
                     1, (const char *const[]){schema}, &rows, NULL);

    return r != E_OK || PQntuples(rows) > 0; /* one lane is right in any case */
}

static void turn_narrow(struct pg_group *g, struct pg_database *d, struct lane *lane)
{
    if (atomic_exchange(&d->manner, PG_NARROW) != PG_NARROW)
        atomic_fetch_add(&g->kept, 1);
    atomic_store(&d->lane, lane);
}

void pg_database_scouted(struct pg_group *g, struct pg_database *d, struct lane *lane,
                         const struct branch_spec *spec)
{
    if (!lane)
        atomic_store(&d->manner, PG_UNKNOWN);
    else if (locks_what_is_shared(lane->bundle->pg, spec))
        turn_narrow(g, d, lane);
    else
        atomic_store(&d->manner, PG_WIDE);
}

/* --- lanes --- */

struct lane *pg_database_lane(struct pg_database *d)
{
    return atomic_load(&d->manner) == PG_NARROW ? atomic_load(&d->lane) : NULL;
}

bool pg_database_keeps(const struct pg_group *g, struct pg_database *d, const struct lane *lane)
{
    return pg_database_lane(d) == lane && atomic_load(&d->left) &&
           atomic_load(&g->kept) < g->link->width;
}

/* Another lane with a vote of this database, behind this one; or this one. */
static struct lane *next_lane(struct pg_group *g, const struct pg_database *d, struct lane *lane)
{
    uint32_t at = (uint32_t)(lane - g->lanes), width = g->link->width;

    for (uint32_t i = 1; i < width; i++) {
        struct lane *other = &g->lanes[(at + i) % width];

        if (atomic_load(&other->in) == d)
            return other;
    }
    return lane;
}

void pg_database_blocked(struct pg_group *g, struct pg_database *d, struct lane *lane,
                         struct error *e)
{
    struct lane *next = next_lane(g, d, lane);

    if (next == lane)
        return;
    turn_narrow(g, d, next);
    error_hint(e,
               "it may be the vote of another tenant in database %s; max_parallel = 1 puts all "
               "of a server's into one transaction a database",
               d->name);
}

void pg_database_served(struct pg_group *g, struct pg_database *d)
{
    if (atomic_fetch_sub(&d->left, 1) == 1 && atomic_load(&d->manner) == PG_NARROW)
        atomic_fetch_sub(&g->kept, 1);
}

void pg_database_left(struct pg_database *d, struct lane *lane)
{
    struct lane *it = lane;

    atomic_store(&lane->in, NULL);
    atomic_compare_exchange_strong(&d->lane, &it, NULL);
}

void pg_database_entered(struct pg_database *d, struct lane *lane)
{
    struct lane *none = NULL;

    atomic_store(&lane->in, d);
    atomic_compare_exchange_strong(&d->lane, &none, lane);
}
