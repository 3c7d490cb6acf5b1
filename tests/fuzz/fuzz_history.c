/*
 * A history table with rows of any values, in tables of several shapes: it is read, or refused with
 * a reason. What is read is a past of ascending versions that reads back whole; where the table is
 * lockstep's own, each version in it is one that the table says is applied, and no other is.
 */
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/past.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/look.h"
#include "engine/sqlite/past.h"
#include "fuzz.h"
#include "op/session.h"
#include "op/trail.h"

enum { COLUMNS = 11, MOST_ROWS = 12 };

#define NAMES "seq, version, name, direction, checksum, run, grp, down_sql, applied_at, duration_us"

/* The first is lockstep's own; what a tenant's user may put in its place follows. */
static const char *const shapes[] = {
    NULL,
    "CREATE TABLE lockstep_history(" NAMES ", log_head)",
    "CREATE TABLE lockstep_history(" NAMES ", log_head, PRIMARY KEY(version)) WITHOUT ROWID",
    "CREATE TABLE lockstep_history(seq)",
    "CREATE TABLE h(" NAMES ", log_head); CREATE VIEW lockstep_history AS SELECT * FROM h",
    "CREATE VIEW lockstep_history AS WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM "
    "r) SELECT n AS seq, n AS version, 'n' AS name, 'up' AS direction, '' AS checksum, 'r' AS run, "
    "1 AS grp, '' AS down_sql, '' AS applied_at, 1 AS duration_us, '' AS log_head FROM r",
    "CREATE TABLE LockStep_History(" NAMES ", log_head)",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static sqlite3 *fresh(const char *path, const char *shape)
{
    sqlite3 *db = NULL;

    place_write(path, "", 0);
    PROMISE(sqlite3_open(path, &db) == SQLITE_OK, "a tenant can be made");
    run_sql(db, "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA page_size=512; BEGIN");
    if (shape)
        run_sql(db, shape);
    else
        PROMISE(history_create(db, NULL) == E_OK, "a history can be made");
    return db;
}

/* A row as lockstep writes it, of one of four versions, up or down, by one of two runs. */
static void bind_plain(sqlite3_stmt *stmt, uint8_t how)
{
    sqlite3_bind_null(stmt, 1);
    sqlite3_bind_int(stmt, 2, how / 2 % 4 + 1);
    sqlite3_bind_text(stmt, 3, "n", -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, how & 1 ? "down" : "up", -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 5, "1:0", -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 6, how & 8 ? "s" : "r", -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 7, 1);
    sqlite3_bind_text(stmt, 8, "DROP TABLE a", -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 9, "t", -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 10, 5);
    sqlite3_bind_text(stmt, 11, "h", -1, SQLITE_STATIC);
}

/* Some of its columns hold something else. A row that this table does not take is left out. */
static void put_row(sqlite3_stmt *stmt, struct input *in)
{
    uint8_t how = input_byte(in);

    bind_plain(stmt, how);
    for (int odd = how / 16 % 4; odd > 0; odd--)
        input_bind(in, stmt, input_byte(in) % COLUMNS + 1);
    sqlite3_step(stmt);
    sqlite3_reset(stmt);
}

static void fill(sqlite3 *db, struct input *in)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v2(db, "INSERT INTO lockstep_history VALUES(?,?,?,?,?,?,?,?,?,?,?)", -1,
                           &stmt, NULL) == SQLITE_OK)
        for (int row = 0; row < MOST_ROWS && in->left; row++)
            put_row(stmt, in);
    sqlite3_finalize(stmt);
    run_sql(db, "COMMIT");
}

static void check_applied(sqlite3 *db, uint64_t version, bool expected)
{
    bool applied = false;

    PROMISE(history_applied(db, version, &applied, NULL) == E_OK && applied == expected,
            "the table says of a version what the past says");
}

/* Versions of the past ascend, and its text holds nothing else. own: the table is lockstep's. */
static void check_past(sqlite3 *db, const struct look *look, bool own)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    const char *at = str_text(&look->past);
    struct past_row row;
    uint64_t before = 0;

    for (size_t n = 0; past_next(&arena, &at, &row); n++) {
        PROMISE(!n || row.version > before, "the versions of a past ascend");
        for (uint64_t v = before + 1; own && v < row.version && v < before + 4; v++)
            check_applied(db, v, false);
        if (own)
            check_applied(db, row.version, true);
        before = row.version;
    }
    PROMISE(!*at, "a past reads back whole");
}

static void look_at(sqlite3 *db, const char *path, bool own)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct look look = LOOK_INIT;

    if (past_read(path, 0, &look, &e) != E_OK)
        PROMISE(e.code != E_OK && e.message[0], "a history that is refused says why");
    else
        check_past(db, &look, own && look.history);
    PROMISE(!own || look.history || e.code, "a history that is there is seen");
    look_close(&look);
}

static int see(void *arg, const struct history_row *row)
{
    (void)arg;
    PROMISE(row->name && row->run && row->applied_at, "a row has its texts");
    return E_OK;
}

static void follow(sqlite3 *db, const char *path)
{
    struct session session = {0};
    struct tenant tenant = {.path = path};
    struct trail trail = {0};
    bool has;

    history_read(db, see, NULL, NULL);
    history_has_group(db, "r", 1, &has, NULL);
    trail_read(&trail, &session, &tenant, path, "r");
    trail_free(&trail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str bytes = STR_INIT, path = STR_INIT;
    struct input in = input_of(data, size, &bytes);
    uint8_t shape = input_byte(&in);
    bool own = shape & 128 || shape % SHAPES == 0; /* half of them */
    sqlite3 *db;

    place_path(&path, "h.db");
    db = fresh(str_text(&path), own ? NULL : shapes[shape % SHAPES]);
    fill(db, &in);
    look_at(db, str_text(&path), own);
    follow(db, str_text(&path));
    sqlite3_close(db);
    return 0;
}
