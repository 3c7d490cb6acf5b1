/*
 * What a statement's text shows about breaking out of its migration: out of the transaction, out of
 * the tenant, or into what cannot be promised. What the engine's authorizer, or the server, refuses
 * comes on top; this is for the message that comes before anything runs.
 */
#ifndef SQL_ESCAPE_H
#define SQL_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/engine.h"

enum sql_escape {
    SQL_ESCAPE_NONE,
    SQL_ESCAPE_TRANSACTION, /* BEGIN COMMIT END ROLLBACK SAVEPOINT RELEASE, XA, autocommit, ... */
    SQL_ESCAPE_ATTACH,      /* SQLite: ATTACH DETACH, VACUUM INTO */
    SQL_ESCAPE_PRAGMA,      /* a PRAGMA that writes (has = or an argument and is not a query) */
    SQL_ESCAPE_EXTENSION,   /* load_extension(...) */
    SQL_ESCAPE_OUTSIDE,     /* SQLite: VACUUM: cannot run in a transaction */
    SQL_ESCAPE_ALONE,       /* PostgreSQL: cannot run in a transaction block */
    SQL_ESCAPE_UNNAMED,     /* PostgreSQL: CREATE INDEX CONCURRENTLY without a name */
    SQL_ESCAPE_TEMP,        /* PostgreSQL: a temporary table, which no vote survives */
    SQL_ESCAPE_NOTIFY,      /* LISTEN, UNLISTEN, NOTIFY */
    SQL_ESCAPE_CURSOR,      /* a cursor WITH HOLD */
    SQL_ESCAPE_SNAPSHOT,    /* an exported snapshot */
    SQL_ESCAPE_CLIENT,      /* \connect and whatever else only psql knows */
    SQL_ESCAPE_STREAM,      /* COPY from or to the client */
    SQL_ESCAPE_LOCK,        /* MySQL: LOCK TABLES, FLUSH TABLES WITH READ LOCK */
    SQL_ESCAPE_USE,         /* MySQL: another database */
    SQL_ESCAPE_BODY,        /* MySQL: the rest of a body that was cut */
    SQL_ESCAPES
};

/* Would this statement break out of its migration, as far as its text shows? */
enum sql_escape sql_escapes(enum engine_kind engine, const char *sql, size_t len);
/* The same for a script that asked to run outside a transaction: VACUUM and its like may. */
enum sql_escape sql_escapes_outside(enum engine_kind engine, const char *sql, size_t len);
/* One sentence for the user: why it is refused and what to write instead. */
const char *sql_escape_text(enum sql_escape escape);

/* MySQL: does the statement commit whatever was done before it? All that changes a schema does. */
bool sql_mysql_is_ddl(const char *sql, size_t len);
/* MySQL: does it change rows, or read, and nothing else? A transaction can take it back. */
bool sql_mysql_is_data(const char *sql, size_t len);

#endif
