#include "sql/escape.h"

#include "sql/judge.h"
#include "sql/scan.h"
#include "sql/token.h"

static enum sql_escape escape_of(enum engine_kind engine, const char *sql, size_t len, bool outside)
{
    switch (engine) {
    case ENGINE_POSTGRES:
        return postgres_escape(sql, len, outside);
    case ENGINE_MYSQL:
        return mysql_escape(sql, len);
    default:
        return sqlite_escape(sql, len, outside);
    }
}

enum sql_escape sql_escapes(enum engine_kind engine, const char *sql, size_t len)
{
    return escape_of(engine, sql, len, false);
}

enum sql_escape sql_escapes_outside(enum engine_kind engine, const char *sql, size_t len)
{
    return escape_of(engine, sql, len, true);
}

const char *sql_escape_text(enum sql_escape escape)
{
    static const char *const texts[SQL_ESCAPES] = {
        [SQL_ESCAPE_NONE] = "",
        [SQL_ESCAPE_TRANSACTION] =
            "a migration runs inside lockstep's transaction and must not begin or end one: "
            "leave the statement out",
        [SQL_ESCAPE_ATTACH] =
            "a migration must not reach another file (ATTACH, DETACH, VACUUM INTO): each tenant "
            "is changed alone",
        [SQL_ESCAPE_PRAGMA] =
            "this PRAGMA changes the connection or the file outside the transaction: use a "
            "lockstep option (foreign-keys off, transaction off) or leave it out",
        [SQL_ESCAPE_EXTENSION] =
            "a migration must not load extensions: name them under `extensions` in "
            "lockstep.conf",
        [SQL_ESCAPE_OUTSIDE] =
            "VACUUM cannot run in a transaction: put it into a migration of its own with "
            "\"-- lockstep:transaction off\"",
        [SQL_ESCAPE_ALONE] =
            "this statement cannot run in a transaction: put it into a migration of its own and "
            "write \"-- lockstep:transaction off\"",
        [SQL_ESCAPE_UNNAMED] =
            "an index made CONCURRENTLY needs a name, so that what a failure leaves of it can be "
            "found: CREATE INDEX CONCURRENTLY name ON ...",
        [SQL_ESCAPE_TEMP] =
            "PostgreSQL cannot prepare a transaction that used temporary tables, and so not vote "
            "on it: use a plain table and drop it, or WITH",
        [SQL_ESCAPE_NOTIFY] =
            "PostgreSQL cannot prepare a transaction with LISTEN, UNLISTEN or NOTIFY, and so not "
            "vote on it: leave the statement to the application",
        [SQL_ESCAPE_CURSOR] =
            "PostgreSQL cannot prepare a transaction with a cursor WITH HOLD, and so not vote on "
            "it: leave WITH HOLD out",
        [SQL_ESCAPE_SNAPSHOT] =
            "PostgreSQL cannot prepare a transaction that exported its snapshot, and so not vote "
            "on it: leave pg_export_snapshot out",
        [SQL_ESCAPE_CLIENT] =
            "a backslash outside quotes is a command of psql (\\connect, \\copy, ...) that no "
            "server knows: leave it out",
        [SQL_ESCAPE_STREAM] =
            "COPY from STDIN or to STDOUT needs a client that sends or takes the rows: write "
            "INSERT, or COPY from a file on the server",
        [SQL_ESCAPE_LOCK] =
            "a lock taken by LOCK TABLES, LOCK INSTANCE or FLUSH TABLES commits and outlives the "
            "statement: leave it out",
        [SQL_ESCAPE_USE] =
            "a migration must not choose another database (USE): each tenant is changed alone",
        [SQL_ESCAPE_BODY] =
            "this looks like the end of a body that was cut at its first semicolon: put the body "
            "between BEGIN and END",
    };

    return texts[escape];
}

static bool starts_query(enum engine_kind engine, const struct token *first)
{
    if (token_is(first, "SELECT") || token_is(first, "VALUES") || token_is(first, "WITH"))
        return true;
    if (engine == ENGINE_SQLITE)
        return token_is(first, "PRAGMA");
    return token_is(first, "TABLE") || token_is(first, "SHOW");
}

bool sql_is_query(enum engine_kind engine, const char *sql, size_t len)
{
    const char *at = sql;
    struct token first = token_next(engine, &at, sql + len);

    while (engine != ENGINE_SQLITE && token_is_char(&first, '('))
        first = token_next(engine, &at, sql + len);
    return starts_query(engine, &first);
}
