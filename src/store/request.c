/* What is asked of a live run: rows that it polls. */
#include "store/hold.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/sqlite.h"
#include "store/state.h"

static int change(struct store *s, const char *sql, const char *run, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = state_prepare(s, sql, &stmt, e);

    if (r != E_OK)
        return r;
    sqlite3_bind_text(stmt, 1, run, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, clock_wall_us());
    return state_step(s, stmt, e);
}

static int lazily(struct store *s, const char *sql, const char *run, struct error *e)
{
    int r = state_begin(s, false, e);

    if (r == E_OK)
        r = change(s, sql, run, e);
    if (r == E_OK)
        r = state_commit(s, e);
    if (r != E_OK)
        state_rollback(s);
    return r;
}

int request_abort(struct store *store, const char *run, struct error *e)
{
    return lazily(store, "INSERT OR REPLACE INTO request(run, at) VALUES(?1, ?2)", run, e);
}

bool request_aborted(struct store *store, const char *run)
{
    CLEANUP_QUERY sqlite3_stmt *stmt = NULL;

    if (state_query(store, STATE_ASKED, &stmt, NULL) != E_OK)
        return false;
    sqlite3_bind_text(stmt, 1, run, -1, SQLITE_STATIC);
    return state_step(store, stmt, NULL) == DB_ROW;
}

void request_clear(struct store *store, const char *run)
{
    /* a row that stays names a run that is over: harmless */
    lazily(store, "DELETE FROM request WHERE run = ?1 AND ?2 > 0", run, NULL);
}
