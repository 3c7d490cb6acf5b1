/*
 * A tenant whose statements commit one by one. Forward: the ledger, the act, the ledger and the
 * history row, until the last; then it has voted yes, and everything is there already. Back: the
 * inverses in order, under the same ledger, from wherever forward ended. What a crash left in the
 * middle is settled from the ledger alone: every function here begins where the row says.
 *
 *   forward   act a begun, with a fingerprint  ->  ran  ->  act a + 1 begun, with a's history row
 *   back      turn: did the act under way take effect?  ->  inverse 0 begun  ->  ...  ->  no row
 */
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/acts.h"
#include "engine/mysql/fingerprint.h"
#include "engine/mysql/group.h"
#include "engine/mysql/ledger.h"
#include "source/step.h"

struct visit {
    struct my_group *g;
    struct my_slot *slot;
    struct my_work w;
    struct my_session s;
    struct my_ledger ledger;
    struct my_acts acts, back;
    int64_t started_us;
    bool resumed;  /* the inverse that comes first may have run already */
    bool answered; /* what was under way failed, says the server */
};

static const struct statement *statement_of(const struct my_act *act)
{
    return &act->script->statements[act->from];
}

/* --- moving on in the ledger --- */

/* Notes which act is next: its fingerprint when it is one that needs it. */
static int aim(struct visit *v, const struct my_acts *acts, uint32_t next, struct error *e)
{
    const struct my_act *act = next < acts->n ? &acts->list[next] : NULL;

    v->ledger.fingerprint[0] = 0;
    v->ledger.version = act ? act->step->version : 0;
    v->ledger.statement = act ? act->from + 1 : 0;
    if (!act || act->data)
        return E_OK;
    return my_fingerprint(v->s.my, statement_of(act), v->ledger.fingerprint, e);
}

static void add_move(struct str *sql, struct visit *v)
{
    my_ledger_add_move(sql, &v->s.h, v->w.run, v->w.group, &v->ledger);
}

/* The row goes; in a later process a fence takes its place. */
static void add_end(struct str *sql, struct visit *v, bool fence)
{
    my_ledger_add_end(sql, v->s.my, v->w.spec->place.database, v->w.run, v->w.group);
    if (fence) {
        str_add(sql, "; ");
        my_history_add_fence(sql, &v->s.h, v->w.run, v->w.group);
    }
}

static void add_row(struct str *sql, struct visit *v, const struct my_act *act, bool back)
{
    if (!act->last)
        return;
    my_session_add_row(sql, &v->s, act->step, back, v->started_us);
    str_add(sql, "; ");
    v->started_us = clock_mono_us();
}

/* Statements that change rows, and the text behind them, in one transaction. */
static int run_data(struct visit *v, const struct my_act *act, const struct str *text,
                    struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    if (act->from == act->to)
        return my_session_transact(&v->s, text, e);
    r = my_exec(v->s.my, "START TRANSACTION", e);
    if (r == E_OK)
        r = my_session_run(&v->s, act->script, act->from, act->to, e);
    str_join(&sql, text);
    str_add(&sql, "; COMMIT");
    if (r == E_OK)
        r = str_ok(&sql) ? my_exec(v->s.my, str_text(&sql), e) : error_oom(e);
    if (r != E_OK && !v->s.my->lost)
        my_exec(v->s.my, "ROLLBACK", NULL);
    return r;
}

/* --- forward --- */

/* Warnings may say that it found nothing to do; then it looks as before. */
static int note_idle(struct visit *v, const struct my_act *act, struct error *e)
{
    char now[HASH_TEXT];
    int r;

    if (!mysql_warning_count(v->s.my->conn) || !my_is_visible(statement_of(act)))
        return E_OK;
    r = my_fingerprint(v->s.my, statement_of(act), now, e);
    if (r == E_OK && strcmp(now, v->ledger.fingerprint) == 0)
        my_ledger_add_idle(&v->ledger, v->ledger.act);
    return r;
}

static int pass_on(struct visit *v, const struct my_act *act, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = aim(v, &v->acts, v->ledger.act + 1, e);

    if (r != E_OK)
        return r;
    add_row(&text, v, act, false);
    v->ledger.act++;
    add_move(&text, v);
    return my_session_transact(&v->s, &text, e);
}

static int run_data_act(struct visit *v, const struct my_act *act, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = aim(v, &v->acts, v->ledger.act + 1, e); /* rows do not change what comes next */

    if (r != E_OK)
        return r;
    add_row(&text, v, act, false);
    v->ledger.act++;
    add_move(&text, v);
    return run_data(v, act, &text, e);
}

static int run_act(struct visit *v, struct error *e)
{
    const struct my_act *act = &v->acts.list[v->ledger.act];
    int r;

    if (act->data)
        return run_data_act(v, act, e);
    r = my_session_run(&v->s, act->script, act->from, act->to, e);
    if (r == E_OK)
        r = note_idle(v, act, e);
    return r == E_OK ? pass_on(v, act, e) : r;
}

static int run_forward(struct visit *v, struct error *e)
{
    int r = E_OK;

    while (v->ledger.act < v->acts.n && r == E_OK)
        r = run_act(v, e);
    return r;
}

/* Most tenants have the table: it is made where it turns out to be missing. */
static int write_begin(struct visit *v, const struct str *sql, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    int r = str_ok(sql) ? my_exec(v->s.my, str_text(sql), &cause) : error_oom(&cause);

    if (r != E_REFUSED || cause.db != MY_NO_TABLE) {
        error_move(e, &cause);
        return r;
    }
    r = my_session_tables(&v->s, true, e);
    return r == E_OK ? my_exec(v->s.my, str_text(sql), e) : r;
}

/* The row that goes before everything else, made only where no fence is. */
static int begin(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r = my_session_tables(&v->s, !v->s.h.there, e);

    if (r == E_OK)
        r = my_session_fits(&v->s, e);
    if (r == E_OK)
        r = aim(v, &v->acts, 0, e);
    if (r != E_OK)
        return r;
    my_ledger_add_begin(&sql, &v->s.h, v->w.run, v->w.group, &v->ledger);
    v->slot->vote = MY_VOTE_BEGUN;
    r = write_begin(v, &sql, e);
    if (r == E_OK && mysql_affected_rows(v->s.my->conn) == 0) {
        v->slot->vote = MY_VOTE_NONE;
        r = error_set(e, E_REFUSED, "run %s was settled by somebody else meanwhile", v->w.run);
    }
    v->ledger.there = r == E_OK;
    return r;
}

/* --- back --- */

/* Did what was under way take effect? What no look shows is taken to have, unless it failed. */
static int took_effect(struct visit *v, const struct my_act *act, bool *did, struct error *e)
{
    char now[HASH_TEXT];
    int r;

    *did = false;
    if (!v->ledger.fingerprint[0])
        return E_OK;
    r = my_fingerprint(v->s.my, statement_of(act), now, e);
    *did = strcmp(now, v->ledger.fingerprint) != 0 ||
           (!v->answered && !my_is_visible(statement_of(act)));
    return r;
}

/* From here on it goes back: what is to be undone is fixed, and written with the first inverse. */
static int turn(struct visit *v, struct error *e)
{
    int r = E_OK;

    if (v->ledger.act < v->acts.n)
        r = took_effect(v, &v->acts.list[v->ledger.act], &v->ledger.tail, e);
    v->ledger.back = true;
    v->ledger.inverse = 0;
    if (r == E_OK)
        r = my_acts_back(v->w.undo, &v->acts, &v->ledger, &v->back, e);
    if (r == E_OK)
        r = aim(v, &v->back, 0, e);
    return r;
}

static int write_turn(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    if (!v->back.n)
        return E_OK; /* nothing is to be undone: the row goes at once */
    add_move(&text, v);
    return my_session_transact(&v->s, &text, e);
}

/* What went back already, says an error, need not go again; nor what took effect in part only (DROP
 * TABLE a, b is two). */
static bool is_back_already(int r, const struct error *e)
{
    static const int codes[] = {MY_TABLE_EXISTS,  MY_UNKNOWN_TABLE, MY_DUPLICATE_COLUMN,
                                MY_DUPLICATE_KEY, MY_CANNOT_DROP,   MY_NO_TABLE,
                                MY_NO_ROUTINE,    MY_NO_TRIGGER};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (r == E_REFUSED && e->db == codes[i])
            return true;
    return false;
}

static int run_inverse(struct visit *v, const struct my_act *act, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    int r = my_session_run(&v->s, act->script, act->from, act->to, &cause);

    if ((v->resumed || v->ledger.tail) && is_back_already(r, &cause))
        return E_OK;
    error_move(e, &cause);
    return r;
}

/* The text that says the inverse is done: the next one begins, or all is over. */
static int add_progress(struct str *text, struct visit *v, const struct my_act *act,
                        struct error *e)
{
    int r = aim(v, &v->back, v->ledger.inverse + 1, e);

    add_row(text, v, act, true);
    v->ledger.inverse++;
    if (v->ledger.inverse < v->back.n)
        add_move(text, v);
    else
        add_end(text, v, v->g->recovered);
    return r;
}

static int back_act(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    const struct my_act *act = &v->back.list[v->ledger.inverse];
    bool ran = false;
    int r = E_OK;

    if (!act->data && v->resumed)
        r = took_effect(v, act, &ran, e);
    if (r == E_OK && !act->data && (!ran || !my_is_visible(statement_of(act))))
        r = run_inverse(v, act, e);
    if (r == E_OK)
        r = add_progress(&text, v, act, e);
    if (r == E_OK)
        r = act->data ? run_data(v, act, &text, e) : my_session_transact(&v->s, &text, e);
    v->resumed = false;
    return r;
}

static int end_alone(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    add_end(&text, v, v->g->recovered);
    return my_session_transact(&v->s, &text, e);
}

static int fence_alone(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = my_session_tables(&v->s, false, e);

    my_history_add_fence(&text, &v->s.h, v->w.run, v->w.group);
    return r == E_OK ? my_session_transact(&v->s, &text, e) : r;
}

/* From where the ledger says. */
static int take_back(struct visit *v, struct error *e)
{
    int r;

    v->w.stop = NULL; /* what goes back, goes back */
    v->resumed = v->ledger.back;
    if (!v->ledger.back) {
        r = turn(v, e);
        if (r == E_OK)
            r = write_turn(v, e);
    } else {
        r = my_acts_back(v->w.undo, &v->acts, &v->ledger, &v->back, e);
    }
    if (r == E_OK && v->ledger.inverse >= v->back.n)
        return end_alone(v, e);
    while (r == E_OK && v->ledger.inverse < v->back.n)
        r = back_act(v, e);
    return r;
}

/* --- visits --- */

static int enter(struct my_group *g, struct my_slot *slot, struct visit *v, struct error *e)
{
    int r;

    *v = (struct visit){.g = g, .slot = slot, .w = my_group_work(g, slot)};
    v->started_us = clock_mono_us();
    r = my_session_enter(&v->s, &v->w, g->recovered || slot->chase, e);
    return r == E_OK ? my_acts_forward(slot->spec, g->undo, &v->acts, e) : r;
}

static void leave(struct visit *v)
{
    if (v->s.my && v->s.my->lost)
        v->slot->chase = true;
    my_session_leave(&v->s);
    my_ledger_free(&v->ledger);
    my_acts_free(&v->acts);
    my_acts_free(&v->back);
}

/* The ledger as the tenant has it: what we think of it may be one answer behind. */
static int read_ledger(struct visit *v, struct error *e)
{
    my_ledger_free(&v->ledger);
    return my_ledger_read(v->s.my, v->w.spec->place.database, v->w.run, v->w.group, &v->ledger, e);
}

static int give_up(struct visit *v, struct error *e)
{
    int r = !v->s.my || v->s.my->lost ? E_DOUBT : my_session_again(&v->s, e);

    v->answered = true;
    if (r == E_OK)
        r = read_ledger(v, e);
    if (r == E_OK && v->ledger.there)
        r = take_back(v, e);
    return r;
}

int my_compensated_prepare(struct my_group *g, struct my_slot *slot, struct error *e)
{
    CLEANUP_ERROR struct error ignored = ERROR_INIT;
    struct visit v;
    int r = enter(g, slot, &v, e);

    if (r == E_OK)
        r = begin(&v, e);
    if (r == E_OK)
        r = run_forward(&v, e);
    if (r != E_OK && slot->vote == MY_VOTE_BEGUN)
        if (give_up(&v, &ignored) != E_OK)
            r = E_DOUBT; /* something may be there: it counts as no, and is settled */
        else
            slot->vote = MY_VOTE_NONE;
    else if (r == E_DOUBT)
        r = E_BUSY; /* nothing was begun: another connection may do better */
    leave(&v);
    return r;
}

/* What the answer of was lost, or what a crash cut off: done, or to be done again. */
static int resume(struct visit *v, struct error *e)
{
    const struct my_act *act = &v->acts.list[v->ledger.act];
    bool did = false;
    int r = took_effect(v, act, &did, e);

    if (r == E_OK && did && my_is_visible(statement_of(act)))
        r = pass_on(v, act, e);
    return r == E_OK ? run_forward(v, e) : r;
}

static int commit(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    bool has = false;
    int r = read_ledger(v, e);

    if (r == E_OK && !v->ledger.there) {
        r = my_history_has_group(&v->s.h, v->w.run, v->w.group, &has, e);
        if (r != E_OK || has)
            return r;
        r = begin(v, e);
    }
    if (r == E_OK && v->ledger.back)
        return error_set(e, E_CHANGED, "was taken back by somebody else");
    if (r == E_OK && v->ledger.act < v->acts.n)
        r = resume(v, e);
    if (r != E_OK)
        return r;
    add_end(&text, v, false);
    return my_session_transact(&v->s, &text, e);
}

int my_compensated_commit(struct my_group *g, struct my_slot *slot, struct error *e)
{
    struct visit v;
    int r = enter(g, slot, &v, e) == E_OK ? commit(&v, e) : E_BUSY; /* a server comes back */

    leave(&v);
    return r;
}

static int back(struct visit *v, struct error *e)
{
    int r = read_ledger(v, e);

    if (r != E_OK)
        return r;
    if (v->ledger.there)
        return take_back(v, e);
    return v->g->recovered ? fence_alone(v, e) : E_OK;
}

int my_compensated_back(struct my_group *g, struct my_slot *slot, struct error *e)
{
    struct visit v;
    int r = enter(g, slot, &v, e) == E_OK ? back(&v, e) : E_BUSY;

    leave(&v);
    return r;
}
