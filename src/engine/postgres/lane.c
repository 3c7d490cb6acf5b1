/* Votes: slots run in the bundles of lanes; bundles are sealed. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/postgres.h"
#include "engine/postgres/group.h"

void pg_bundle_name(const struct pg_group *g, uint32_t bundle, char name[96])
{
    snprintf(name, 96, "lockstep_%.32s_%u_%u", g->run->key, g->id, bundle);
}

/* --- lanes --- */

static bool claim(struct lane *lane)
{
    return !atomic_flag_test_and_set(&lane->busy);
}

static void let_go(struct lane *lane)
{
    atomic_flag_clear(&lane->busy);
}

/* The best that is free: one in this database, else one with nothing open, else any. */
static struct lane *claim_for(struct pg_group *g, const char *database)
{
    struct lane *idle = NULL, *other = NULL;

    for (uint32_t i = 0; i < g->link->width; i++) {
        struct lane *lane = &g->lanes[i];

        if (!claim(lane))
            continue;
        if (lane->bundle && str_same(lane->bundle->database, database)) {
            if (idle)
                let_go(idle);
            if (other)
                let_go(other);
            return lane;
        }
        if (!lane->bundle && !idle)
            idle = lane;
        else if (lane->bundle && !other)
            other = lane;
        else
            let_go(lane);
    }
    if (idle && other)
        let_go(other);
    return idle ? idle : other;
}

/* No more are at work than there are lanes, so one comes free. */
static struct lane *wait_for_lane(struct pg_group *g, const char *database)
{
    struct lane *lane;

    while (!(lane = claim_for(g, database)))
        clock_nap_ms(1);
    return lane;
}

/* --- bundles --- */

static void go_on(struct bundle *b)
{
    if (b->pg)
        b->pg->setup.stop = NULL;
}

void pg_bundle_drop(struct pg_group *g, struct bundle *b)
{
    go_on(b);
    if (b->pg && !b->pg->lost)
        pg_exec(b->pg, "ROLLBACK", NULL);
    pool_give(&g->link->pool, &b->pg);
}

int pg_session_clean(struct pg_group *g, struct pg *pg, const char *before, const char *after,
                     struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_addf(&sql,
             "%sRESET ALL; RESET SESSION AUTHORIZATION; SET client_min_messages = error;"
             " SET idle_in_transaction_session_timeout = 0; SET application_name = "
             "'lockstep_%.32s'%s",
             before, g->run->key, after);
    return str_ok(&sql) ? pg_exec(pg, str_text(&sql), e) : error_oom(e);
}

static int begin(struct pg_group *g, struct lane *lane, const char *database, struct error *e)
{
    struct bundle *b = lane->bundle;
    struct pg *pg = NULL;
    int r = pool_take(&g->link->pool, database, &pg, e);

    if (r == E_OK)
        r = pg_session_clean(g, pg, "", "; BEGIN", e);
    if (r != E_OK) {
        pool_give(&g->link->pool, &pg);
        return r;
    }
    if (!b) {
        uint32_t id = atomic_fetch_add(&g->n_bundles, 1);

        b = lane->bundle = &g->bundles[id];
        b->id = id + 1;
    }
    b->state = BUNDLE_OPEN;
    b->votes = 0;
    b->database = database;
    b->pg = pg;
    b->backend = PQbackendPID(pg->conn);
    pg->setup.stop = g->run->stop; /* a script may be cut short, what comes after it not */
    b->since_us = clock_mono_us();
    return E_OK;
}

/* The lane goes elsewhere. A bundle in which nobody voted is given up, and its place used again. */
static int leave(struct pg_group *g, struct lane *lane, struct error *e)
{
    struct bundle *b = lane->bundle;
    int r = E_OK;

    if (!b->votes) {
        pg_bundle_drop(g, b);
        b->state = BUNDLE_OVER;
        return E_OK;
    }
    if (g->two_phase)
        r = pg_bundle_seal(g, b, e);
    lane->bundle = NULL;
    return r;
}

static int ready(struct pg_group *g, struct lane *lane, const char *database, struct error *e)
{
    struct bundle *b = lane->bundle;
    int r = E_OK;

    if (b && b->state == BUNDLE_OPEN && str_same(b->database, database))
        return E_OK;
    if (b && b->state == BUNDLE_OPEN)
        r = leave(g, lane, e);
    if (r != E_OK && r != E_BUSY) /* busy: nobody knows yet, the seal asks again */
        return E_REFUSED; /* the votes in it are lost: the seal would say so, this is sooner */
    return begin(g, lane, database, e);
}

/* --- one slot --- */

static int run_slot(struct pg_group *g, struct bundle *b, struct pg_slot *slot, struct error *e)
{
    struct pg_work w = pg_group_work(g, slot);
    int r = pg_exec(b->pg, "SAVEPOINT lockstep", e);

    if (r == E_OK)
        r = pg_work_run(b->pg, &w, e);
    if (r == E_OK)
        r = pg_session_clean(g, b->pg, "RELEASE lockstep; ", "", e);
    else if (!b->pg->lost && pg_exec(b->pg, "ROLLBACK TO lockstep; RELEASE lockstep", NULL) != E_OK)
        b->pg->lost = true; /* what it holds is not known: it ends with its connection */
    return r;
}

static void lose(struct pg_group *g, struct lane *lane)
{
    struct bundle *b = lane->bundle;

    go_on(b);
    pool_give(&g->link->pool, &b->pg);
    b->state = b->votes ? BUNDLE_LOST : BUNDLE_OVER;
    if (b->votes)
        lane->bundle = NULL;
}

int pg_lane_prepare(struct pg_group *g, struct pg_slot *slot, struct error *e)
{
    const char *database = slot->spec->place.database;
    struct lane *lane = wait_for_lane(g, database);
    int r = ready(g, lane, database, e);

    if (r == E_OK) {
        r = run_slot(g, lane->bundle, slot, e);
        if (r == E_OK) {
            slot->bundle = lane->bundle;
            lane->bundle->votes++;
        }
        if (lane->bundle->pg->lost)
            lose(g, lane);
    }
    let_go(lane);
    return r == E_DOUBT ? E_REFUSED : r; /* it ends with its connection: nothing of it is there */
}

/* --- sealing --- */

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
    int r = pool_take(&g->link->pool, b->database, &pg, e);

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
    int r = pg_backend_ended(g, b->database, b->backend, e);

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
    char name[96];
    int r;

    pg_bundle_name(g, b->id, name);
    str_addf(&sql, "PREPARE TRANSACTION '%s'", name);
    r = str_ok(&sql) ? pg_exec(b->pg, str_text(&sql), e) : error_oom(e);
    if (r == E_OK && PQtransactionStatus(b->pg->conn) != PQTRANS_IDLE)
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

    go_on(b);
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
                      b->votes, b->database);
    return r == E_OK || r == E_BUSY ? r : E_REFUSED;
}
