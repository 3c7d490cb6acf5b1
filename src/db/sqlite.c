#include "db/sqlite.h"

#include <stdbool.h>
#include <string.h>

#include "base/error.h"

void db_setup(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 100);
}

static bool has_cause(int code)
{
    return code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
}

int db_error(sqlite3 *db, struct error *e)
{
    int extended = sqlite3_extended_errcode(db);
    int outcome = E_REFUSED, sys = sqlite3_system_errno(db);

    switch (extended & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        outcome = E_BUSY;
        break;
    case SQLITE_NOMEM:
        outcome = E_NOMEM;
        break;
    }
    if (extended == SQLITE_IOERR_NOMEM)
        outcome = E_NOMEM;
    if (sys && has_cause(extended & 0xff)) /* SQLite does not say that the disk is full */
        error_set(e, outcome, "%s: %s", sqlite3_errmsg(db), strerror(sys));
    else
        error_set(e, outcome, "%s", sqlite3_errmsg(db));
    if (e) {
        e->db = extended;
        e->sys = sys;
    }
    return outcome;
}

int db_open(const char *path, int flags, const char *vfs, sqlite3 **db, struct error *e)
{
    int rc = sqlite3_open_v2(path, db, flags, vfs);

    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(*db, 1);
        return E_OK;
    }
    rc = *db ? db_error(*db, e) : error_oom(e);
    db_close(db);
    return rc;
}

void db_close(sqlite3 **db)
{
    sqlite3_close_v2(*db);
    *db = NULL;
}

void db_finalize(sqlite3_stmt **stmt)
{
    sqlite3_finalize(*stmt);
    *stmt = NULL;
}

int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, struct error *e)
{
    if (sqlite3_prepare_v2(db, sql, -1, stmt, NULL) == SQLITE_OK)
        return E_OK;
    return db_error(db, e);
}

int db_step(sqlite3_stmt *stmt, struct error *e)
{
    switch (sqlite3_step(stmt)) {
    case SQLITE_ROW:
        return DB_ROW;
    case SQLITE_DONE:
        return DB_DONE;
    }
    return db_error(sqlite3_db_handle(stmt), e);
}

int db_bind_text(sqlite3_stmt *stmt, int parameter, const char *text, struct error *e)
{
    if (sqlite3_bind_text(stmt, parameter, text, -1, SQLITE_STATIC) == SQLITE_OK)
        return E_OK;
    return db_error(sqlite3_db_handle(stmt), e);
}

int db_row_whole(sqlite3_stmt *stmt, struct error *e)
{
    sqlite3 *db = sqlite3_db_handle(stmt);

    return (sqlite3_errcode(db) & 0xff) == SQLITE_NOMEM ? db_error(db, e) : E_OK;
}

int db_exec(sqlite3 *db, const char *sql, struct error *e)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
        return E_OK;
    return db_error(db, e);
}

int db_int(sqlite3 *db, const char *sql, int64_t none, int64_t *value, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = db_prepare(db, sql, &stmt, e);

    if (r != E_OK)
        return r;
    r = db_step(stmt, e);
    *value = r == DB_ROW ? sqlite3_column_int64(stmt, 0) : none;
    return r == DB_ROW ? E_OK : r;
}
