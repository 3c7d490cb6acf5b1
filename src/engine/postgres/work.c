#include "engine/postgres/work.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/postgres.h"
#include "engine/postgres/history.h"
#include "engine/postgres/rows.h"
#include "source/step.h"

enum { GRACE_MS = 10000 };

static const struct script *script_of(const struct pg_work *w, const struct step *step)
{
    return w->undo ? step->inverse : step->script;
}

static const struct step *step_at(const struct pg_work *w, uint32_t i)
{
    return &w->spec->steps[w->undo ? w->spec->n - 1 - i : i];
}

bool pg_work_is_outside(const struct pg_work *w)
{
    for (uint32_t i = 0; i < w->spec->n; i++)
        if (!w->spec->steps[i].mark && script_is_outside(script_of(w, &w->spec->steps[i])))
            return true;
    return false;
}

static int64_t longer(int64_t own, int64_t configured)
{
    return own ? own : configured;
}

/* SET LOCAL in a transaction, SET outside: either way until it is reset for the next tenant.
 * Scripts are cut, and values quoted, as the standard has strings. */
static void add_set_up(struct str *sql, struct pg *pg, const struct pg_work *w,
                       const struct script *script)
{
    const char *local = script_is_outside(script) ? "" : "LOCAL ";

    str_addf(sql,
             "SET %slock_timeout = %" PRId64 "; SET %sstatement_timeout = %" PRId64
             "; SET %sstandard_conforming_strings = on; ",
             local, longer(script->lock_timeout_ms, w->lock_timeout_ms), local,
             longer(script->statement_timeout_ms, w->statement_timeout_ms), local);
    if (!w->spec->place.schema)
        return;
    str_addf(sql, "SET %ssearch_path = ", local);
    pg_add_name(sql, pg, w->spec->place.schema);
    str_add(sql, ", public; ");
}

int pg_work_set_up(struct pg *pg, const struct pg_work *w, const struct script *script,
                   struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    add_set_up(&sql, pg, w, script);
    return str_ok(&sql) ? pg_exec(pg, str_text(&sql), e) : error_oom(e);
}

/* --- statements --- */

static void add_value(struct str *out, const PGresult *rows, int column)
{
    bool null = PQgetisnull(rows, 0, column);

    str_addf(out, "%s%s=%.60s", column ? ", " : "", PQfname(rows, column),
             null ? "NULL" : PQgetvalue(rows, 0, column));
}

static int check_said_no(const PGresult *rows, struct error *e)
{
    CLEANUP_STR struct str row = STR_INIT;

    for (int i = 0; i < PQnfields(rows) && i < 6; i++)
        add_value(&row, rows, i);
    return error_set(e, E_REFUSED, "the check returned a row: %s", str_text(&row));
}

/* Behind the server's own timeout, should it be cut off; without one a statement may take days. */
static int64_t patience(int64_t timeout_ms)
{
    return timeout_ms ? timeout_ms + GRACE_MS : 0;
}

/* What comes after it would take effect at once, and what came before is gone, with the votes of
 * all in the bundle: the connection is given up. */
static int left_transaction(struct pg *pg, struct error *e)
{
    pg->lost = true;
    return error_set(e, E_REFUSED, "this ends the transaction that the migration runs in");
}

static int quote(void *ctx, const char *text, struct str *out, struct error *e)
{
    (void)e;
    pg_add_literal(out, ctx, text);
    return E_OK; /* what failed marks the str */
}

static bool has_setting(const struct pg *pg, const char *name, const char *value)
{
    return str_same(PQparameterStatus(pg->conn, name), value);
}

/* A script may have said otherwise in between: a value could then end its own quotes. */
static int can_quote(const struct pg *pg, struct error *e)
{
    if (has_setting(pg, "standard_conforming_strings", "on") &&
        has_setting(pg, "client_encoding", "UTF8"))
        return E_OK;
    error_set(e, E_REFUSED, "values need standard_conforming_strings on and client_encoding UTF8");
    error_hint(e, "the migration has set them otherwise before this statement");
    return E_REFUSED;
}

static int send(struct pg *pg, const struct statement *statement, const struct sql_values *values,
                PGresult **rows, struct error *e)
{
    const struct sql_quoting quoting = {quote, pg};
    CLEANUP_STR struct str text = STR_INIT;
    int r;

    if (!statement->values)
        return pg_query(pg, statement->sql, 0, NULL, rows, e);
    r = can_quote(pg, e);
    if (r == E_OK)
        r = sql_expand(ENGINE_POSTGRES, statement->sql, statement->len, values, &quoting, &text, e);
    return r == E_OK ? pg_query(pg, str_text(&text), 0, NULL, rows, e) : r;
}

int pg_work_statement(struct pg *pg, const struct statement *statement,
                      const struct sql_values *values, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    bool inside = PQtransactionStatus(pg->conn) == PQTRANS_INTRANS;
    int r = send(pg, statement, values, &rows, e);

    if (r == E_OK && inside && PQtransactionStatus(pg->conn) != PQTRANS_INTRANS)
        return left_transaction(pg, e);
    if (r == E_OK && statement->check && PQntuples(rows) > 0)
        return check_said_no(rows, e);
    return r;
}

static int run_statements(struct pg *pg, const struct pg_work *w, const struct script *script,
                          uint32_t *ran, struct error *e)
{
    int r = E_OK;

    for (size_t i = 0; i < script->n && r == E_OK; i++) {
        r = pg_work_statement(pg, &script->statements[i], &w->spec->values, e);
        if (r == E_OK)
            (*ran)++;
        if (r != E_OK) {
            error_at(e, script->file, script->statements[i].line);
            error_statement(e, script->statements[i].sql, script->statements[i].len);
        }
    }
    return r;
}

int pg_work_script(struct pg *pg, const struct pg_work *w, const struct step *step, uint32_t *ran,
                   struct error *e)
{
    const struct script *script = script_of(w, step);
    int64_t ours = pg->setup.patience_ms;
    int r;

    *ran = 0;
    pg->setup.patience_ms = patience(longer(script->statement_timeout_ms, w->statement_timeout_ms));
    if (script->rows.on)
        r = pg_rows_run(pg, w, step, ran, e);
    else
        r = run_statements(pg, w, script, ran, e);
    pg->setup.patience_ms = ours;
    return r;
}

/* --- steps --- */

int pg_work_fits(struct pg_history *h, const struct step *step, bool undo, struct error *e)
{
    bool down = step->down != undo, applied = false;
    int r = pg_history_applied(h, step->version, &applied, e);

    return r == E_OK ? history_fits(step, down, applied, e) : r;
}

int pg_work_add_record(struct pg_history *h, const struct pg_work *w, const struct step *step,
                       int64_t started_us, struct str *sql, struct error *e)
{
    struct history_row row = history_row_of(step, w->undo, started_us);

    row.run = w->run;
    row.group = w->group;
    row.log_head = w->log_head;
    str_add(sql, PG_RESET_ROLE "; ");
    return pg_history_add(h, &row, sql, e);
}

/* `sql` is what is still to be sent: it goes before the step's statements. Its record stays there.
 */
static int run_step(struct pg_history *h, const struct pg_work *w, const struct step *step,
                    struct str *sql, struct error *e)
{
    int64_t started_us = clock_mono_us();
    uint32_t ran;
    int r = E_OK;

    if (sql->len)
        r = str_ok(sql) ? pg_exec(h->pg, str_text(sql), e) : error_oom(e);
    str_reset(sql);
    if (r == E_OK && !step->mark)
        r = pg_work_script(h->pg, w, step, &ran, e);
    return r == E_OK ? pg_work_add_record(h, w, step, started_us, sql, e) : r;
}

static void add_set_up_of(struct str *sql, struct pg *pg, const struct pg_work *w, uint32_t i)
{
    const struct step *step = i < w->spec->n ? step_at(w, i) : NULL;

    if (step && !step->mark)
        add_set_up(sql, pg, w, script_of(w, step));
}

static int run_steps(struct pg_history *h, const struct pg_work *w, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r = E_OK;

    for (uint32_t i = 0; i < w->spec->n && r == E_OK && !w->expected; i++)
        r = pg_work_fits(h, step_at(w, i), w->undo, e);
    for (uint32_t i = 0; i < w->spec->n && r == E_OK; i++) {
        if (i)
            add_set_up_of(&sql, h->pg, w, i);
        r = run_step(h, w, step_at(w, i), &sql, e);
    }
    str_add(&sql, PG_CHECK_DEFERRED "; ");
    if (r != E_OK)
        return r;
    r = pg_history_vote(h, w->run, w->group, &sql, e);
    if (r != E_OK && e && e->db && w->spec->n) /* the server's: a constraint that had waited */
        error_at(e, script_of(w, step_at(w, w->spec->n - 1))->file, 0);
    return r;
}

int pg_work_run(struct pg *pg, const struct pg_work *w, const char *before, struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    str_add(&sql, before);
    add_set_up_of(&sql, pg, w, 0);
    if (!str_ok(&sql))
        return error_oom(e);
    if (!w->expected) {
        r = pg_history_open_behind(pg, &w->spec->place, str_text(&sql), &h, e);
    } else {
        r = pg_history_expect(pg, &w->spec->place, w->expected, &h, e);
        if (r == E_OK)
            r = pg_exec(pg, str_text(&sql), e);
    }
    return r == E_OK ? run_steps(&h, w, e) : r;
}

bool pg_work_was_misled(struct pg *pg, const struct pg_work *w, int outcome)
{
    bool is = true;

    if (!w->expected || pg->lost || (outcome != E_REFUSED && outcome != E_CHANGED))
        return false;
    return pg_history_is(pg, &w->spec->place, w->expected, &is, NULL) == E_OK && !is;
}
