#include "engine/sqlite/script.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/sqlite/history.h"
#include "sql/scan.h"

struct guard {
    const struct script *script;
    const struct sql_values *values;
    enum sql_escape denied;
    bool history;        /* it tried to write our table */
    bool vacuuming;      /* what is asked about now is VACUUM's own work: it copies by SQL */
    int64_t deadline_us; /* 0: none */
    const atomic_bool *stop;
    bool late;
};

/* PRAGMAs that take an argument and only read. */
static bool pragma_reads(const char *name)
{
    static const char *const reads[] = {"table_info",        "table_xinfo",     "index_list",
                                        "index_info",        "index_xinfo",     "foreign_key_list",
                                        "foreign_key_check", "integrity_check", "quick_check"};

    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++)
        if (strcasecmp(name, reads[i]) == 0)
            return true;
    return false;
}

static enum sql_escape escape_of(const struct guard *g, int action, const char *a, const char *b)
{
    switch (action) {
    case SQLITE_TRANSACTION:
    case SQLITE_SAVEPOINT:
        return SQL_ESCAPE_TRANSACTION;
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
        return SQL_ESCAPE_ATTACH;
    case SQLITE_PRAGMA:
        return !b || pragma_reads(a) || g->script->transaction_off ? SQL_ESCAPE_NONE
                                                                   : SQL_ESCAPE_PRAGMA;
    case SQLITE_FUNCTION:
        return b && strcasecmp(b, "load_extension") == 0 ? SQL_ESCAPE_EXTENSION : SQL_ESCAPE_NONE;
    }
    return SQL_ESCAPE_NONE;
}

static bool writes_history(int action, const char *a, const char *b)
{
    switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
    case SQLITE_DROP_TABLE:
        return a && strcasecmp(a, HISTORY_TABLE) == 0;
    case SQLITE_ALTER_TABLE:
    case SQLITE_CREATE_TRIGGER:
        return b && strcasecmp(b, HISTORY_TABLE) == 0;
    }
    return false;
}

static int authorize(void *arg, int action, const char *a, const char *b, const char *database,
                     const char *trigger)
{
    struct guard *g = arg;
    enum sql_escape escape = escape_of(g, action, a, b);

    (void)database;
    (void)trigger;
    if (g->vacuuming)
        return SQLITE_OK;
    if (escape != SQL_ESCAPE_NONE)
        g->denied = escape;
    else if (writes_history(action, a, b))
        g->history = true;
    else
        return SQLITE_OK;
    return SQLITE_DENY;
}

static int progress(void *arg)
{
    struct guard *g = arg;

    g->late = g->deadline_us && clock_mono_us() > g->deadline_us;
    return g->late || (g->stop && atomic_load(g->stop));
}

static int explain(sqlite3 *db, const struct guard *g, struct error *e)
{
    int r = db_error(db, e);
    const char *message = e ? e->message : "";

    if (g->denied != SQL_ESCAPE_NONE)
        return error_set(e, E_REFUSED, "%s", sql_escape_text(g->denied));
    if (g->history)
        return error_set(e, E_REFUSED,
                         HISTORY_TABLE " belongs to lockstep, a migration may not write it");
    if (g->late)
        return error_set(e, E_REFUSED, "took longer than the statement timeout");
    if (strstr(message, "already exists") || strstr(message, "duplicate column name"))
        error_hint(
            e, "if this tenant has this migration already, mark it: lockstep adopt --at VERSION");
    return r;
}

static void add_value(struct str *out, sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    str_addf(out, "%s%s=%.60s", column ? ", " : "", sqlite3_column_name(stmt, column),
             text ? text : "NULL");
}

static int check_said_no(sqlite3_stmt *stmt, struct error *e)
{
    CLEANUP_STR struct str row = STR_INIT;

    for (int i = 0; i < sqlite3_column_count(stmt) && i < 6; i++)
        add_value(&row, stmt, i);
    return error_set(e, E_REFUSED, "the check returned a row: %s", str_text(&row));
}

static int step_all(sqlite3_stmt *stmt, const struct statement *statement, struct guard *g)
{
    int rc;

    g->vacuuming = sql_escapes(ENGINE_SQLITE, statement->sql, statement->len) == SQL_ESCAPE_OUTSIDE;
    do
        rc = sqlite3_step(stmt);
    while (rc == SQLITE_ROW && !statement->check);
    g->vacuuming = false;
    return rc;
}

static int quote(void *ctx, const char *text, struct str *out, struct error *e)
{
    char *quoted = sqlite3_mprintf("%Q", text);

    (void)ctx;
    if (!quoted)
        return error_oom(e);
    str_add(out, quoted);
    sqlite3_free(quoted);
    return E_OK;
}

/* With `values` there are more bytes than the file has; text holds them then. */
static int prepare(sqlite3 *db, const struct statement *statement, const struct guard *g,
                   sqlite3_stmt **stmt, struct error *e)
{
    static const struct sql_quoting quoting = {quote, NULL};
    CLEANUP_STR struct str text = STR_INIT;
    const char *sql = statement->sql;
    size_t len = statement->len;

    if (statement->values) {
        int r = sql_expand(ENGINE_SQLITE, sql, len, g->values, &quoting, &text, e);

        if (r != E_OK)
            return r;
        sql = str_text(&text);
        len = text.len;
    }
    return sqlite3_prepare_v3(db, sql, (int)len, 0, stmt, NULL) == SQLITE_OK ? E_OK
                                                                             : explain(db, g, e);
}

static int run_statement(sqlite3 *db, const struct statement *statement, struct guard *g,
                         struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int rc = prepare(db, statement, g, &stmt, e);

    if (rc != E_OK)
        return rc;
    if (!stmt)
        return E_OK;
    rc = step_all(stmt, statement, g);
    if (rc == SQLITE_ROW)
        return check_said_no(stmt, e);
    return rc == SQLITE_DONE ? E_OK : explain(db, g, e);
}

static void place(const struct script *script, const struct statement *statement, struct error *e)
{
    error_at(e, script->file, statement->line);
    error_statement(e, statement->sql, statement->len);
}

int script_run(sqlite3 *db, const struct script *script, const struct script_terms *terms,
               struct error *e)
{
    int64_t timeout =
        script->statement_timeout_ms ? script->statement_timeout_ms : terms->statement_timeout_ms;
    struct guard g = {.script = script, .values = terms->values, .stop = terms->stop};
    int r = E_OK;

    sqlite3_set_authorizer(db, authorize, &g);
    if (timeout || g.stop)
        sqlite3_progress_handler(db, 10000, progress, &g);
    for (size_t i = 0; i < script->n && r == E_OK; i++) {
        g.deadline_us = timeout ? clock_mono_us() + timeout * 1000 : 0;
        r = run_statement(db, &script->statements[i], &g, e);
        if (r != E_OK)
            place(script, &script->statements[i], e);
    }
    sqlite3_progress_handler(db, 0, NULL, NULL);
    sqlite3_set_authorizer(db, NULL, NULL);
    return r;
}
