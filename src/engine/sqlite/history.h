/* The history table of an SQLite tenant. What it holds: engine/history.h. */
#ifndef ENGINE_SQLITE_HISTORY_H
#define ENGINE_SQLITE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "engine/history.h"

struct error;

int history_there(sqlite3 *db, bool *there, struct error *e);
int history_create(sqlite3 *db, struct error *e);
int history_append(sqlite3 *db, const struct history_row *row, struct error *e);
/* Rows in order; the row is valid during the call; non-zero from visit ends and is returned.
 * E_MISSING: there is no such table. */
int history_read(sqlite3 *db, history_visit visit, void *arg, struct error *e);
/* What the latest row of this version says; no table or no row: not applied. */
int history_applied(sqlite3 *db, uint64_t version, bool *applied, struct error *e);
/* Did this group of this run write here? The witness for recovery. */
int history_has_group(sqlite3 *db, const char *run, uint32_t group, bool *has, struct error *e);

#endif
