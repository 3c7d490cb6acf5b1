#include "store/state.h"

#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "db/sqlite.h"

static const char insert_run[] =
    "INSERT OR IGNORE INTO log_run(run, first_seq, started, ended, command, outcome, tenants,"
    " target, undoes) VALUES(?,?,?,0,?,'',?,?,?)";

static const char *const queries[STATE_QUERIES] = {
    [STATE_BEGIN] = "BEGIN IMMEDIATE",
    [STATE_COMMIT] = "COMMIT",
    [STATE_LAST] = "SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1",
    [STATE_APPEND] =
        "INSERT INTO log(seq, run, at, kind, format, hash, body) VALUES(?,?,?,?,?,?,?)",
    [STATE_PLAN] = insert_run,
    [STATE_END] = "UPDATE log_run SET ended = ?2, outcome = ?3 WHERE run = ?1",
    [STATE_ASKED] = "SELECT 1 FROM request WHERE run = ?",
};

int state_error(const struct store *s, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;

    db_error(s->db, &cause);
    error_set(e, E_FATAL, "%s/%s: %s", s->dir, STORE_NAME_STATE, cause.message);
    if (!e)
        return E_FATAL;
    e->db = cause.db;
    e->sys = cause.sys;
    if ((cause.db & 0xff) == SQLITE_CORRUPT || (cause.db & 0xff) == SQLITE_NOTADB)
        error_hint(e,
                   "the disk fails, or the run log is damaged: then move %s away (the tenants keep "
                   "their own "
                   "history) and "
                   "run `lockstep recover`",
                   s->dir);
    return E_FATAL;
}

int state_prepare(struct store *s, const char *sql, sqlite3_stmt **stmt, struct error *e)
{
    return db_prepare(s->db, sql, stmt, NULL) == E_OK ? E_OK : state_error(s, e);
}

int state_step(struct store *s, sqlite3_stmt *stmt, struct error *e)
{
    int r = db_step(stmt, NULL);

    return r == DB_ROW || r == DB_DONE ? r : state_error(s, e);
}

int state_query(struct store *s, enum state_query which, sqlite3_stmt **stmt, struct error *e)
{
    *stmt = NULL;
    if (!s->query[which] && state_prepare(s, queries[which], &s->query[which], e) != E_OK)
        return E_FATAL;
    *stmt = s->query[which];
    return E_OK;
}

void state_done(sqlite3_stmt **stmt)
{
    if (!*stmt)
        return;
    sqlite3_reset(*stmt);
    sqlite3_clear_bindings(*stmt);
}

static int run_query(struct store *s, enum state_query which, struct error *e)
{
    CLEANUP_QUERY sqlite3_stmt *stmt = NULL;
    int r = state_query(s, which, &stmt, e);

    return r == E_OK ? state_step(s, stmt, e) : r;
}

int state_begin(struct store *s, bool forced, struct error *e)
{
    /* NORMAL and not OFF for the lazy ones: a checkpoint must always sync. */
    if (forced != s->forced &&
        db_exec(s->db, forced ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", NULL) !=
            E_OK)
        return state_error(s, e);
    s->forced = forced;
    return run_query(s, STATE_BEGIN, e);
}

int state_commit(struct store *s, struct error *e)
{
    return run_query(s, STATE_COMMIT, e);
}

void state_rollback(struct store *s)
{
    s->head_known = false;
    if (!sqlite3_get_autocommit(s->db))
        db_exec(s->db, "ROLLBACK", NULL);
}

bool state_text(sqlite3_stmt *stmt, int column, char *to, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    snprintf(to, size, "%s", text ? text : "");
    return text != NULL;
}

/*
 * The body comes last: a search through the other columns then leaves its overflow pages alone.
 * log_run holds nothing that the log does not say; it is there to find open runs at once.
 */
static const char schema[] =
    "PRAGMA application_id = 1819503728;" /* "lstp" */
    "CREATE TABLE log(seq INTEGER PRIMARY KEY, run TEXT NOT NULL, at INTEGER NOT NULL,"
    " kind TEXT NOT NULL, format INTEGER NOT NULL, hash TEXT NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX log_by_run ON log(run);"
    "CREATE TABLE log_run(first_seq INTEGER PRIMARY KEY, run TEXT NOT NULL UNIQUE,"
    " started INTEGER NOT NULL, ended INTEGER NOT NULL, command TEXT NOT NULL,"
    " outcome TEXT NOT NULL, tenants INTEGER NOT NULL, target TEXT NOT NULL, undoes TEXT NOT NULL);"
    "CREATE INDEX log_run_open ON log_run(first_seq) WHERE ended = 0;"
    "CREATE TABLE request(run TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version = 1;";
_Static_assert(STATE_FORMAT == 1, "the schema says which format it is");
#define APPLICATION_ID 1819503728

int state_known(struct store *s, struct error *e)
{
    static const char sql[] = "SELECT user_version, application_id,"
                              " user_version = 0 AND NOT EXISTS (SELECT 1 FROM sqlite_schema)"
                              " FROM pragma_user_version, pragma_application_id";
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int64_t format;

    if (state_prepare(s, sql, &stmt, e) != E_OK || state_step(s, stmt, e) != DB_ROW)
        return E_FATAL;
    format = sqlite3_column_int64(stmt, 0);
    if (sqlite3_column_int(stmt, 2))
        return error_set(e, E_MISSING, "%s holds no runs yet", s->dir);
    if (sqlite3_column_int64(stmt, 1) != APPLICATION_ID)
        return error_set(e, E_INVALID, "%s/%s is not a lockstep run log", s->dir, STORE_NAME_STATE);
    if (format != STATE_FORMAT) {
        error_set(e, E_INVALID, "%s is of format %lld, this lockstep knows format %d", s->dir,
                  (long long)format, STATE_FORMAT);
        error_hint(e, "use the lockstep version that wrote it, or a newer one");
        return E_INVALID;
    }
    return E_OK;
}

/* Two programs may come here at once: the second finds the tables when it has the lock. */
int state_make(struct store *s, struct error *e)
{
    int r;

    if (db_exec(s->db, "PRAGMA journal_mode=WAL", NULL) != E_OK)
        return state_error(s, e);
    r = state_begin(s, true, e);
    if (r != E_OK)
        return r;
    r = state_known(s, e);
    if (r == E_MISSING)
        r = db_exec(s->db, schema, NULL) == E_OK ? E_OK : state_error(s, e);
    if (r == E_OK)
        r = state_commit(s, e);
    if (r != E_OK)
        state_rollback(s);
    return r;
}
