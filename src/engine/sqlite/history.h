/*
 * The history table: append-only, one row a step, written in the migration's own transaction. A
 * version is applied when its latest row says "up". What it says of a tenant is true whatever
 * happened to the run log.
 */
#ifndef ENGINE_SQLITE_HISTORY_H
#define ENGINE_SQLITE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

struct error;

#define HISTORY_TABLE "lockstep_history"

struct history_row {
    int64_t seq; /* given by history_append */
    uint64_t version;
    const char *name;
    bool down;
    const char *checksum;
    const char *run;
    uint32_t group;
    const char *down_sql;   /* what undoes an up; NULL: nothing does */
    const char *applied_at; /* UTC text; given by history_append when NULL */
    int64_t duration_us;
    const char *log_head; /* hash of the run log's last event when the group began */
};

int history_there(sqlite3 *db, bool *there, struct error *e);
int history_create(sqlite3 *db, struct error *e);
int history_append(sqlite3 *db, const struct history_row *row, struct error *e);
/* Rows in order; the row is valid during the call; non-zero from visit ends and is returned.
 * E_MISSING: there is no such table. */
int history_read(sqlite3 *db, int (*visit)(void *arg, const struct history_row *row), void *arg,
                 struct error *e);
/* What the latest row of this version says; no table or no row: not applied. */
int history_applied(sqlite3 *db, uint64_t version, bool *applied, struct error *e);
/* Did this group of this run write here? The witness for recovery. */
int history_has_group(sqlite3 *db, const char *run, uint32_t group, bool *has, struct error *e);

#endif
