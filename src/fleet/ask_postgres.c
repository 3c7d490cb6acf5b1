/* A PostgreSQL server is asked for tenants. */
#include <string.h>

#include "base/error.h"
#include "config/config.h"
#include "db/postgres.h"
#include "db/server.h"
#include "fleet/answer.h"

enum { PATIENCE_MS = 60000 };

static const char all_databases[] =
    "SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate AND datallowconn"
    " ORDER BY datname COLLATE \"C\"";
static const char all_schemas[] =
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%'"
    " AND nspname <> 'information_schema' ORDER BY nspname COLLATE \"C\"";

/* In a transaction that may only read: a query of the configuration must not change the server. */
static int ask(const struct tenant_source *s, struct pg *pg, PGresult **rows, struct error *e)
{
    int r = pg_exec(pg, "BEGIN READ ONLY", e);

    if (r == E_OK)
        r = pg_query(pg,
                     s->kind == SOURCE_DATABASES ? all_databases
                     : s->kind == SOURCE_SCHEMAS ? all_schemas
                                                 : s->query,
                     0, NULL, rows, e);
    if (r != E_OK && s->kind == SOURCE_PLACES)
        error_statement(e, s->query, strlen(s->query));
    return r;
}

static int copy(const PGresult *rows, struct arena *arena, struct answer *answer, struct error *e)
{
    answer->n = (uint32_t)PQntuples(rows);
    answer->columns = (uint32_t)PQnfields(rows);
    answer->names = arena_array(arena, answer->columns, sizeof *answer->names);
    answer->values =
        arena_array(arena, (size_t)answer->n * answer->columns, sizeof *answer->values);
    if (!answer->names || !answer->values)
        return error_oom(e);
    for (uint32_t c = 0; c < answer->columns; c++)
        if (!(answer->names[c] = arena_copy(arena, PQfname(rows, (int)c))))
            return error_oom(e);
    for (uint32_t i = 0; i < answer->n; i++)
        for (uint32_t c = 0; c < answer->columns; c++) {
            const char **value = &answer->values[(size_t)i * answer->columns + c];

            if (PQgetisnull(rows, (int)i, (int)c))
                continue;
            *value = arena_copy(arena, PQgetvalue(rows, (int)i, (int)c));
            if (!*value)
                return error_oom(e);
        }
    return E_OK;
}

int ask_postgres(const struct server *server, const struct tenant_source *source,
                 struct arena *arena, struct answer *answer, struct error *e)
{
    const struct pg_setup setup = {.patience_ms = PATIENCE_MS};
    CLEANUP_PG struct pg *pg = NULL;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r =
        pg_open(server, source->kind == SOURCE_SCHEMAS ? source->database : NULL, &setup, &pg, e);

    if (r == E_OK)
        r = ask(source, pg, &rows, e);
    if (r != E_OK)
        return r;
    answer->database = arena_copy(arena, PQdb(pg->conn));
    return answer->database ? copy(rows, arena, answer, e) : error_oom(e);
}
