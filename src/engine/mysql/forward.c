/* A compensated tenant on its way to its vote; then everything is there already. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/fingerprint.h"
#include "engine/mysql/visit.h"
#include "source/step.h"

/* Warnings may say that it found nothing to do; then it looks as before. */
static int note_idle(struct visit *v, const struct my_act *act, struct error *e)
{
    char now[HASH_TEXT];
    int r;

    if (!mysql_warning_count(v->s.my->conn) || !my_is_visible(my_visit_statement(act)))
        return E_OK;
    r = my_fingerprint(v->s.my, my_visit_statement(act), now, e);
    if (r == E_OK && strcmp(now, v->ledger.fingerprint) == 0)
        my_ledger_add_idle(&v->ledger, v->ledger.act);
    return r;
}

static int pass_on(struct visit *v, const struct my_act *act, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = my_visit_aim(v, &v->acts, v->ledger.act + 1, e);

    if (r != E_OK)
        return r;
    my_visit_add_row(&text, v, act, false);
    v->ledger.act++;
    my_visit_add_move(&text, v);
    if (v->voting && v->ledger.act == v->acts.n)
        return my_session_finish(&v->s, &text, e);
    return my_session_transact(&v->s, &text, e);
}

static int run_data_act(struct visit *v, const struct my_act *act, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r =
        my_visit_aim(v, &v->acts, v->ledger.act + 1, e); /* rows do not change what comes next */

    if (r != E_OK)
        return r;
    my_visit_add_row(&text, v, act, false);
    v->ledger.act++;
    my_visit_add_move(&text, v);
    return my_visit_run_data(v, act, &text, e);
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

int my_forward_run(struct visit *v, struct error *e)
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
static int write_own(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r = my_session_tables(&v->s, !v->s.h.there, e);

    if (r == E_OK)
        r = my_session_fits(&v->s, e);
    if (r == E_OK)
        r = my_visit_aim(v, &v->acts, 0, e);
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

/* The row was written with others'. Nobody may have changed what it is about since then. */
static int take_over(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    char had[HASH_TEXT];
    int r = my_session_fits(&v->s, e);

    memcpy(had, v->ledger.fingerprint, HASH_TEXT);
    if (r == E_OK)
        r = my_visit_aim(v, &v->acts, 0, e);
    if (r != E_OK || strcmp(had, v->ledger.fingerprint) == 0)
        return r;
    my_visit_add_move(&text, v);
    return my_session_transact(&v->s, &text, e);
}

int my_forward_begin(struct visit *v, struct error *e)
{
    if (v->slot->announced) {
        v->slot->announced = false;
        v->slot->vote = MY_VOTE_BEGUN;
        if (v->ledger.there)
            return take_over(v, e);
    }
    return write_own(v, e);
}

/* What the answer of was lost, or what a crash cut off: done, or to be done again. */
int my_forward_resume(struct visit *v, struct error *e)
{
    const struct my_act *act = &v->acts.list[v->ledger.act];
    bool did = false;
    int r = my_visit_took_effect(v, act, &did, e);

    if (r == E_OK && did && my_is_visible(my_visit_statement(act)))
        r = pass_on(v, act, e);
    return r == E_OK ? my_forward_run(v, e) : r;
}
