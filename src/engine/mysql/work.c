/* Statements of scripts, and what goes with them. The session itself: session.c. */
#include "engine/mysql/work.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/engines.h"
#include "engine/mysql/ledger.h"
#include "source/step.h"
#include "sql/mysql_effect.h"

enum { GRACE_MS = 10000, NOT_SUPPORTED = 1845, NOT_SUPPORTED_WHY = 1846, TOO_MANY_VERSIONS = 4092 };

int my_session_tables(struct my_session *s, bool ledger, struct error *e)
{
    int r = my_history_create(&s->h, e);

    return r == E_OK && ledger ? my_ledger_create(s->my, s->w->spec->place.database, e) : r;
}

int my_session_fits(struct my_session *s, struct error *e)
{
    int r = E_OK;

    for (uint32_t i = 0; i < s->w->spec->n && r == E_OK; i++) {
        const struct step *step = &s->w->spec->steps[i];
        bool applied = s->first_applied;

        if (i > 0)
            r = my_history_applied(&s->h, step->version, &applied, e);
        if (r == E_OK)
            r = history_fits(step, step->down != s->w->undo, applied, e);
    }
    return r;
}

void my_session_add_row(struct str *sql, struct my_session *s, const struct step *step, bool back,
                        int64_t started_us)
{
    struct history_row row = history_row_of(step, s->w->undo != back, started_us);

    row.run = s->w->run;
    row.group = s->w->group;
    row.log_head = s->w->log_head;
    my_history_add_row(sql, &s->h, &row);
}

static int transact(struct my_session *s, const struct str *text, const struct str *behind,
                    struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    str_add(&sql, "START TRANSACTION; ");
    str_join(&sql, text);
    str_add(&sql, "; COMMIT");
    str_join(&sql, behind);
    r = str_ok(&sql) ? my_exec(s->my, str_text(&sql), e) : error_oom(e);
    if (r != E_OK && !s->my->lost)
        my_exec(s->my, "ROLLBACK", NULL);
    return r;
}

int my_session_transact(struct my_session *s, const struct str *text, struct error *e)
{
    const struct str nothing = STR_INIT;

    return transact(s, text, &nothing, e);
}

int my_session_finish(struct my_session *s, const struct str *text, struct error *e)
{
    CLEANUP_STR struct str release = STR_INIT;
    int r;

    if (!s->traceless)
        return my_session_transact(s, text, e);
    str_add(&release, "; ");
    r = my_session_add_release(&release, s) == E_OK ? transact(s, text, &release, e) : error_oom(e);
    if (r != E_OK)
        return r;
    s->my->left = MY_TUNED;
    s->my->lock_s = s->lock_s;
    s->my->statement_ms = s->statement_ms;
    return r;
}

/* --- statements --- */

static int64_t longer(int64_t own, int64_t configured)
{
    return own ? own : configured;
}

/* Locks are waited for in whole seconds. MySQL has no timeout for all statements: patience ends. */
void my_session_take_timeouts(struct my_session *s, const struct script *script)
{
    int64_t lock_ms = longer(script ? script->lock_timeout_ms : 0, s->w->lock_timeout_ms);

    s->statement_ms = longer(script ? script->statement_timeout_ms : 0, s->w->statement_timeout_ms);
    s->lock_s = lock_ms > 1000 ? (lock_ms + 999) / 1000 : 1;
}

void my_session_add_timeouts(struct str *sql, const struct my_session *s)
{
    str_addf(sql,
             "SET SESSION lock_wait_timeout = %" PRId64 ", innodb_lock_wait_timeout = %" PRId64,
             s->lock_s, s->lock_s);
    if (s->w->link->mariadb)
        str_addf(sql, ", max_statement_time = %" PRId64 ".%03" PRId64, s->statement_ms / 1000,
                 s->statement_ms % 1000);
}

static int set_up(struct my_session *s, const struct script *script, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int64_t lock_s = s->lock_s, statement_ms = s->statement_ms;

    my_session_take_timeouts(s, script);
    s->my->setup.patience_ms = s->statement_ms ? s->statement_ms + GRACE_MS : 0;
    if (s->lock_s == lock_s && s->statement_ms == statement_ms)
        return E_OK;
    my_session_add_timeouts(&sql, s);
    return str_ok(&sql) ? my_exec(s->my, str_text(&sql), e) : error_oom(e);
}

static int quote(void *ctx, const char *text, struct str *out, struct error *e)
{
    (void)e;
    my_add_text(out, ctx, text);
    return E_OK; /* what failed marks the str */
}

static int text_of(struct my_session *s, const struct statement *statement, struct str *text,
                   struct error *e)
{
    const struct sql_quoting quoting = {quote, s->my};
    int r = E_OK;

    if (statement->values)
        r = sql_expand(ENGINE_MYSQL, statement->sql, statement->len, &s->w->spec->values, &quoting,
                       text, e);
    else
        str_addn(text, statement->sql, statement->len);
    return r == E_OK && !str_ok(text) ? error_oom(e) : r;
}

static void add_value(struct str *out, const MYSQL_FIELD *field, const char *value)
{
    str_addf(out, "%s%s=%.60s", out->len ? ", " : "", field->name, value ? value : "NULL");
}

static int check_said_no(MYSQL_RES *rows, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    const MYSQL_FIELD *fields = mysql_fetch_fields(rows);
    MYSQL_ROW row = mysql_fetch_row(rows);

    for (unsigned i = 0; row && i < mysql_num_fields(rows) && i < 6; i++)
        add_value(&text, &fields[i], row[i]);
    return error_set(e, E_REFUSED, "the check returned a row: %s", str_text(&text));
}

static bool wants_another_way(const struct error *e)
{
    return e->db == NOT_SUPPORTED || e->db == NOT_SUPPORTED_WHY || e->db == TOO_MANY_VERSIONS ||
           e->db == MY_SYNTAX;
}

/* The cheapest way that the server takes: it refuses, at once, one that it would have to widen. */
static int send_online(struct my_session *s, const struct str *text, struct error *e)
{
    static const char *const ways[] = {", ALGORITHM=INSTANT", ", ALGORITHM=INPLACE, LOCK=NONE"};
    int r = E_REFUSED;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        CLEANUP_ERROR struct error cause = ERROR_INIT;
        CLEANUP_STR struct str sql = STR_INIT;

        str_join(&sql, text);
        str_add(&sql, ways[i]);
        r = str_ok(&sql) ? my_exec(s->my, str_text(&sql), &cause) : error_oom(&cause);
        if (r != E_REFUSED || !wants_another_way(&cause)) {
            error_move(e, &cause);
            return r;
        }
    }
    return my_exec(s->my, str_text(text), e);
}

static int run_statement(struct my_session *s, const struct statement *statement, struct error *e)
{
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    CLEANUP_STR struct str text = STR_INIT;
    int r = text_of(s, statement, &text, e);

    if (r != E_OK)
        return r;
    if (!s->w->link->base.server->as_written &&
        mysql_may_ask_online(statement->sql, statement->len))
        return send_online(s, &text, e);
    r = my_query(s->my, str_text(&text), &rows, e);
    if (r == E_OK && statement->check && rows && mysql_num_rows(rows) > 0)
        return check_said_no(rows, e);
    return r;
}

int my_session_run(struct my_session *s, const struct script *script, uint32_t from, uint32_t to,
                   struct error *e)
{
    struct my_setup ours = s->my->setup;
    int r = set_up(s, script, e);

    s->my->setup.stop = s->w->stop;
    for (uint32_t i = from; i < to && r == E_OK; i++) {
        const struct statement *statement = &script->statements[i];

        r = run_statement(s, statement, e);
        if (r != E_OK) {
            error_at(e, script->file, statement->line);
            error_statement(e, statement->sql, statement->len);
        }
    }
    s->my->setup = ours;
    return r;
}

int my_session_run_data(struct my_session *s, const struct script *script, uint32_t from,
                        uint32_t to, struct error *e)
{
    int r = E_OK;

    for (uint32_t i = from; i < to && r == E_OK; i++) {
        const struct statement *statement = &script->statements[i];

        r = my_engines_check(s->my, statement, e);
        if (r != E_OK) {
            error_at(e, script->file, statement->line);
            error_statement(e, statement->sql, statement->len);
        }
    }
    return r == E_OK ? my_session_run(s, script, from, to, e) : r;
}
