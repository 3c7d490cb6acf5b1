/*
 * After the verdict. What a bundle holds is finished by its name or on its connection; where that
 * is not known any more (the answer was lost, or the process is another one), the server's list of
 * prepared transactions says what is to be finished, and each tenant's history row, written in the
 * same transaction, whether it was. A tenant that has neither is run again: its group is decided.
 *
 * In a process that recovers, whoever still works for the run is sent away first; after an abort a
 * fence in each tenant shuts out who may come back later.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/postgres_batch.h"
#include "engine/postgres/compensated.h"
#include "engine/postgres/group.h"
#include "engine/postgres/history.h"
#include "engine/postgres/session.h"
#include "engine/postgres/steps.h"
#include "engine/strands.h"

struct settling {
    struct pg_group *g;
    enum verdict verdict;
    uint8_t *slots;
    atomic_bool busy, refused, told;
    struct error cause;
};

static void tell(struct settling *s, struct error *e)
{
    if (!atomic_exchange(&s->told, true))
        error_move(&s->cause, e);
}

/* --- by name --- */

static int end_prepared(struct pool *pool, const char *database, const char *name,
                        enum verdict verdict, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    struct pg *pg = NULL;
    int r = pool_take(pool, database, &pg, e);

    if (r != E_OK)
        return E_BUSY; /* the server may be down for a while: it is asked again */
    str_addf(&sql, "%s PREPARED ", verdict == VERDICT_COMMIT ? "COMMIT" : "ROLLBACK");
    pg_add_literal(&sql, pg, name);
    r = str_ok(&sql) ? pg_exec(pg, str_text(&sql), e) : error_oom(e);
    pool_give(pool, &pg);
    return r;
}

static bool is_unknown(const struct error *e)
{
    return e->db == pg_state(PG_UNDEFINED_OBJECT);
}

static int end_bundle(struct pg_group *g, struct bundle *b, enum verdict verdict, struct error *e)
{
    char name[96];
    int r;

    if (b->state == BUNDLE_UNKNOWN && pg_backend_ended(g, b->database->name, b->backend, e) != E_OK)
        return E_BUSY;
    pg_bundle_name(g, b->id, name);
    r = end_prepared(&g->link->pool, b->database->name, name, verdict, e);
    if (r == E_OK || (r == E_REFUSED && is_unknown(e) && verdict == VERDICT_ABORT)) {
        clock_longest(g->run->longest_hold_us, b->since_us);
        b->state = BUNDLE_OVER;
        return E_OK;
    }
    if (r == E_REFUSED && is_unknown(e))
        b->state = BUNDLE_WITNESS; /* somebody ended it: how, its tenants know */
    return b->state == BUNDLE_WITNESS ? E_OK : E_BUSY;
}

/* --- on its connection --- */

static int commit_open(struct pg_group *g, struct bundle *b, struct error *e)
{
    int r = pg_exec(b->pg, PG_COMMIT, e);

    if (r == E_OK)
        clock_longest(g->run->longest_hold_us, b->since_us);
    b->state = r == E_OK ? BUNDLE_OVER : BUNDLE_WITNESS;
    pool_give(&g->link->pool, &b->pg);
    return E_OK; /* what came of it the witnesses tell */
}

static void settle_bundle(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;
    struct bundle *b = &s->g->bundles[i];
    int r = E_OK;

    if (b->state == BUNDLE_PREPARED || b->state == BUNDLE_UNKNOWN) {
        r = end_bundle(s->g, b, s->verdict, &e);
    } else if (b->state == BUNDLE_OPEN && s->verdict == VERDICT_COMMIT && b->votes) {
        r = commit_open(s->g, b, &e);
    } else if (b->state == BUNDLE_OPEN) {
        pg_bundle_drop(s->g, b);
        b->state = BUNDLE_OVER;
    }
    if (r != E_OK)
        tell(s, &e);
}

/* --- by witness --- */

/* What fails for what the tenant holds fails again; a server that is down comes back. */
static bool is_final(int outcome, const struct pg *pg)
{
    return (outcome == E_REFUSED || outcome == E_CHANGED) && !pg->lost;
}

static int run_again(struct pg *pg, const char *key, const struct pg_work *w, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch begin = PG_BATCH_INIT;
    int r;

    pg_session_add_begin(&begin, pg, key);
    r = pg_steps_run(pg, w, &begin, NULL, e);
    if (r == E_OK && pg_exec(pg, PG_COMMIT, e) != E_OK)
        return E_BUSY; /* done or not: the witness is asked again */
    if (r == E_OK)
        return E_OK;
    return is_final(r, pg) ? E_CHANGED : E_BUSY;
}

static int commit_if_missing(struct pg *pg, const char *key, const struct pg_work *w,
                             struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    bool done = false;
    int r = pg_history_open(pg, &w->spec->place, &h, e);

    if (r == E_OK)
        r = pg_history_has_group(&h, w->run, w->group, &done, e);
    if (r != E_OK)
        return E_BUSY;
    return done ? E_OK : run_again(pg, key, w, e);
}

static int fence(struct pg *pg, const struct pg_work *w, struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    int r = pg_history_open(pg, &w->spec->place, &h, e);

    if (r == E_OK)
        r = pg_history_fence(&h, w->run, w->group, e);
    return r == E_OK ? E_OK : E_BUSY;
}

static bool is_settled(const struct settling *s, const struct pg_slot *slot)
{
    if (s->g->recovered)
        return false;
    if (s->verdict == VERDICT_ABORT)
        return !slot->bundle || slot->bundle->state == BUNDLE_OVER ||
               slot->bundle->state == BUNDLE_LOST || slot->bundle->state == BUNDLE_WITNESS;
    return slot->bundle && slot->bundle->state == BUNDLE_OVER;
}

static bool is_waiting(const struct pg_slot *slot)
{
    return slot->bundle &&
           (slot->bundle->state == BUNDLE_PREPARED || slot->bundle->state == BUNDLE_UNKNOWN);
}

static int settle_slot(struct settling *s, struct pg_slot *slot, struct error *e)
{
    struct pg_work w = pg_group_work(s->g, slot);
    struct pg *pg = NULL;
    int r;

    if (pg_work_is_outside(&w))
        return pg_compensated_settle(s->g, slot, s->verdict, e);
    if (is_settled(s, slot))
        return E_OK;
    if (is_waiting(slot))
        return E_BUSY;
    if (slot->bundle && slot->bundle->state == BUNDLE_WITNESS)
        r = pg_backend_ended(s->g, slot->bundle->database->name, slot->bundle->backend, e);
    else
        r = E_OK;
    if (r == E_OK)
        r = pool_take(&s->g->link->pool, slot->spec->place.database, &pg, e);
    if (r != E_OK)
        return E_BUSY;
    r = s->verdict == VERDICT_COMMIT ? commit_if_missing(pg, s->g->run->key, &w, e)
                                     : fence(pg, &w, e);
    if (!pg->lost && PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        pg_exec(pg, "ROLLBACK", NULL);
    pool_give(&s->g->link->pool, &pg);
    return r;
}

static void settle_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;
    struct pg_slot *slot = &s->g->slots[i];
    int r;

    if (!slot->spec || s->slots[i] != SETTLE_NOT_YET)
        return;
    r = settle_slot(s, slot, &e);
    if (r == E_OK) {
        s->slots[i] = SETTLE_DONE;
        return;
    }
    if (r == E_CHANGED && s->verdict == VERDICT_COMMIT)
        s->slots[i] = SETTLE_REFUSED;
    atomic_store(s->slots[i] == SETTLE_REFUSED ? &s->refused : &s->busy, true);
    error_tenant(&e, slot->spec->id);
    tell(s, &e);
}

/* --- in a later process --- */

/* Backends of the run, of a process that is gone or stopped: E_BUSY until none is left. */
static int send_away(struct pg_group *g, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg *pg = NULL;
    char name[64];
    int r;

    if (atomic_load(&g->link->cleared))
        return E_OK;
    snprintf(name, sizeof name, "lockstep_%.32s", g->run->key);
    r = pool_take(&g->link->pool, NULL, &pg, e);
    if (r == E_OK)
        r = pg_query(pg,
                     "SELECT pg_catalog.pg_terminate_backend(pid)"
                     " FROM pg_catalog.pg_stat_activity"
                     " WHERE application_name = $1 AND pid <> pg_catalog.pg_backend_pid()",
                     1, (const char *const[]){name}, &rows, e);
    pool_give(&g->link->pool, &pg);
    if (r == E_OK && PQntuples(rows) > 0)
        r = error_set(e, E_BUSY, "%d sessions of the run are still at work on server %s",
                      PQntuples(rows), g->link->base.server->name);
    atomic_store(&g->link->cleared, r == E_OK);
    return r == E_OK ? E_OK : E_BUSY;
}

static int end_all(struct pg_group *g, enum verdict verdict, const PGresult *rows, struct error *e)
{
    for (int i = 0; i < PQntuples(rows); i++) {
        int r = end_prepared(&g->link->pool, PQgetvalue(rows, i, 1), PQgetvalue(rows, i, 0),
                             verdict, e);

        if (r != E_OK && !(r == E_REFUSED && is_unknown(e)))
            return E_BUSY;
    }
    return E_OK;
}

/* All that this group left prepared, whatever its bundles were. */
static int end_listed(struct pg_group *g, enum verdict verdict, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg *pg = NULL;
    char prefix[96];
    int r = send_away(g, e);

    if (r != E_OK)
        return r;
    snprintf(prefix, sizeof prefix, "lockstep_%.32s_%u_", g->run->key, g->id);
    r = pool_take(&g->link->pool, NULL, &pg, e);
    if (r == E_OK)
        r = pg_query(pg,
                     "SELECT gid, database FROM pg_catalog.pg_prepared_xacts"
                     " WHERE pg_catalog.starts_with(gid, $1)",
                     1, (const char *const[]){prefix}, &rows, e);
    pool_give(&g->link->pool, &pg);
    return r == E_OK ? end_all(g, verdict, rows, e) : E_BUSY;
}

int pg_group_settle(struct pg_group *g, enum verdict verdict, uint8_t *slots, struct error *e)
{
    struct settling s = {.g = g, .verdict = verdict};

    s.slots = slots;
    if (g->recovered && end_listed(g, verdict, e) != E_OK)
        return E_BUSY;
    strands_run(&g->run->each, g->link->width, atomic_load(&g->n_bundles), settle_bundle, &s);
    strands_run(&g->run->each, g->link->width, g->n, settle_one, &s);
    error_move(e, &s.cause);
    return atomic_load(&s.busy) ? E_BUSY : atomic_load(&s.refused) ? E_REFUSED : E_OK;
}
