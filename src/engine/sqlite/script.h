/*
 * Running a migration's script on a connection: one statement at a time, under an authorizer that
 * refuses what would leave the transaction or reach another file, with a time limit a statement. A
 * statement with `values` gets the tenant's.
 */
#ifndef ENGINE_SQLITE_SCRIPT_H
#define ENGINE_SQLITE_SCRIPT_H

#include <stdatomic.h>
#include <stdint.h>

#include <sqlite3.h>

#include "source/migration.h"
#include "sql/expand.h"

struct error;

struct script_terms {
    const struct sql_values *values; /* the tenant's */
    int64_t statement_timeout_ms;    /* 0: none; the script's own goes first */
    const atomic_bool *stop;         /* set: end soon; may be NULL */
};

/*
 * E_REFUSED with file:line, statement and the engine's message: it failed, it was not allowed, a
 * check returned a row (shown), it took too long. E_BUSY, E_NOMEM as they come.
 */
int script_run(sqlite3 *db, const struct script *script, const struct script_terms *terms,
               struct error *e);

#endif
