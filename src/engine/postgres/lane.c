/* Votes: slots run in the bundles of lanes; bundles are sealed. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/postgres_batch.h"
#include "engine/postgres/group.h"
#include "engine/postgres/session.h"
#include "engine/postgres/steps.h"

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

enum fitness { NOT_AT_ALL, ANOTHER_S, IDLE, OWN };

/* A claimed lane, for a tenant of this database. */
static enum fitness fitness_of(const struct pg_group *g, const struct lane *lane,
                               struct pg_database *d)
{
    const struct lane *one = pg_database_lane(d);

    if (one)
        return one == lane ? OWN : NOT_AT_ALL;
    if (!lane->bundle)
        return IDLE;
    if (lane->bundle->database == d)
        return OWN;
    return pg_database_keeps(g, lane->bundle->database, lane) ? NOT_AT_ALL : ANOTHER_S;
}

/* The best that is free. */
static struct lane *claim_for(struct pg_group *g, struct pg_database *d)
{
    struct lane *best = NULL;
    enum fitness fitness = NOT_AT_ALL;

    for (uint32_t i = 0; i < g->link->width && fitness != OWN; i++) {
        struct lane *lane = &g->lanes[i];
        enum fitness is;

        if (!claim(lane))
            continue;
        is = fitness_of(g, lane, d);
        if (is <= fitness) {
            let_go(lane);
            continue;
        }
        if (best)
            let_go(best);
        best = lane;
        fitness = is;
    }
    return best;
}

/* No more are at work than there are lanes, so one comes free. */
static struct lane *wait_for_lane(struct pg_group *g, struct pg_database *d, bool *scout)
{
    struct lane *lane = NULL;

    for (;;) {
        *scout = pg_database_scout(d);
        if (*scout || !pg_database_is_scouted(d))
            lane = claim_for(g, d);
        if (lane)
            return lane;
        if (*scout)
            pg_database_scouted(g, d, NULL, NULL);
        clock_nap_ms(1);
    }
}

/* --- bundles --- */

void pg_bundle_go_on(struct bundle *b)
{
    if (b->pg)
        b->pg->setup.stop = NULL;
}

void pg_bundle_drop(struct pg_group *g, struct bundle *b)
{
    pg_bundle_go_on(b);
    if (b->pg && !b->pg->lost && b->begun)
        pg_exec(b->pg, "ROLLBACK", NULL);
    pool_give(&g->link->pool, &b->pg);
}

static int begin(struct pg_group *g, struct lane *lane, struct pg_database *database,
                 struct error *e)
{
    struct bundle *b = lane->bundle;
    struct pg *pg = NULL;
    int r = pool_take(&g->link->pool, database->name, &pg, e);

    if (r != E_OK)
        return r;
    if (!b) {
        uint32_t id = atomic_fetch_add(&g->n_bundles, 1);

        b = lane->bundle = &g->bundles[id];
        b->id = id + 1;
    }
    b->state = BUNDLE_OPEN;
    b->begun = false;
    b->votes = 0;
    b->database = database;
    b->pg = pg;
    b->backend = PQbackendPID(pg->conn);
    pg->setup.stop = g->run->stop; /* a script may be cut short, what comes after it not */
    b->since_us = clock_mono_us();
    pg_database_entered(database, lane);
    return E_OK;
}

/* What is in the bundle stays there; the lane's next one is another. */
static void give_up(struct lane *lane)
{
    pg_database_left(lane->bundle->database, lane);
    lane->bundle = NULL;
}

/* The lane goes elsewhere. A bundle in which nobody voted is given up, and its place used again. */
static int leave(struct pg_group *g, struct lane *lane, struct error *e)
{
    struct bundle *b = lane->bundle;
    int r = E_OK;

    if (!b->votes) {
        pg_bundle_drop(g, b);
        b->state = BUNDLE_OVER;
        pg_database_left(b->database, lane);
        return E_OK;
    }
    if (g->two_phase)
        r = pg_bundle_seal(g, b, e);
    give_up(lane);
    return r;
}

static int ready(struct pg_group *g, struct lane *lane, struct pg_database *database,
                 struct error *e)
{
    struct bundle *b = lane->bundle;
    int r = E_OK;

    if (b && b->state == BUNDLE_OPEN && b->database == database)
        return E_OK;
    if (b && b->state == BUNDLE_OPEN)
        r = leave(g, lane, e);
    if (r != E_OK && r != E_BUSY) /* busy: nobody knows yet, the seal asks again */
        return E_REFUSED; /* the votes in it are lost: the seal would say so, this is sooner */
    return begin(g, lane, database, e);
}

/* --- one slot --- */

static void add_beginning(const struct pg_group *g, const struct bundle *b, struct pg_batch *to)
{
    if (!b->begun)
        pg_session_add_begin(to, b->pg, g->run->key);
}

/* Behind its vote, for the next: nothing of this one in the session, and a savepoint to come back
 * to. It is there before the next one's message, of which the server may not read a word. */
static void add_next(const struct pg_group *g, const struct bundle *b, const struct pg_work *w,
                     struct pg_batch *to)
{
    if (b->database->tenants == 1)
        return;
    if (b->votes)
        pg_batch_add(to, "RELEASE lockstep");
    if (!pg_work_is_traceless(w))
        pg_session_add_rest(to, b->pg, g->run->key);
    pg_batch_add(to, "SAVEPOINT lockstep");
}

static bool take_back(const struct pg_group *g, struct bundle *b, const struct pg_work *w)
{
    CLEANUP_PG_BATCH struct pg_batch sql = PG_BATCH_INIT;

    if (b->pg->lost)
        return false;
    pg_batch_add(&sql, b->votes ? "ROLLBACK TO lockstep" : "ROLLBACK");
    if (b->votes && !pg_work_is_traceless(w)) /* its role is what it was by then */
        pg_session_add_rest(&sql, b->pg, g->run->key);
    b->pg->local = (struct pg_local){.path = true}; /* as they were before, whatever that was */
    b->begun = b->votes;
    if (pg_batch_run(b->pg, &sql, NULL, NULL, NULL) != E_OK)
        b->pg->lost = true; /* what it holds is not known: it ends with its connection */
    return !b->pg->lost;
}

static int try(const struct pg_group *g, struct bundle *b, const struct pg_work *w, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch before = PG_BATCH_INIT, behind = PG_BATCH_INIT;
    int r;

    if (!b->begun)
        b->since_us = clock_mono_us();
    add_beginning(g, b, &before);
    add_next(g, b, w, &behind);
    r = pg_steps_run(b->pg, w, &before, &behind, e);
    if (r == E_OK)
        b->begun = true;
    return r;
}

/* The history should be as the plan saw it: where it is not, that is found by what is written to
 * it, or by a statement that fails for it, and the slot begins again and asks: it may be that only
 * a fence came, or that the table has another file. */
static int run_slot(const struct pg_group *g, struct bundle *b, const struct pg_slot *slot,
                    struct error *e)
{
    struct pg_work w = pg_group_work(g, slot);
    int r;

    w.expected = g->undo ? NULL : slot->spec->seen; /* a group to undo has moved it */
    r = try(g, b, &w, e);
    if (r == E_OK || !take_back(g, b, &w))
        return r;
    if (!pg_steps_were_misled(b->pg, &w, r))
        return r;
    error_clear(e);
    w.doubted = true;
    r = try(g, b, &w, e);
    if (r != E_OK)
        take_back(g, b, &w);
    return r;
}

static void lose(struct pg_group *g, struct lane *lane)
{
    struct bundle *b = lane->bundle;

    pg_bundle_go_on(b);
    pool_give(&g->link->pool, &b->pg);
    b->state = b->votes ? BUNDLE_LOST : BUNDLE_OVER;
    pg_database_left(b->database, lane);
    if (b->votes)
        lane->bundle = NULL;
}

static int prepare_in(struct pg_group *g, struct lane *lane, struct pg_slot *slot, bool scout,
                      struct error *e)
{
    int r = ready(g, lane, slot->database, e);

    if (r != E_OK)
        return r;
    r = run_slot(g, lane->bundle, slot, e);
    if (r == E_OK) {
        slot->bundle = lane->bundle;
        lane->bundle->votes++;
    }
    if (r == E_OK && scout)
        pg_database_scouted(g, slot->database, lane, slot->spec);
    if (r == E_BUSY)
        pg_database_blocked(g, slot->database, lane, e);
    if (lane->bundle->pg->lost)
        lose(g, lane);
    return r;
}

int pg_lane_prepare(struct pg_group *g, struct pg_slot *slot, struct error *e)
{
    bool scout;
    struct lane *lane = wait_for_lane(g, slot->database, &scout);
    int r = prepare_in(g, lane, slot, scout, e);

    if (r != E_OK && scout)
        pg_database_scouted(g, slot->database, NULL, NULL);
    if (r != E_BUSY)
        pg_database_served(g, slot->database);
    let_go(lane);
    return r == E_DOUBT ? E_REFUSED : r; /* it ends with its connection: nothing of it is there */
}
