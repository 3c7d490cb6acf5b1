/*
 * Thin help around stock SQLite connections: open, step through SQL, errors with their detail.
 * Handles are plain sqlite3 *; nothing here hides the library.
 */
#ifndef DB_SQLITE_H
#define DB_SQLITE_H

#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

struct error;

/* Once, before any connection: no memory statistics, a lookaside that fits schema work (both are
 * process-wide and make connections about twice as fast). Harmless when SQLite already runs. */
void db_setup(void);

/* flags as for sqlite3_open_v2, vfs NULL for the stock one. On failure *db is NULL. */
int db_open(const char *path, int flags, const char *vfs, sqlite3 **db, struct error *e);
void db_close(sqlite3 **db); /* also for cleanup; NULL is fine */
void db_finalize(sqlite3_stmt **stmt);

/* Fills e from the connection: message, extended code. Returns E_BUSY, E_NOMEM or E_REFUSED. */
int db_error(sqlite3 *db, struct error *e);

/*
 * In a database in UTF-16 text is turned around on its way in and out, which takes memory: a text
 * that had none would be written spoiled, or read as NULL.
 */
int db_bind_text(sqlite3_stmt *stmt, int parameter, const char *text, struct error *e);
/* After the texts of a row were asked for: E_NOMEM when there was none for one of them. */
int db_row_whole(sqlite3_stmt *stmt, struct error *e);
int db_exec(sqlite3 *db, const char *sql, struct error *e); /* rows are thrown away */
int db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **stmt, struct error *e);
/* DB_ROW, DB_DONE, or an outcome (E_BUSY, E_NOMEM, E_REFUSED) with its detail in e. */
enum { DB_DONE = 0, DB_ROW = 100 };
int db_step(sqlite3_stmt *stmt, struct error *e);
/* First column of the first row of sql; `none` when there is no row. */
int db_int(sqlite3 *db, const char *sql, int64_t none, int64_t *value, struct error *e);

#define CLEANUP_DB   __attribute__((cleanup(db_close)))
#define CLEANUP_STMT __attribute__((cleanup(db_finalize)))

#endif
