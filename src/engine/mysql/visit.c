#include "engine/mysql/visit.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "source/step.h"

const struct statement *my_visit_statement(const struct my_act *act)
{
    return &act->script->statements[act->from];
}

/* Notes which act is next: its fingerprint when it is one that needs it. */
int my_visit_aim(struct visit *v, const struct my_acts *acts, uint32_t next, struct error *e)
{
    const struct my_act *act = next < acts->n ? &acts->list[next] : NULL;

    v->ledger.fingerprint[0] = 0;
    v->ledger.version = act ? act->step->version : 0;
    v->ledger.statement = act ? act->from + 1 : 0;
    if (!act || act->data)
        return E_OK;
    if (acts == &v->acts && !next && v->looked) {
        memcpy(v->ledger.fingerprint, v->shown, HASH_TEXT);
        return E_OK;
    }
    return my_fingerprint(v->s.my, my_visit_statement(act), v->ledger.fingerprint, e);
}

void my_visit_add_move(struct str *sql, struct visit *v)
{
    my_ledger_add_move(sql, &v->s.h, v->w.run, v->w.group, &v->ledger);
}

/* The row goes; in a later process a fence takes its place. */
void my_visit_add_end(struct str *sql, struct visit *v, bool fence)
{
    my_ledger_add_end(sql, v->s.my, v->w.spec->place.database, v->w.run, v->w.group);
    if (fence) {
        str_add(sql, "; ");
        my_history_add_fence(sql, &v->s.h, v->w.run, v->w.group);
    }
}

void my_visit_add_row(struct str *sql, struct visit *v, const struct my_act *act, bool back)
{
    if (!act->last)
        return;
    my_session_add_row(sql, &v->s, act->step, back, v->started_us);
    str_add(sql, "; ");
    v->started_us = clock_mono_us();
}

/* Statements that change rows, and the text behind them, in one transaction. */
int my_visit_run_data(struct visit *v, const struct my_act *act, const struct str *text,
                      struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    if (act->from == act->to)
        return my_session_transact(&v->s, text, e);
    r = my_exec(v->s.my, "START TRANSACTION", e);
    if (r == E_OK)
        r = my_session_run_data(&v->s, act->script, act->from, act->to, e);
    str_join(&sql, text);
    str_add(&sql, "; COMMIT");
    if (r == E_OK)
        r = str_ok(&sql) ? my_exec(v->s.my, str_text(&sql), e) : error_oom(e);
    if (r != E_OK && !v->s.my->lost)
        my_exec(v->s.my, "ROLLBACK", NULL);
    return r;
}

/* Did what was under way take effect? What no look shows is taken to have, unless it failed. */
int my_visit_took_effect(struct visit *v, const struct my_act *act, bool *did, struct error *e)
{
    char now[HASH_TEXT];
    int r;

    *did = false;
    if (!v->ledger.fingerprint[0])
        return E_OK;
    r = my_fingerprint(v->s.my, my_visit_statement(act), now, e);
    *did = strcmp(now, v->ledger.fingerprint) != 0 ||
           (!v->answered && !my_is_visible(my_visit_statement(act)));
    return r;
}

/* --- coming in --- */

struct coming {
    struct visit *v;
    int outcome; /* of taking the answers */
    struct error *e;
};

enum { LEDGER_ANSWER, LOOK_ANSWER };

static void add_questions(void *arg, struct my *my, struct str *sql)
{
    const struct visit *v = ((struct coming *)arg)->v;

    str_add(sql, "; ");
    my_ledger_add_question(sql, my, v->w.spec->place.database, v->w.run, v->w.group);
    if (!v->look.sql.len)
        return;
    str_add(sql, "; ");
    str_join(sql, &v->look.sql);
}

static void take_look(struct coming *c, MYSQL_RES *rows)
{
    c->outcome = my_look_take(&c->v->look, rows, c->v->shown, c->e);
    c->v->looked = c->outcome == E_OK;
}

static void take(void *arg, int i, MYSQL_RES *rows)
{
    struct coming *c = arg;

    if (c->outcome != E_OK)
        return;
    if (i == LEDGER_ANSWER)
        c->outcome = my_ledger_found(&c->v->ledger, rows, c->e);
    else
        take_look(c, rows);
}

/* Without a ledger nothing is under way. What a look does not find is not there; where it failed
 * for anything else it is taken again, when the lock is ours and the row says that we are at it. */
static bool take_refusal(void *arg, int i, int outcome, const struct error *cause)
{
    bool refused = outcome == E_REFUSED;

    if (i == LEDGER_ANSWER)
        return refused && cause->db == MY_NO_TABLE;
    if (refused && my_look_is_missing(cause))
        take_look(arg, NULL);
    return refused || outcome == E_BUSY;
}

static int first_look(struct visit *v, struct error *e)
{
    if (!v->acts.n || v->acts.list[0].data)
        return E_OK;
    return my_look_for(&v->look, my_visit_statement(&v->acts.list[0]), e);
}

int my_visit_enter(struct my_group *g, struct my_slot *slot, bool look, struct visit *v,
                   struct error *e)
{
    struct coming c = {.v = v, .e = e};
    const struct my_more more = {add_questions, take, take_refusal, &c};
    bool chase = g->recovered || slot->chase;
    int r;

    *v = (struct visit){.g = g, .slot = slot, .w = my_group_work(g, slot)};
    v->started_us = clock_mono_us();
    v->s.w = &v->w;
    r = my_acts_forward(slot->spec, g->undo, &v->acts, e);
    if (r == E_OK && look && !chase) /* who is chased may hold what would be looked at */
        r = first_look(v, e);
    if (r == E_OK)
        r = my_session_enter(&v->s, &v->w, chase, &more, e);
    else
        my_link_enter(g->link); /* it is left in any case */
    return r == E_OK ? c.outcome : r;
}

void my_visit_leave(struct visit *v)
{
    if (v->s.my && v->s.my->lost)
        v->slot->chase = true;
    my_session_leave(&v->s);
    my_ledger_free(&v->ledger);
    my_look_free(&v->look);
    my_acts_free(&v->acts);
    my_acts_free(&v->back);
}

/* The ledger as the tenant has it: what we think of it may be one answer behind. */
int my_visit_read(struct visit *v, struct error *e)
{
    v->looked = false; /* it was a look at what was there then */
    my_ledger_free(&v->ledger);
    return my_ledger_read(v->s.my, v->w.spec->place.database, v->w.run, v->w.group, &v->ledger, e);
}
