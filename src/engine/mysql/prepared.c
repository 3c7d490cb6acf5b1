/*
 * A tenant of which only rows change: one XA transaction, prepared. Its name on the server is
 * lockstep_KEY_GROUP with a branch qualifier of ours (which branch of the run, since when, in which
 * database); the key and the group are in the run log before it is used, so that a later process
 * finds all of a group by the first part.
 *
 * A session that has prepared a transaction can do nothing else, so it is closed at once; the
 * transaction stays with the server, and any other session ends it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/acts.h"
#include "engine/mysql/group.h"
#include "engine/mysql/xa.h"
#include "source/step.h"

/* --- the vote --- */

static int run_acts(struct my_session *s, const struct my_acts *acts, struct error *e)
{
    int64_t started_us = clock_mono_us();
    int r = E_OK;

    for (uint32_t i = 0; i < acts->n && r == E_OK; i++) {
        CLEANUP_STR struct str sql = STR_INIT;
        const struct my_act *act = &acts->list[i];

        if (act->to > act->from)
            r = my_session_run_data(s, act->script, act->from, act->to, e);
        if (r != E_OK || !act->last)
            continue;
        my_session_add_row(&sql, s, act->step, false, started_us);
        r = str_ok(&sql) ? my_exec(s->my, str_text(&sql), e) : error_oom(e);
        started_us = clock_mono_us();
    }
    return r == E_OK ? my_history_fenced(&s->h, s->w->run, s->w->group, e) : r;
}

static int xa(struct my *my, const char *before, const char *xid, const char *between,
              struct error *e)
{
    char sql[2 * MY_XID + 64];

    snprintf(sql, sizeof sql, "%s %s%s%s", before, xid, between, *between ? xid : "");
    return my_exec(my, sql, e);
}

static int vote(struct my_session *s, struct my_slot *slot, const struct my_acts *acts,
                struct error *e)
{
    int r = my_session_tables(s, false, e);

    if (r == E_OK)
        r = my_session_fits(s, e);
    if (r == E_OK)
        r = xa(s->my, "XA START", slot->xid, "", e);
    slot->since_us = clock_mono_us();
    if (r == E_OK)
        r = run_acts(s, acts, e);
    if (r != E_OK) {
        if (!s->my->lost)
            xa(s->my, "XA END", slot->xid, "; XA ROLLBACK ", NULL);
        return r;
    }
    slot->vote = MY_VOTE_UNKNOWN;
    r = xa(s->my, "XA END", slot->xid, "; XA PREPARE ", e);
    if (r == E_OK)
        slot->vote = MY_VOTE_PREPARED;
    else if (!s->my->lost)
        slot->vote = MY_VOTE_NONE; /* the server says no, and rolls back with the session */
    return r;
}

int my_prepared_prepare(struct my_group *g, struct my_slot *slot, struct error *e)
{
    CLEANUP_MY_ACTS struct my_acts acts = {0};
    struct my_work w = my_group_work(g, slot);
    struct my_session s;
    int r = my_session_enter(&s, &w, slot->chase, NULL, e);

    my_xa_name(g->run->key, g->id, slot->branch, w.spec->place.database, slot->xid);
    if (r == E_OK)
        r = my_acts_forward(slot->spec, g->undo, &acts, e);
    if (r == E_OK)
        r = vote(&s, slot, &acts, e);
    slot->chase = slot->chase || (s.my && s.my->lost);
    my_session_drop(&s);
    if (r == E_DOUBT && slot->vote == MY_VOTE_NONE)
        return E_BUSY; /* it ended with its connection: another one may do better */
    return r;
}

/* --- its end --- */

int my_prepared_end(struct my_group *g, struct my_slot *slot, enum verdict verdict, struct error *e)
{
    struct my_work w = my_group_work(g, slot);
    struct my *my = NULL;
    int r = my_pool_take(&g->link->pool, &my, e);

    if (r == E_OK && slot->vote == MY_VOTE_UNKNOWN)
        r = my_work_chase(my, &w, e);
    if (r == E_OK)
        r = my_xa_end(my, slot->xid, verdict, e);
    my_pool_give(&g->link->pool, &my);
    if (r == E_OK) {
        clock_longest(g->run->longest_hold_us, slot->since_us);
        slot->vote = MY_VOTE_OVER;
    } else if (r == E_MISSING) {
        slot->vote = verdict == VERDICT_COMMIT ? MY_VOTE_UNKNOWN : MY_VOTE_OVER;
        r = E_OK;
    } else if (r == E_DOUBT) {
        slot->vote = MY_VOTE_UNKNOWN;
    }
    return r == E_OK ? E_OK : E_BUSY;
}

/* --- by witness --- */

static int run_again(struct my_session *s, struct my_slot *slot, const struct my_acts *acts,
                     struct error *e)
{
    int r = my_session_tables(s, false, e);

    (void)slot;
    if (r == E_OK)
        r = my_session_fits(s, e);
    if (r == E_OK)
        r = my_exec(s->my, "START TRANSACTION", e);
    if (r == E_OK)
        r = run_acts(s, acts, e);
    if (r != E_OK)
        return (r == E_REFUSED || r == E_CHANGED) && !s->my->lost ? E_CHANGED : E_BUSY;
    return my_exec(s->my, "COMMIT", e) == E_OK ? E_OK : E_BUSY;
}

static int fence(struct my_session *s, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r = my_session_tables(s, false, e);

    my_history_add_fence(&sql, &s->h, s->w->run, s->w->group);
    if (r == E_OK)
        r = str_ok(&sql) ? my_exec(s->my, str_text(&sql), e) : error_oom(e);
    return r == E_OK ? E_OK : E_BUSY;
}

int my_prepared_witness(struct my_group *g, struct my_slot *slot, enum verdict verdict,
                        struct error *e)
{
    CLEANUP_MY_ACTS struct my_acts acts = {0};
    struct my_work w = my_group_work(g, slot);
    struct my_session s;
    bool has = false;
    int r = my_session_enter(&s, &w, true, NULL, e);

    if (r == E_OK && verdict == VERDICT_ABORT) {
        r = fence(&s, e);
    } else if (r == E_OK) {
        r = my_history_has_group(&s.h, w.run, w.group, &has, e);
        if (r == E_OK && !has)
            r = my_acts_forward(slot->spec, g->undo, &acts, e);
        if (r == E_OK && !has)
            r = run_again(&s, slot, &acts, e);
    }
    my_session_leave(&s);
    return r == E_OK || r == E_CHANGED ? r : E_BUSY;
}

/* --- of an earlier process --- */

struct listed {
    struct my_group *g;
    struct my *my;
    enum verdict verdict;
    char prefix[64];
    struct error *e;
};

static int end_one(void *arg, const struct my_xa *xa)
{
    struct listed *l = arg;
    int r;

    if (strcmp(xa->gtrid, l->prefix) != 0)
        return E_OK;
    r = my_xa_end(l->my, xa->xid, l->verdict, l->e);
    return r == E_MISSING ? E_OK : r;
}

/* Sessions of that process end first: one might vote after we have looked. */
static int chase_all(struct my_group *g, struct my *my, struct error *e)
{
    int r = E_OK;

    for (uint32_t i = 0; i < g->n && (r == E_OK || r == E_BUSY); i++) {
        int one;
        struct my_work w;

        if (!g->slots[i].spec || !g->slots[i].data)
            continue;
        w = my_group_work(g, &g->slots[i]);
        one = my_work_chase(my, &w, e);
        r = one == E_OK ? r : one;
    }
    return r;
}

int my_prepared_end_listed(struct my_group *g, enum verdict verdict, struct error *e)
{
    struct listed l = {.g = g, .verdict = verdict, .e = e};
    int r = my_pool_take(&g->link->pool, &l.my, e);

    my_xa_gtrid(g->run->key, g->id, l.prefix);
    if (r == E_OK)
        r = chase_all(g, l.my, e);
    if (r == E_OK)
        r = my_xa_list(l.my, end_one, &l, e);
    my_pool_give(&g->link->pool, &l.my);
    return r == E_OK ? E_OK : E_BUSY;
}
