/*
 * Tenants on a server: its databases, the schemas of one of them, or what a query there says. The
 * server is asked once a source, and nothing on it is changed.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "db/postgres.h"
#include "db/server.h"
#include "fleet/draft.h"

enum { PATIENCE_MS = 60000 };

static const char all_databases[] =
    "SELECT datname FROM pg_catalog.pg_database WHERE NOT datistemplate AND datallowconn"
    " ORDER BY datname COLLATE \"C\"";
static const char all_schemas[] =
    "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname NOT LIKE 'pg\\_%'"
    " AND nspname <> 'information_schema' ORDER BY nspname COLLATE \"C\"";

/* --- by patterns --- */

/* The name behind the fixed part of its pattern, as with globs; the whole name if that is all. */
static const char *id_of(const char *pattern, const char *name)
{
    size_t fixed = strcspn(pattern, "*?[\\");

    return pattern[fixed] && name[fixed] ? name + fixed : name;
}

static const char *match(const char *const *patterns, const char *name)
{
    for (; *patterns; patterns++)
        if (fnmatch(*patterns, name, 0) == 0)
            return *patterns;
    return NULL;
}

static int add(struct draft *draft, uint32_t server, const struct tenant *row, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    struct tenant t = *row;

    str_addf(&path, "%s/%s%s%s", draft->fleet->servers[server].name, row->database,
             row->schema ? "/" : "", row->schema ? row->schema : "");
    t.engine = draft->fleet->servers[server].engine;
    t.server = server;
    t.id = arena_copy(draft->arena, row->id);
    t.path = str_copy(&path, draft->arena);
    t.database = arena_copy(draft->arena, row->database);
    t.schema = arena_copy(draft->arena, row->schema);
    t.origin = arena_copy(draft->arena, row->origin);
    if (!t.id || !t.path || !t.database || (row->schema && !t.schema) || !t.origin)
        return error_oom(e);
    return draft_add(draft, &t, e);
}

static int take_names(struct draft *draft, uint32_t server, const char *database,
                      const PGresult *rows, struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;
    int r = E_OK;

    str_addf(&origin, "source %s", draft->source->title);
    for (int i = 0; i < PQntuples(rows) && r == E_OK; i++) {
        const char *name = PQgetvalue(rows, i, 0), *pattern = match(draft->source->patterns, name);
        struct tenant row = {.database = database ? database : name,
                             .schema = database ? name : NULL,
                             .origin = str_text(&origin)};

        if (!pattern)
            continue;
        row.id = id_of(pattern, name);
        r = add(draft, server, &row, e);
    }
    return r;
}

/* --- by a query --- */

struct shape { /* where the columns are; -1: not there */
    int id, database, schema;
};

static int find_columns(const PGresult *rows, struct shape *shape, struct error *e)
{
    *shape = (struct shape){PQfnumber(rows, "id"), PQfnumber(rows, "database"),
                            PQfnumber(rows, "schema")};
    if (shape->id >= 0 && (shape->database >= 0 || shape->schema >= 0))
        return E_OK;
    error_set(e, E_INVALID, "the query gives no column named %s",
              shape->id < 0 ? "id" : "database or schema");
    error_hint(e, "it gives id, and database or schema or both; further columns are labels");
    return E_INVALID;
}

static const char *value(const PGresult *rows, int row, int column)
{
    return column < 0 || PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

static int take_labels(struct draft *draft, const PGresult *rows, int i, const struct shape *shape,
                       struct tenant *row, struct error *e)
{
    int n = PQnfields(rows);

    row->labels = arena_array(draft->arena, (size_t)n, sizeof *row->labels);
    if (!row->labels)
        return error_oom(e);
    for (int c = 0; c < n; c++) {
        struct label *label = &row->labels[row->n_labels];

        if (c == shape->id || c == shape->database || c == shape->schema || !value(rows, i, c))
            continue;
        *label = (struct label){arena_copy(draft->arena, PQfname(rows, c)),
                                arena_copy(draft->arena, value(rows, i, c))};
        if (!label->key || !label->value)
            return error_oom(e);
        row->n_labels++;
    }
    return E_OK;
}

static int take_row(struct draft *draft, uint32_t server, const char *database,
                    const PGresult *rows, int i, const struct shape *shape, struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;
    struct tenant row = {.id = value(rows, i, shape->id),
                         .database = value(rows, i, shape->database),
                         .schema = value(rows, i, shape->schema)};
    int r;

    if (!row.id || !row.id[0] || (!row.database && !row.schema))
        return error_set(e, E_INVALID, "row %d is a tenant without %s", i + 1,
                         row.id && row.id[0] ? "a database or schema" : "an id");
    if (!row.database)
        row.database = database;
    str_addf(&origin, "source %s row %d", draft->source->title, i + 1);
    row.origin = str_text(&origin);
    r = take_labels(draft, rows, i, shape, &row, e);
    return r == E_OK ? add(draft, server, &row, e) : r;
}

static int take_rows(struct draft *draft, uint32_t server, const char *database,
                     const PGresult *rows, struct error *e)
{
    struct shape shape;
    int r = find_columns(rows, &shape, e);

    for (int i = 0; i < PQntuples(rows) && r == E_OK; i++)
        r = take_row(draft, server, database, rows, i, &shape, e);
    if (r == E_INVALID)
        error_statement(e, draft->source->query, strlen(draft->source->query));
    return r;
}

/* --- */

/* In a transaction that may only read: a query of the configuration must not change the server. */
static int ask(struct draft *draft, struct pg *pg, PGresult **rows, struct error *e)
{
    const struct tenant_source *s = draft->source;
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

static int read_places(struct draft *draft, uint32_t server, struct error *e)
{
    const struct pg_setup setup = {.patience_ms = PATIENCE_MS};
    const struct tenant_source *s = draft->source;
    CLEANUP_PG struct pg *pg = NULL;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = pg_open(&draft->fleet->servers[server], s->kind == SOURCE_SCHEMAS ? s->database : NULL,
                    &setup, &pg, e);

    if (r == E_OK)
        r = ask(draft, pg, &rows, e);
    if (r != E_OK)
        return r;
    if (s->kind == SOURCE_PLACES)
        return take_rows(draft, server, s->database ? s->database : PQdb(pg->conn), rows, e);
    return take_names(draft, server, s->kind == SOURCE_SCHEMAS ? PQdb(pg->conn) : NULL, rows, e);
}

int place_tenants(struct draft *draft, struct error *e)
{
    uint32_t server = 0;
    int r;

    while (!str_same(draft->fleet->servers[server].name, draft->source->place))
        server++; /* the configuration was checked: it is there */
    r = read_places(draft, server, e);
    if (r <= E_OK || r == E_NOMEM)
        return r;
    if (e)
        e->code = E_INVALID;
    return E_INVALID;
}
