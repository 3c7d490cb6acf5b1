/* A compensated tenant on its way back: the inverses, in order, under the same ledger. */
#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/fingerprint.h"
#include "engine/mysql/visit.h"
#include "source/step.h"

/* From here on it goes back: what is to be undone is fixed, and written with the first inverse. */
static int turn(struct visit *v, struct error *e)
{
    int r = E_OK;

    if (v->ledger.act < v->acts.n)
        r = my_visit_took_effect(v, &v->acts.list[v->ledger.act], &v->ledger.tail, e);
    v->ledger.back = true;
    v->ledger.inverse = 0;
    if (r == E_OK)
        r = my_acts_back(v->w.undo, &v->acts, &v->ledger, &v->back, e);
    if (r == E_OK)
        r = my_visit_aim(v, &v->back, 0, e);
    return r;
}

static int write_turn(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    if (!v->back.n)
        return E_OK; /* nothing is to be undone: the row goes at once */
    my_visit_add_move(&text, v);
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
    int r = my_visit_aim(v, &v->back, v->ledger.inverse + 1, e);

    my_visit_add_row(text, v, act, true);
    v->ledger.inverse++;
    if (v->ledger.inverse < v->back.n)
        my_visit_add_move(text, v);
    else
        my_visit_add_end(text, v, v->g->recovered);
    return r;
}

static int back_act(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    const struct my_act *act = &v->back.list[v->ledger.inverse];
    bool ran = false;
    int r = E_OK;

    if (!act->data && v->resumed)
        r = my_visit_took_effect(v, act, &ran, e);
    if (r == E_OK && !act->data && (!ran || !my_is_visible(my_visit_statement(act))))
        r = run_inverse(v, act, e);
    if (r == E_OK)
        r = add_progress(&text, v, act, e);
    if (r == E_OK)
        r = act->data ? my_visit_run_data(v, act, &text, e) : my_session_transact(&v->s, &text, e);
    v->resumed = false;
    return r;
}

static int end_alone(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    my_visit_add_end(&text, v, v->g->recovered);
    return my_session_transact(&v->s, &text, e);
}

int my_back_fence(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = my_session_tables(&v->s, false, e);

    my_history_add_fence(&text, &v->s.h, v->w.run, v->w.group);
    if (v->ledger.table) { /* a row that was announced just before it, and not seen */
        str_add(&text, "; ");
        my_ledger_add_end(&text, v->s.my, v->w.spec->place.database, v->w.run, v->w.group);
    }
    return r == E_OK ? my_session_transact(&v->s, &text, e) : r;
}

/* From where the ledger says. */
int my_back_run(struct visit *v, struct error *e)
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
