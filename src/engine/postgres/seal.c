/* A bundle until it cannot fail any more; and what it is when an answer was lost. */
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "db/postgres.h"
#include "engine/postgres/group.h"

int pg_backend_ended(struct pg_group *g, const char *database, int backend, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg *pg = NULL;
    char number[16], name[64];
    int r = pool_take(&g->link->pool, database, &pg, e);

    snprintf(number, sizeof number, "%d", backend);
    snprintf(name, sizeof name, "lockstep_%.32s", g->run->key);
    if (r == E_OK)
        r = pg_query(pg,
                     "SELECT pg_catalog.pg_terminate_backend(pid)"
                     " FROM pg_catalog.pg_stat_activity"
                     " WHERE pid = $1::int AND application_name = $2"
                     " AND pid <> pg_catalog.pg_backend_pid()",
                     2, (const char *const[]){number, name}, &rows, e);
    pool_give(&g->link->pool, &pg);
    if (r != E_OK)
        return E_BUSY;
    if (PQntuples(rows) > 0)
        return error_set(e, E_BUSY, "a session of the run is still at work in database %s",
                         database);
    return E_OK;
}

static int is_listed(struct pg_group *g, const struct bundle *b, bool *listed, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg *pg = NULL;
    char name[96];
    int r = pool_take(&g->link->pool, b->database->name, &pg, e);

    pg_bundle_name(g, b->id, name);
    if (r == E_OK)
        r = pg_query(pg, "SELECT 1 FROM pg_catalog.pg_prepared_xacts WHERE gid = $1", 1,
                     (const char *const[]){name}, &rows, e);
    *listed = r == E_OK && PQntuples(rows) > 0;
    pool_give(&g->link->pool, &pg);
    return r;
}

static int make_sure(struct pg_group *g, struct bundle *b, struct error *e)
{
    bool listed = false;
    int r = pg_backend_ended(g, b->database->name, b->backend, e);

    if (r == E_OK)
        r = is_listed(g, b, &listed, e);
    if (r != E_OK)
        return E_BUSY; /* a seal may be asked again */
    b->state = listed ? BUNDLE_PREPARED : BUNDLE_LOST;
    return E_OK;
}

static int prepare_it(struct pg_group *g, struct bundle *b, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_PG_RESULT PGresult *done = NULL;
    char name[96];
    int r;

    pg_bundle_name(g, b->id, name);
    str_addf(&sql, "PREPARE TRANSACTION '%s'", name);
    r = str_ok(&sql) ? pg_last(b->pg, str_text(&sql), &done, e) : error_oom(e);
    /* of one that has failed the server says ROLLBACK, and no error */
    if (r == E_OK && !str_same(PQcmdStatus(done), "PREPARE TRANSACTION"))
        r = error_set(e, E_REFUSED, "the transaction could not be prepared");
    b->state = r == E_OK ? BUNDLE_PREPARED : b->pg->lost ? BUNDLE_UNKNOWN : BUNDLE_LOST;
    pool_give(&g->link->pool, &b->pg);
    return b->state == BUNDLE_UNKNOWN ? make_sure(g, b, e) : r;
}

/* Without prepared transactions a vote is as good as its connection. */
static int still_there(struct pg_group *g, struct bundle *b, struct error *e)
{
    int r = pg_exec(b->pg, "SELECT 1", e);

    if (r == E_OK)
        return E_OK;
    pool_give(&g->link->pool, &b->pg);
    b->state = BUNDLE_LOST;
    return r;
}

int pg_bundle_seal(struct pg_group *g, struct bundle *b, struct error *e)
{
    int r = E_OK;

    pg_bundle_go_on(b);
    if (b->state == BUNDLE_OPEN && !b->votes) {
        pg_bundle_drop(g, b);
        b->state = BUNDLE_OVER;
    } else if (b->state == BUNDLE_OPEN) {
        r = g->two_phase ? prepare_it(g, b, e) : still_there(g, b, e);
    } else if (b->state == BUNDLE_UNKNOWN) {
        r = make_sure(g, b, e);
    }
    if (r == E_OK && b->state == BUNDLE_LOST)
        r = error_set(e, E_REFUSED, "the transaction of %u tenants in database %s was lost",
                      b->votes, b->database->name);
    return r == E_OK || r == E_BUSY ? r : E_REFUSED;
}
