/*
 * Steps that cannot run in a transaction (VACUUM): they take effect at once. A ledger row in the
 * tenant goes before them and the history row after them; both are gone, or matched by an inverse,
 * when the group has settled. Whether a statement that a crash cut off took effect cannot be known,
 * so the inverse must stand being run on a tenant where it did not.
 */
#include "base/error.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/sqlite/group.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/stock.h"

#define LEDGER_TABLE "lockstep_ledger"

static int in_transaction(sqlite3 *db, int (*fn)(sqlite3 *, const struct work *, struct error *),
                          const struct work *w, struct error *e)
{
    int r = db_exec(db, "BEGIN IMMEDIATE", e);

    if (r != E_OK)
        return r;
    r = fn(db, w, e);
    if (r == E_OK)
        r = db_exec(db, "COMMIT", e);
    if (r != E_OK)
        db_exec(db, "ROLLBACK", NULL);
    return r;
}

static int ledger_write(sqlite3 *db, const char *sql, const struct work *w, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = db_prepare(db, sql, &stmt, e);

    if (r != E_OK)
        return r;
    sqlite3_bind_int64(stmt, 2, w->group);
    r = db_bind_text(stmt, 1, w->run, e);
    return r == E_OK ? db_step(stmt, e) : r;
}

static int ledger_begin(sqlite3 *db, const struct work *w, struct error *e)
{
    int r = db_exec(db,
                    "CREATE TABLE IF NOT EXISTS " LEDGER_TABLE
                    "(run TEXT NOT NULL, grp INTEGER NOT NULL, PRIMARY KEY(run, grp))",
                    e);

    return r == E_OK ? ledger_write(db, "INSERT OR IGNORE INTO " LEDGER_TABLE " VALUES(?, ?)", w, e)
                     : r;
}

static int ledger_end(sqlite3 *db, const struct work *w, struct error *e)
{
    int64_t left = 0;
    int r = ledger_write(db, "DELETE FROM " LEDGER_TABLE " WHERE run = ? AND grp = ?", w, e);

    if (r == E_OK)
        r = db_int(db, "SELECT count(*) FROM " LEDGER_TABLE, 0, &left, e);
    if (r == E_OK && !left)
        r = db_exec(db, "DROP TABLE " LEDGER_TABLE, e);
    return r;
}

static int ledger_has(sqlite3 *db, const struct work *w, bool *has, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int64_t n = 0;
    int r =
        db_int(db, "SELECT count(*) FROM sqlite_schema WHERE name = '" LEDGER_TABLE "'", 0, &n, e);

    *has = false;
    if (r != E_OK || !n)
        return r;
    r = db_prepare(db, "SELECT 1 FROM " LEDGER_TABLE " WHERE run = ? AND grp = ?", &stmt, e);
    if (r != E_OK)
        return r;
    sqlite3_bind_int64(stmt, 2, w->group);
    r = db_bind_text(stmt, 1, w->run, e);
    if (r == E_OK)
        r = db_step(stmt, e);
    *has = r == DB_ROW;
    return r == DB_ROW ? E_OK : r;
}

/* Changes with every commit, one's own too: a statement that failed may have kept some rows. */
static unsigned data_version(sqlite3 *db)
{
    unsigned version = 0;

    sqlite3_file_control(db, "main", SQLITE_FCNTL_DATA_VERSION, &version);
    return version;
}

static int give_up(const struct slot *slot, const struct work *w)
{
    CLEANUP_ERROR struct error ignored = ERROR_INIT;
    struct work back = *w;

    back.terms.stop = NULL; /* what goes back, goes back */
    return compensated_roll_back(slot, &back, &ignored);
}

int compensated_prepare(struct slot *slot, const struct work *w, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    unsigned before;
    int r = stock_open(slot->spec->path, &db, e);

    if (r == E_OK)
        r = work_connect(db, w, e);
    if (r == E_OK)
        r = in_transaction(db, ledger_begin, w, e);
    if (r != E_OK)
        return r;
    before = data_version(db);
    r = work_run(db, w, e);
    slot->compensated = true;
    if (r == E_OK)
        return E_OK;
    slot->untouched = data_version(db) == before;
    db_close(&db);
    if (give_up(slot, w) != E_OK)
        return E_DOUBT; /* something may be there: it counts as no, and is settled */
    slot->compensated = false;
    return r;
}

static int take_back(sqlite3 *db, const struct work *w, struct error *e)
{
    bool down = w->steps[0].down != w->undo;
    struct work back = *w;
    bool ran = false, applied = false;
    int r = history_has_group(db, w->run, w->group, &ran, e);

    if (r == E_OK)
        r = history_applied(db, w->steps[0].version, &applied, e);
    back.undo = !w->undo;
    if (r == E_OK && ran && applied == down)
        ; /* taken back already; a crash came before the ledger knew */
    else if (r == E_OK && ran)
        r = work_run(db, &back, e);
    else if (r == E_OK)
        r = script_run(db, w->undo ? w->steps[0].script : w->steps[0].inverse, &w->terms, e);
    return r == E_OK ? in_transaction(db, ledger_end, w, e) : r;
}

int compensated_roll_back(const struct slot *slot, const struct work *w, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    bool begun = false;
    int r = stock_open(slot->spec->path, &db, e);

    if (r == E_OK)
        r = ledger_has(db, w, &begun, e);
    if (r != E_OK || !begun)
        return r;
    if (slot->untouched)
        return in_transaction(db, ledger_end, w, e);
    if (!w->undo && !w->steps[0].inverse)
        return error_set(e, E_REFUSED, "took effect outside a transaction and has no down script");
    return take_back(db, w, e);
}

int compensated_commit(const struct slot *slot, const struct work *w, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    bool begun = false;
    int r = stock_open(slot->spec->path, &db, e);

    if (r == E_OK)
        r = ledger_has(db, w, &begun, e);
    if (r == E_OK && begun)
        r = in_transaction(db, ledger_end, w, e);
    return r;
}
