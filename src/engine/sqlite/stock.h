/*
 * Settling a tenant the way any stock SQLite would: opened as its owner, read once. A hot journal
 * is rolled back, or dropped as stale where the super-journal is gone; a left-over WAL is
 * checkpointed.
 */
#ifndef ENGINE_SQLITE_STOCK_H
#define ENGINE_SQLITE_STOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

struct error;

/* E_OK, E_BUSY (somebody holds it), E_MISSING (no such file), E_REFUSED. */
int stock_settle(const char *path, struct error *e);
/*
 * Is a missing tenant gone for good? Only where its folder lies on the file system of the decision
 * files, which we see; elsewhere it may be a volume that is not mounted yet, and must stay in
 * doubt.
 */
bool stock_is_gone(const char *path, const char *decisions);
/* A stock connection, opened as the file's owner. */
int stock_open(const char *path, sqlite3 **db, struct error *e);
/* The same, with SQLite's own waiting for a lock. */
int stock_open_waiting(const char *path, int64_t wait_ms, sqlite3 **db, struct error *e);
/*
 * Removes, under the tenant's lock, a journal that SQLite would leave there: an empty one, which a
 * kill leaves, and with `ours` one whose first sector a power failure lost. Where a group of ours
 * did not write it, that may be the journal of an application in PERSIST mode, and stays.
 */
int stock_drop_dead_journal(const char *path, bool ours, struct error *e);

#endif
