#include "engine/postgres/work.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/postgres_batch.h"
#include "engine/postgres/history.h"
#include "engine/postgres/rows.h"
#include "source/step.h"

enum { GRACE_MS = 10000 };

const struct script *pg_work_script_of(const struct pg_work *w, const struct step *step)
{
    return w->undo ? step->inverse : step->script;
}

bool pg_work_is_outside(const struct pg_work *w)
{
    for (uint32_t i = 0; i < w->spec->n; i++)
        if (!w->spec->steps[i].mark && script_is_outside(pg_work_script_of(w, &w->spec->steps[i])))
            return true;
    return false;
}

bool pg_work_is_traceless(const struct pg_work *w)
{
    for (uint32_t i = 0; i < w->spec->n; i++)
        if (!w->spec->steps[i].mark && !pg_work_script_of(w, &w->spec->steps[i])->traceless)
            return false;
    return true;
}

static int64_t longer(int64_t own, int64_t configured)
{
    return own ? own : configured;
}

/* Scripts are cut, and values quoted, as the standard has strings. */
static void add_settings(struct pg_batch *b, const char *local, int64_t lock_ms,
                         int64_t statement_ms)
{
    pg_batch_add(b, "SET %slock_timeout = %" PRId64, local, lock_ms);
    pg_batch_add(b, "SET %sstatement_timeout = %" PRId64, local, statement_ms);
    pg_batch_add(b, "SET %sstandard_conforming_strings = on", local);
}

static void add_local(struct pg_batch *b, struct pg *pg, int64_t lock_ms, int64_t statement_ms)
{
    struct pg_local *is = &pg->local;

    if (is->known && is->lock_ms == lock_ms && is->statement_ms == statement_ms)
        return;
    add_settings(b, "LOCAL ", lock_ms, statement_ms);
    *is = (struct pg_local){true, lock_ms, statement_ms, is->path};
}

void pg_work_add_timeouts(struct pg_batch *b, struct pg *pg, const struct pg_work *w)
{
    add_local(b, pg, w->lock_timeout_ms, w->statement_timeout_ms);
}

/* What one in the same transaction has set is not for who has no schema. */
static void add_path(struct pg_batch *b, struct pg *pg, const char *local, const char *schema)
{
    if (!schema && !pg->local.path)
        return;
    pg->local.path = schema != NULL;
    str_addf(&b->sql, "SET %ssearch_path = ", local);
    if (!schema) {
        pg_batch_add(b, "DEFAULT");
        return;
    }
    pg_add_name(&b->sql, pg, schema);
    pg_batch_add(b, ", public");
}

/* SET LOCAL in a transaction, SET outside: either way until it is reset for the next tenant. */
void pg_work_add_set_up(struct pg_batch *b, struct pg *pg, const struct pg_work *w,
                        const struct script *script)
{
    bool outside = script_is_outside(script);
    int64_t lock_ms = longer(script->lock_timeout_ms, w->lock_timeout_ms),
            statement_ms = longer(script->statement_timeout_ms, w->statement_timeout_ms);

    if (outside)
        add_settings(b, "", lock_ms, statement_ms);
    else
        add_local(b, pg, lock_ms, statement_ms);
    add_path(b, pg, outside ? "" : "LOCAL ", w->spec->place.schema);
    if (outside || !script->traceless)
        pg->local = (struct pg_local){.path = true}; /* it may set them */
}

int pg_work_set_up(struct pg *pg, const struct pg_work *w, const struct script *script,
                   struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    pg_work_add_set_up(&b, pg, w, script);
    return pg_batch_run(pg, &b, NULL, NULL, e);
}

/* --- statements --- */

static void add_value(struct str *out, const PGresult *rows, int column)
{
    bool null = PQgetisnull(rows, 0, column);

    str_addf(out, "%s%s=%.60s", column ? ", " : "", PQfname(rows, column),
             null ? "NULL" : PQgetvalue(rows, 0, column));
}

int pg_work_said_no(const PGresult *rows, struct error *e)
{
    CLEANUP_STR struct str row = STR_INIT;

    for (int i = 0; i < PQnfields(rows) && i < 6; i++)
        add_value(&row, rows, i);
    return error_set(e, E_REFUSED, "the check returned a row: %s", str_text(&row));
}

/* Behind the server's own timeout, should it be cut off; without one a statement may take days. */
int64_t pg_work_patience(const struct pg_work *w, const struct script *script, uint32_t n)
{
    int64_t timeout_ms = longer(script->statement_timeout_ms, w->statement_timeout_ms);

    return timeout_ms ? timeout_ms * n + GRACE_MS : 0;
}

/* What comes after it would take effect at once, and what came before is gone, with the votes of
 * all in the bundle: the connection is given up. */
int pg_work_left_transaction(struct pg *pg, struct error *e)
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

bool pg_work_is_standard(const struct pg *pg)
{
    return has_setting(pg, "standard_conforming_strings", "on") &&
           has_setting(pg, "client_encoding", "UTF8");
}

/* A script may have said otherwise in between: a value could then end its own quotes. */
static int can_quote(const struct pg *pg, struct error *e)
{
    if (pg_work_is_standard(pg))
        return E_OK;
    error_set(e, E_REFUSED, "values need standard_conforming_strings on and client_encoding UTF8");
    error_hint(e, "the migration has set them otherwise before this statement");
    return E_REFUSED;
}

int pg_work_add_statement(struct pg_batch *b, struct pg *pg, const struct statement *statement,
                          const struct sql_values *values, struct error *e)
{
    const struct sql_quoting quoting = {quote, pg};
    int r = E_OK;

    if (!statement->values)
        str_addn(&b->sql, statement->sql, statement->len);
    else if ((r = can_quote(pg, e)) == E_OK)
        r = sql_expand(ENGINE_POSTGRES, statement->sql, statement->len, values, &quoting, &b->sql,
                       e);
    pg_batch_end(b);
    return r;
}

/* The extended protocol: the server takes one statement, and no second one in it. */
static int send(struct pg *pg, const struct statement *statement, const struct sql_values *values,
                PGresult **rows, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;
    int r = pg_work_add_statement(&b, pg, statement, values, e);

    if (r != E_OK)
        return r;
    return str_ok(&b.sql) ? pg_query(pg, str_text(&b.sql), 0, NULL, rows, e) : error_oom(e);
}

int pg_work_statement(struct pg *pg, const struct statement *statement,
                      const struct sql_values *values, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    bool inside = PQtransactionStatus(pg->conn) == PQTRANS_INTRANS;
    int r = send(pg, statement, values, &rows, e);

    if (r == E_OK && inside && PQtransactionStatus(pg->conn) != PQTRANS_INTRANS)
        return pg_work_left_transaction(pg, e);
    if (r == E_OK && statement->check && PQntuples(rows) > 0)
        return pg_work_said_no(rows, e);
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
    const struct script *script = pg_work_script_of(w, step);
    int64_t ours = pg->setup.patience_ms;
    int r;

    *ran = 0;
    pg->setup.patience_ms = pg_work_patience(w, script, 1);
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

void pg_work_add_checks(struct pg_batch *b)
{
    pg_batch_add(b, "SET CONSTRAINTS ALL IMMEDIATE");
    pg_batch_add(b, "SET CONSTRAINTS ALL DEFERRED");
}

int pg_work_add_record(struct pg_history *h, const struct pg_work *w, const struct step *step,
                       int64_t started_us, bool message, struct pg_batch *b, struct error *e)
{
    struct history_row row = history_row_of(step, w->undo, started_us);

    row.run = w->run;
    row.group = w->group;
    row.log_head = w->log_head;
    if (!started_us)
        row.duration_us = 0;
    return pg_history_add(h, &row, message, b, e);
}
