#include "engine/postgres/steps.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/postgres_batch.h"
#include "engine/postgres/history.h"
#include "engine/postgres/session.h"
#include "source/step.h"

enum { MESSAGE_BYTES = 65536 }; /* a message that has as many is sent: the server reads it whole */

#define NOWHERE UINT32_MAX

/* What the message that is being made holds, by the place of its first statement. */
struct message {
    uint32_t script, from, n; /* the script's statements, from which of them on, how many */
    uint32_t checks;          /* deferred constraints, behind the last step */
    uint32_t record;          /* the history row, behind what makes its table; and its head */
};

static const struct message nothing = {NOWHERE, 0, 0, NOWHERE, NOWHERE};

struct steps {
    struct pg *pg;
    const struct pg_work *w;
    bool traceless;
    struct pg_history h;
    const struct script *script; /* the last that ran */
    struct pg_batch b;
    struct message m;
    bool sent; /* something of this step is out, since then: */
    int64_t started_us;
};

static const struct step *step_at(const struct pg_work *w, uint32_t i)
{
    return &w->spec->steps[w->undo ? w->spec->n - 1 - i : i];
}

/* Else it is asked. */
static bool takes_for_granted(const struct pg_work *w)
{
    return w->expected && !w->doubted;
}

/* --- one message --- */

static void point_at(const struct steps *x, uint32_t i, struct error *e)
{
    const struct statement *s;

    if (!x->script)
        return;
    s = &x->script->statements[i];
    error_at(e, x->script->file, s->line);
    error_statement(e, s->sql, s->len);
}

static bool is_at(uint32_t part, uint32_t at)
{
    return part != NOWHERE && at >= part;
}

/* By the last part that the statement can be of. */
static int blame(const struct steps *x, uint32_t at, int outcome, struct error *e)
{
    const struct message *m = &x->m;

    if (is_at(m->record, at))
        return pg_history_judge(outcome, !takes_for_granted(x->w), e);
    if (is_at(m->checks, at) && x->script)
        error_at(e, x->script->file, 0); /* a constraint that had waited */
    else if (is_at(m->script, at) && at < m->script + m->n)
        point_at(x, m->from + (at - m->script), e);
    return outcome;
}

/* The last of the message: what may end a transaction ends its message. */
static int left(const struct steps *x, struct error *e)
{
    int r = pg_work_left_transaction(x->pg, e);

    if (x->m.n)
        point_at(x, x->m.from + x->m.n - 1, e);
    return r;
}

/* Each statement has its timeout; checks are like one, and rows of ours take as long as ours do. */
static int64_t patience(const struct steps *x)
{
    int64_t ours = x->pg->setup.patience_ms, its;

    if (!x->script)
        return ours;
    its = pg_work_patience(x->w, x->script, x->m.n + 1);
    return its ? its + ours : 0;
}

static int send(struct steps *x, PGresult **rows, struct error *e)
{
    int64_t ours = x->pg->setup.patience_ms;
    uint32_t failed = 0;
    int r;

    x->pg->setup.patience_ms = patience(x);
    r = pg_batch_run(x->pg, &x->b, rows, &failed, e);
    x->pg->setup.patience_ms = ours;
    if (r != E_OK)
        r = blame(x, failed, r, e);
    else if (PQtransactionStatus(x->pg->conn) != PQTRANS_INTRANS)
        r = left(x, e);
    x->m = nothing;
    x->sent = true;
    return r;
}

/* --- one step --- */

static int send_check(struct steps *x, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = send(x, &rows, e);

    return r == E_OK && PQntuples(rows) > 0 ? pg_work_said_no(rows, e) : r;
}

static int run_statement(struct steps *x, uint32_t i, struct error *e)
{
    const struct statement *s = &x->script->statements[i];
    int r;

    if (x->m.script == NOWHERE) {
        x->m.script = x->b.n;
        x->m.from = i;
    }
    r = pg_work_add_statement(&x->b, x->pg, s, &x->w->spec->values, e);
    x->m.n++;
    if (r == E_OK && s->check)
        r = send_check(x, e);
    else if (r == E_OK && (s->ends_message || x->b.sql.len >= MESSAGE_BYTES))
        return send(x, NULL, e); /* which knows what failed */
    if (r != E_OK)
        point_at(x, i, e); /* unless it has been said already: the first place counts */
    return r;
}

static int run_script(struct steps *x, const struct step *step, struct error *e)
{
    uint32_t ran;
    int r = E_OK;

    /* What a script before has set about reading is undone first, and then what is read. */
    if (x->script->rows.on || !pg_work_is_standard(x->pg))
        r = send(x, NULL, e);
    if (r == E_OK && x->script->rows.on)
        return pg_work_script(x->pg, x->w, step, &ran, e);
    for (uint32_t i = 0; i < x->script->n && r == E_OK; i++)
        r = run_statement(x, i, e);
    return r;
}

/* The step before has a message of its own, so that the server can tell how long each took. */
static int begin_step(struct steps *x, const struct step *step, uint32_t i, struct error *e)
{
    int r = i ? send(x, NULL, e) : E_OK;

    x->started_us = clock_mono_us();
    x->script = pg_work_script_of(x->w, step);
    x->sent = false;
    pg_work_add_set_up(&x->b, x->pg, x->w, x->script);
    return r;
}

static int add_record(struct steps *x, const struct step *step, struct error *e)
{
    int64_t started_us = x->sent && !step->mark ? x->started_us : 0;

    if (!x->traceless)
        pg_session_add_role(&x->b);
    if (x->m.record == NOWHERE)
        x->m.record = x->b.n;
    return pg_work_add_record(&x->h, x->w, step, started_us, x->m.n > 0, &x->b, e);
}

static int run_step(struct steps *x, uint32_t i, struct error *e)
{
    const struct step *step = step_at(x->w, i);
    int r = E_OK;

    if (!step->mark)
        r = begin_step(x, step, i, e);
    else if (x->m.n)
        r = send(x, NULL, e); /* a script's */
    if (r == E_OK && !step->mark)
        r = run_script(x, step, e);
    if (r != E_OK)
        return r;
    if (i + 1 == x->w->spec->n && !x->traceless) {
        x->m.checks = x->b.n;
        pg_work_add_checks(&x->b);
    }
    return add_record(x, step, e);
}

/* --- all of them --- */

/* Who asks looks for all that who expects would be told by a number that is taken. */
static int ask(struct steps *x, struct error *e)
{
    int r;

    pg_work_add_timeouts(&x->b, x->pg, x->w);
    r = pg_history_open_behind(x->pg, &x->w->spec->place, &x->b, &x->h, e);
    if (r == E_OK && x->w->expected)
        r = pg_history_same(&x->h, x->w->expected, e);
    for (uint32_t i = 0; i < x->w->spec->n && r == E_OK; i++)
        r = pg_work_fits(&x->h, step_at(x->w, i), x->w->undo, e);
    if (r == E_OK)
        r = pg_history_fenced(&x->h, x->w->run, x->w->group, e);
    x->h.node = 0; /* who has read it holds it: it stays that table */
    return r;
}

static int vote(struct steps *x, const struct pg_batch *behind, struct error *e)
{
    if (x->w->spec->n)
        pg_history_add_head(&x->h, &x->b);
    if (behind)
        pg_batch_join(&x->b, behind);
    return send(x, NULL, e);
}

int pg_steps_run(struct pg *pg, const struct pg_work *w, const struct pg_batch *before,
                 const struct pg_batch *behind, struct error *e)
{
    struct steps x = {.pg = pg, .w = w, .traceless = pg_work_is_traceless(w), .m = nothing};
    int r;

    pg->scripted = pg->scripted || !x.traceless;
    pg_batch_join(&x.b, before);
    if (takes_for_granted(w))
        r = pg_history_expect(pg, &w->spec->place, w->expected, &x.h, e);
    else
        r = ask(&x, e);
    for (uint32_t i = 0; i < w->spec->n && r == E_OK; i++)
        r = run_step(&x, i, e);
    if (r == E_OK)
        r = vote(&x, behind, e);
    pg_history_close(&x.h);
    pg_batch_free(&x.b);
    return r;
}

bool pg_steps_were_misled(struct pg *pg, const struct pg_work *w, int outcome)
{
    bool is = true;

    if (!takes_for_granted(w) || pg->lost || (outcome != E_REFUSED && outcome != E_CHANGED))
        return false;
    if (outcome == E_CHANGED)
        return true;
    return pg_history_is(pg, &w->spec->place, w->expected, &is, NULL) == E_OK && !is;
}
