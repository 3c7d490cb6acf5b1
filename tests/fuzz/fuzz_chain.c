/*
 * The run log with events edited, removed, moved and added, one column at a time with values of any
 * type: whatever is read of it, a chain that holds is a beginning of what was written. That no edit
 * verifies holds for who does not make the hashes fit.
 */
#include "book.h"

enum { MOST_EDITS = 6 };

static const char *const edits[] = {
    "UPDATE log SET run = ?1 WHERE seq = ?2",
    "UPDATE log SET at = ?1 WHERE seq = ?2",
    "UPDATE log SET kind = ?1 WHERE seq = ?2",
    "UPDATE log SET format = ?1 WHERE seq = ?2",
    "UPDATE log SET hash = ?1 WHERE seq = ?2",
    "UPDATE log SET body = ?1 WHERE seq = ?2",
    "UPDATE log SET body = body || ?1 WHERE seq = ?2",
    "UPDATE log SET kind = CAST(kind || char(0) || ?1 AS TEXT) WHERE seq = ?2",
    "UPDATE log SET format = format + ?1 WHERE seq = ?2",
    "UPDATE OR IGNORE log SET seq = ?1 WHERE seq = ?2",
    "UPDATE log SET hash = (SELECT hash FROM log WHERE seq = ?1) WHERE seq = ?2",
    "DELETE FROM log WHERE seq = ?2 AND ?1 IS NOT 1",
    "INSERT OR IGNORE INTO log SELECT ?1, run, at, kind, format, hash, body FROM log"
    " WHERE seq = ?2",
    "UPDATE log_run SET run = ?1, outcome = ?1, target = ?1, undoes = ?1 WHERE first_seq = ?2",
    "UPDATE log_run SET started = ?1, ended = ?1, tenants = ?1 WHERE first_seq = ?2",
};

static void edit(sqlite3 *db, struct input *in)
{
    const char *sql = edits[input_byte(in) % (sizeof edits / sizeof *edits)];
    sqlite3_stmt *stmt = NULL;

    PROMISE(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "an edit can be made");
    sqlite3_bind_int(stmt, 2, input_byte(in) % 10);
    input_bind(in, stmt, 1);
    sqlite3_step(stmt);
    sqlite3_finalize(stmt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str bytes = STR_INIT, rows = STR_INIT;
    struct input in = input_of(data, size, &bytes);
    sqlite3 *db;

    book_put(book_file());
    db = book_open();
    for (int i = 0; i < MOST_EDITS && in.left; i++)
        edit(db, &in);
    run_sql(db, "COMMIT");
    book_rows(db, &rows);
    sqlite3_close(db);
    book_check(&rows);
    return 0;
}
