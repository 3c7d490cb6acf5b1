/* A MySQL or MariaDB server is asked for tenants: a database each. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "db/mysql.h"
#include "db/server.h"
#include "fleet/answer.h"

enum { PATIENCE_MS = 60000 };

static const char all_databases[] =
    "SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN"
    " ('mysql', 'information_schema', 'performance_schema', 'sys') ORDER BY BINARY schema_name";

/* In a transaction that may only read: a query of the configuration must not change the server. */
static int ask(const struct tenant_source *s, struct my *my, MYSQL_RES **rows, struct error *e)
{
    int r = my_exec(my, "START TRANSACTION READ ONLY", e);

    if (r == E_OK)
        r = my_query(my, s->kind == SOURCE_DATABASES ? all_databases : s->query, rows, e);
    if (r == E_OK && !*rows)
        r = error_set(e, E_INVALID, "the query gives no rows");
    if (r != E_OK && s->kind == SOURCE_PLACES)
        error_statement(e, s->query, strlen(s->query));
    return r;
}

static int copy(MYSQL_RES *rows, struct arena *arena, struct answer *answer, struct error *e)
{
    const MYSQL_FIELD *fields = mysql_fetch_fields(rows);

    answer->n = (uint32_t)mysql_num_rows(rows);
    answer->columns = mysql_num_fields(rows);
    answer->names = arena_array(arena, answer->columns, sizeof *answer->names);
    answer->values =
        arena_array(arena, (size_t)answer->n * answer->columns, sizeof *answer->values);
    if (!answer->names || !answer->values)
        return error_oom(e);
    for (uint32_t c = 0; c < answer->columns; c++)
        if (!(answer->names[c] = arena_copy(arena, fields[c].name)))
            return error_oom(e);
    for (uint32_t i = 0; i < answer->n; i++) {
        MYSQL_ROW row = mysql_fetch_row(rows);

        for (uint32_t c = 0; row && c < answer->columns; c++) {
            const char **value = &answer->values[(size_t)i * answer->columns + c];

            *value = arena_copy(arena, row[c]);
            if (row[c] && !*value)
                return error_oom(e);
        }
    }
    return E_OK;
}

int ask_mysql(const struct server *server, const struct tenant_source *source, struct arena *arena,
              struct answer *answer, struct error *e)
{
    const struct my_setup setup = {.patience_ms = PATIENCE_MS};
    CLEANUP_MY struct my *my = NULL;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    int r = my_begin() == E_OK ? E_OK : error_oom(e);

    if (source->kind == SOURCE_SCHEMAS) {
        error_set(e, E_INVALID, "server %s has no schemas beside its databases", server->name);
        error_hint(e, "write databases = {..} for tenants on MySQL and MariaDB");
        return E_INVALID;
    }
    if (r == E_OK)
        r = my_open(server, source->database, &setup, &my, e);
    if (r == E_OK)
        r = ask(source, my, &rows, e);
    if (r != E_OK)
        return r;
    if (my->conn->db && !(answer->database = arena_copy(arena, my->conn->db)))
        return error_oom(e);
    return copy(rows, arena, answer, e);
}
