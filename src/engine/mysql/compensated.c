/*
 * A tenant whose statements commit one by one, as the participant is asked for it: forward to its
 * vote, and after the verdict what is left to be done. How that goes is in visit.h.
 */
#include "base/error.h"
#include "base/str.h"
#include "engine/mysql/visit.h"

static int give_up(struct visit *v, struct error *e)
{
    int r = !v->s.my || v->s.my->lost ? E_DOUBT : my_session_again(&v->s, e);

    v->answered = true;
    if (r == E_OK)
        r = my_visit_read(v, e);
    if (r == E_OK && v->ledger.there)
        r = my_back_run(v, e);
    return r;
}

int my_compensated_prepare(struct my_group *g, struct my_slot *slot, struct error *e)
{
    CLEANUP_ERROR struct error ignored = ERROR_INIT;
    struct visit v;
    int r = my_visit_enter(g, slot, true, &v, e);

    v.voting = true;
    if (r == E_OK)
        r = my_forward_begin(&v, e);
    if (r == E_OK)
        r = my_forward_run(&v, e);
    if (r != E_OK && slot->vote == MY_VOTE_BEGUN)
        if (give_up(&v, &ignored) != E_OK)
            r = E_DOUBT; /* something may be there: it counts as no, and is settled */
        else
            slot->vote = MY_VOTE_NONE;
    else if (r == E_DOUBT)
        r = E_BUSY; /* nothing was begun: another connection may do better */
    else if (r != E_OK && r != E_BUSY && slot->announced)
        r = E_DOUBT; /* its row is there: a no that leaves nothing would be forgotten */
    my_visit_leave(&v);
    return r;
}

static int commit(struct visit *v, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    bool has = false;
    int r = v->s.h.there ? E_OK : my_visit_read(v, e);

    if (r == E_OK && !v->ledger.there) {
        r = my_history_has_group(&v->s.h, v->w.run, v->w.group, &has, e);
        if (r != E_OK || has)
            return r;
        r = my_forward_begin(v, e);
    }
    if (r == E_OK && v->ledger.back)
        return error_set(e, E_CHANGED, "was taken back by somebody else");
    if (r == E_OK && v->ledger.act < v->acts.n)
        r = my_forward_resume(v, e);
    if (r != E_OK)
        return r;
    my_visit_add_end(&text, v, false);
    return my_session_transact(&v->s, &text, e);
}

int my_compensated_commit(struct my_group *g, struct my_slot *slot, struct error *e)
{
    struct visit v;
    int r = my_visit_enter(g, slot, false, &v, e) == E_OK ? commit(&v, e)
                                                          : E_BUSY; /* a server comes back */

    my_visit_leave(&v);
    return r;
}

static int back(struct visit *v, struct error *e)
{
    int r = v->s.h.there ? E_OK : my_visit_read(v, e);

    if (r != E_OK)
        return r;
    if (v->ledger.there)
        return my_back_run(v, e);
    return v->g->recovered ? my_back_fence(v, e) : E_OK;
}

int my_compensated_back(struct my_group *g, struct my_slot *slot, struct error *e)
{
    struct visit v;
    int r = my_visit_enter(g, slot, false, &v, e) == E_OK ? back(&v, e) : E_BUSY;

    my_visit_leave(&v);
    return r;
}
