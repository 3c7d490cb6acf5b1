/*
 * Tenants in WAL mode with live connections: the write transaction stays open on a stock connection
 * until the decision. After a crash it is gone, and recovery runs it again (the history row,
 * written in the same transaction, tells whether it must).
 */
#include "base/error.h"
#include "db/sqlite.h"
#include "engine/sqlite/group.h"
#include "engine/sqlite/stock.h"

/* COMMIT would find them; a vote must not wait for it. */
static int check_deferred(sqlite3 *db, struct error *e)
{
    int open = 0, highest = 0;

    sqlite3_db_status(db, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0);
    return open ? error_set(e, E_REFUSED, "FOREIGN KEY constraint failed (deferred)") : E_OK;
}

static int begin_and_run(sqlite3 *db, const struct work *w, struct error *e)
{
    int r = work_connect(db, w, e);

    if (r == E_OK)
        r = db_exec(db, "BEGIN IMMEDIATE", e);
    if (r == E_OK)
        r = work_run(db, w, e);
    if (r == E_OK)
        r = check_deferred(db, e);
    return r;
}

int logged_prepare(struct slot *slot, const struct work *w, struct error *e)
{
    int r = stock_open(slot->spec->path, &slot->db, e);

    if (r == E_OK)
        r = begin_and_run(slot->db, w, e);
    if (r != E_OK)
        logged_roll_back(slot);
    return r;
}

int logged_commit(struct slot *slot, struct error *e)
{
    int r = db_exec(slot->db, "COMMIT", e);

    if (r == E_OK)
        db_close(&slot->db);
    return r;
}

void logged_roll_back(struct slot *slot)
{
    db_close(&slot->db);
}

/* A statement that fails for what the tenant holds fails again; a full disk or a lock may pass. */
static bool is_final(int outcome, const struct error *e)
{
    switch (e->db & 0xff) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return false;
    }
    return outcome == E_REFUSED || outcome == E_CHANGED;
}

int logged_roll_forward(const struct slot *slot, const struct work *w, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    int r = stock_open(slot->spec->path, &db, e);

    if (r != E_OK)
        return E_BUSY;
    r = begin_and_run(db, w, e);
    if (r != E_OK)
        return is_final(r, e) ? E_CHANGED : E_BUSY;
    return db_exec(db, "COMMIT", e) == E_OK ? E_OK : E_BUSY;
}
