/*
 * Does a statement leave nothing in its session? No setting, role, lock of its own, cursor,
 * prepared statement, variable, number drawn from a sequence, check that waits for the commit; nor
 * does it run an expression, which could do any of that. Then the session needs no cleaning before
 * the next tenant's script.
 *
 * What is told is what the text shows: that of a known few (ALTER TABLE, CREATE INDEX, DROP TABLE,
 * ...) on types of the server's own. All else may leave something. Functions that the schema has
 * already (in event triggers, in expressions of indexes) are not looked at.
 */
#ifndef SQL_TRACELESS_H
#define SQL_TRACELESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/engine.h"

/* One statement, without its semicolon. False where it is not known, and on SQLite. */
bool sql_is_traceless(enum engine_kind engine, const char *sql, size_t len);

#endif
