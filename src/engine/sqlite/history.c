#include "engine/sqlite/history.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/sqlite.h"

static const char create[] =
    "CREATE TABLE " HISTORY_TABLE "(seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, "
    "name TEXT NOT NULL, direction TEXT NOT NULL, checksum TEXT, run TEXT NOT NULL, "
    "grp INTEGER NOT NULL, down_sql TEXT, applied_at TEXT NOT NULL, duration_us INTEGER NOT NULL, "
    "log_head TEXT)";

/* Asked of the schema in memory: parsing the statement again would cost as much as a migration. */
int history_there(sqlite3 *db, bool *there, struct error *e)
{
    int rc = sqlite3_table_column_metadata(db, "main", HISTORY_TABLE, "seq", NULL, NULL, NULL, NULL,
                                           NULL);

    *there = rc == SQLITE_OK;
    return rc == SQLITE_OK || (rc & 0xff) == SQLITE_ERROR ? E_OK : db_error(db, e);
}

int history_create(sqlite3 *db, struct error *e)
{
    return db_exec(db, create, e);
}

static int bind_row(sqlite3_stmt *stmt, const struct history_row *row, const char *applied_at,
                    struct error *e)
{
    const struct {
        int parameter;
        const char *text;
    } texts[] = {{2, row->name},     {3, row->down ? "down" : "up"},
                 {4, row->checksum}, {5, row->run},
                 {7, row->down_sql}, {8, applied_at},
                 {10, row->log_head}};
    int r = E_OK;

    for (size_t i = 0; r == E_OK && i < sizeof texts / sizeof texts[0]; i++)
        r = db_bind_text(stmt, texts[i].parameter, texts[i].text, e);
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)row->version);
    sqlite3_bind_int64(stmt, 6, row->group);
    sqlite3_bind_int64(stmt, 9, row->duration_us);
    return r;
}

int history_append(sqlite3 *db, const struct history_row *row, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    char now[32];
    int r = db_prepare(db,
                       "INSERT INTO " HISTORY_TABLE
                       "(version, name, direction, checksum, run, grp, down_sql, applied_at, "
                       "duration_us, log_head) VALUES(?,?,?,?,?,?,?,?,?,?)",
                       &stmt, e);

    if (r != E_OK)
        return r;
    clock_text(clock_wall_us(), now);
    r = bind_row(stmt, row, row->applied_at ? row->applied_at : now, e);
    if (r == E_OK)
        r = db_step(stmt, e);
    if (r == E_OK && sqlite3_changes(db) != 1)
        return error_set(e, E_REFUSED, "its " HISTORY_TABLE " does not keep what is written to it");
    return r;
}

static const char *text(sqlite3_stmt *stmt, int column)
{
    return (const char *)sqlite3_column_text(stmt, column);
}

static void read_row(sqlite3_stmt *stmt, struct history_row *row)
{
    row->seq = sqlite3_column_int64(stmt, 0);
    row->version = (uint64_t)sqlite3_column_int64(stmt, 1);
    row->name = text(stmt, 2);
    row->down = str_same(text(stmt, 3), "down");
    row->checksum = text(stmt, 4);
    row->run = text(stmt, 5);
    row->group = (uint32_t)sqlite3_column_int64(stmt, 6);
    row->down_sql = text(stmt, 7);
    row->applied_at = text(stmt, 8);
    row->duration_us = sqlite3_column_int64(stmt, 9);
    row->log_head = text(stmt, 10);
}

/* Prepares a query over the history; E_MISSING when the tenant has none. */
static int query(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, struct error *e)
{
    int64_t there = 0;
    int r;

    if (sqlite3_prepare_v2(db, sql, -1, stmt, NULL) == SQLITE_OK)
        return E_OK;
    if ((sqlite3_errcode(db) & 0xff) != SQLITE_ERROR)
        return db_error(db, e);
    r = db_int(db, "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='" HISTORY_TABLE "'", 0,
               &there, e);
    if (r != E_OK)
        return r;
    return there ? db_prepare(db, sql, stmt, e) : E_MISSING;
}

int history_read(sqlite3 *db, int (*visit)(void *arg, const struct history_row *row), void *arg,
                 struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    struct history_row row;
    int r = query(db,
                  "SELECT seq, version, name, direction, checksum, run, grp, down_sql, applied_at, "
                  "duration_us, log_head FROM " HISTORY_TABLE " ORDER BY seq",
                  &stmt, e);

    if (r != E_OK)
        return r;
    while ((r = db_step(stmt, e)) == DB_ROW) {
        read_row(stmt, &row);
        r = db_row_whole(stmt, e);
        if (r == E_OK)
            r = visit(arg, &row);
        if (r == E_NOMEM)
            return error_oom(e);
        if (r != E_OK)
            return r;
    }
    return r;
}

int history_applied(sqlite3 *db, uint64_t version, bool *applied, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = query(
        db, "SELECT direction FROM " HISTORY_TABLE " WHERE version = ? ORDER BY seq DESC LIMIT 1",
        &stmt, e);

    *applied = false;
    if (r != E_OK)
        return r == E_MISSING ? E_OK : r;
    sqlite3_bind_int64(stmt, 1, (sqlite3_int64)version);
    r = db_step(stmt, e);
    if (r == DB_ROW && !text(stmt, 0))
        return db_error(db, e); /* the column is NOT NULL: there was no memory for it */
    if (r == DB_ROW)
        *applied = str_same(text(stmt, 0), "up");
    return r == DB_ROW ? E_OK : r;
}

int history_has_group(sqlite3 *db, const char *run, uint32_t group, bool *has, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r =
        query(db, "SELECT 1 FROM " HISTORY_TABLE " WHERE run = ? AND grp = ? LIMIT 1", &stmt, e);

    *has = false;
    if (r != E_OK)
        return r == E_MISSING ? E_OK : r;
    sqlite3_bind_int64(stmt, 2, group);
    r = db_bind_text(stmt, 1, run, e);
    if (r == E_OK)
        r = db_step(stmt, e);
    *has = r == DB_ROW;
    return r == DB_ROW ? E_OK : r;
}
