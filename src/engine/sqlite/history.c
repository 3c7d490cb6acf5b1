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

enum { SEQ, VERSION, NAME, DIRECTION, CHECKSUM, RUN, GRP, DOWN_SQL, APPLIED_AT, DURATION, HEAD };

/* What lockstep writes: the types of the columns, in this order; a small letter may be NULL. */
static const char types[] = "IITTtTItTIt";

static bool is_typed(sqlite3_stmt *stmt, int column)
{
    int type = sqlite3_column_type(stmt, column);

    switch (types[column]) {
    case 'I':
        return type == SQLITE_INTEGER;
    case 'T':
        return type == SQLITE_TEXT;
    default:
        return type == SQLITE_TEXT || type == SQLITE_NULL;
    }
}

static bool is_direction(const char *word)
{
    return !word || str_same(word, "up") || str_same(word, "down"); /* NULL: no memory for it */
}

/* Whoever may write to a tenant may write into its history: what is no row of ours is not guessed
 * at, where another reader might guess otherwise. */
static bool is_ours(sqlite3_stmt *stmt)
{
    for (int i = 0; i < (int)sizeof types - 1; i++)
        if (!is_typed(stmt, i))
            return false;
    return sqlite3_column_int64(stmt, VERSION) > 0 && sqlite3_column_int64(stmt, GRP) >= 0 &&
           sqlite3_column_int64(stmt, GRP) <= UINT32_MAX && is_direction(text(stmt, DIRECTION));
}

static int refuse_row(sqlite3_stmt *stmt, struct error *e)
{
    error_set(e, E_REFUSED,
              "its " HISTORY_TABLE " holds a row that lockstep did not write: seq %lld",
              (long long)sqlite3_column_int64(stmt, SEQ));
    error_hint(
        e,
        "look at that row: take it away if it was never one of lockstep's; if it was one and was "
        "changed, bring back a copy of the tenant");
    return E_REFUSED;
}

/* False: there was no memory for one of its texts. */
static bool read_row(sqlite3_stmt *stmt, struct history_row *row)
{
    row->seq = sqlite3_column_int64(stmt, SEQ);
    row->version = (uint64_t)sqlite3_column_int64(stmt, VERSION);
    row->name = text(stmt, NAME);
    row->down = str_same(text(stmt, DIRECTION), "down");
    row->checksum = text(stmt, CHECKSUM);
    row->run = text(stmt, RUN);
    row->group = (uint32_t)sqlite3_column_int64(stmt, GRP);
    row->down_sql = text(stmt, DOWN_SQL);
    row->applied_at = text(stmt, APPLIED_AT);
    row->duration_us = sqlite3_column_int64(stmt, DURATION);
    row->log_head = text(stmt, HEAD);
    for (int i = 0; i < (int)sizeof types - 1; i++)
        if (sqlite3_column_type(stmt, i) == SQLITE_TEXT && !text(stmt, i))
            return false;
    return true;
}

/*
 * Prepares a query over the history; E_MISSING when the tenant has none. A view of that name is
 * none: it could have rows without end.
 */
static int query(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, struct error *e)
{
    bool real = false;
    int64_t there = 0;
    int r = history_there(db, &real, e);

    if (r != E_OK || real)
        return r == E_OK ? db_prepare(db, sql, stmt, e) : r;
    r = db_int(db,
               "SELECT 1 FROM sqlite_schema WHERE type='table' AND name='" HISTORY_TABLE
               "' COLLATE NOCASE",
               0, &there, e);
    if (r != E_OK)
        return r;
    return there ? db_prepare(db, sql, stmt, e) : E_MISSING;
}

int history_read(sqlite3 *db, history_visit visit, void *arg, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    struct history_row row;
    int r = query(db,
                  "SELECT seq, version, name, direction, checksum, run, grp, down_sql, applied_at, "
                  "duration_us, log_head FROM main." HISTORY_TABLE " ORDER BY seq",
                  &stmt, e);

    if (r != E_OK)
        return r;
    while ((r = db_step(stmt, e)) == DB_ROW) {
        if (!is_ours(stmt))
            return refuse_row(stmt, e);
        r = read_row(stmt, &row) ? db_row_whole(stmt, e) : E_NOMEM;
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
