/*
 * Tenants on a server: its databases, the schemas of one of them, or what a query there says. The
 * server is asked once a source, and nothing on it is changed. How a server of each engine is asked
 * is in ask_postgres.c and ask_mysql.c; what it said is judged here.
 */
#include <fnmatch.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "db/server.h"
#include "fleet/answer.h"
#include "fleet/draft.h"

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

static int take_names(struct draft *draft, uint32_t server, const char *database,
                      const struct answer *rows, struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;
    int r = E_OK;

    str_addf(&origin, "source %s", draft->source->title);
    for (uint32_t i = 0; i < rows->n && r == E_OK; i++) {
        const char *name = answer_value(rows, i, 0),
                   *pattern = match(draft->source->patterns, name);
        const struct where where = {.database = database ? database : name,
                                    .schema = database ? name : NULL,
                                    .otherwise = server};
        struct tenant row = {.origin = str_text(&origin)};

        if (!pattern)
            continue;
        row.id = id_of(pattern, name);
        r = where_add(draft, &row, &where, e);
    }
    return r;
}

/* --- by a query --- */

struct shape { /* where the columns are; -1: not there */
    int id, server, url, database, schema;
};

static int column_of(const struct answer *rows, const char *name)
{
    for (uint32_t c = 0; c < rows->columns; c++)
        if (str_same(rows->names[c], name))
            return (int)c;
    return -1;
}

static int find_columns(const struct answer *rows, struct shape *shape, struct error *e)
{
    *shape =
        (struct shape){column_of(rows, "id"), column_of(rows, "server"), column_of(rows, "url"),
                       column_of(rows, "database"), column_of(rows, "schema")};
    if (shape->id >= 0 && (shape->url >= 0 || shape->database >= 0 || shape->schema >= 0))
        return E_OK;
    error_set(e, E_INVALID, "the query gives no column named %s",
              shape->id < 0 ? "id" : "database, schema or url");
    error_hint(e, "it gives id, and database or schema or both, on server or url where that is "
                  "another one; further columns are labels");
    return E_INVALID;
}

static const char *value(const struct answer *rows, uint32_t row, int column)
{
    return column < 0 ? NULL : answer_value(rows, row, (uint32_t)column);
}

static int take_labels(struct draft *draft, const struct answer *rows, uint32_t i,
                       const struct shape *shape, struct tenant *row, struct error *e)
{
    int n = (int)rows->columns;

    row->labels = arena_array(draft->arena, (size_t)n, sizeof *row->labels);
    if (!row->labels)
        return error_oom(e);
    for (int c = 0; c < n; c++) {
        struct label *label = &row->labels[row->n_labels];

        if (c == shape->id || c == shape->server || c == shape->url || c == shape->database ||
            c == shape->schema || !value(rows, i, c))
            continue;
        *label = (struct label){arena_copy(draft->arena, rows->names[c]),
                                arena_copy(draft->arena, value(rows, i, c))};
        if (!label->key || !label->value)
            return error_oom(e);
        row->n_labels++;
    }
    return E_OK;
}

static int take_row(struct draft *draft, uint32_t server, const char *database,
                    const struct answer *rows, uint32_t i, const struct shape *shape,
                    struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;
    struct tenant row = {.id = value(rows, i, shape->id)};
    const struct where where = {.server = value(rows, i, shape->server),
                                .url = value(rows, i, shape->url),
                                .database = value(rows, i, shape->database),
                                .schema = value(rows, i, shape->schema),
                                .otherwise = server,
                                .database_otherwise = database};
    int r;

    str_addf(&origin, "source %s row %u", draft->source->title, i + 1);
    row.origin = str_text(&origin);
    r = take_labels(draft, rows, i, shape, &row, e);
    return r == E_OK ? where_add(draft, &row, &where, e) : r;
}

static int take_rows(struct draft *draft, uint32_t server, const char *database,
                     const struct answer *rows, struct error *e)
{
    CLEANUP_ERROR struct error inner = ERROR_INIT;
    struct shape shape;
    int r = find_columns(rows, &shape, e);

    for (uint32_t i = 0; i < rows->n && r == E_OK; i++) {
        r = take_row(draft, server, database, rows, i, &shape, &inner);
        if (r == E_OK)
            continue;
        error_set(e, r, "row %u: %s", i + 1, inner.message);
        error_hint(e, "%s", inner.hint);
    }
    if (r == E_INVALID)
        error_statement(e, draft->source->query, strlen(draft->source->query));
    return r;
}

/* --- */

static int read_places(struct draft *draft, uint32_t server, struct error *e)
{
    const struct tenant_source *s = draft->source;
    const struct server *on = &draft->fleet->servers[server];
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct answer rows = {0};
    int r = on->engine == ENGINE_MYSQL ? ask_mysql(on, s, &arena, &rows, e)
                                       : ask_postgres(on, s, &arena, &rows, e);

    if (r != E_OK)
        return r;
    if (s->kind == SOURCE_PLACES)
        return take_rows(draft, server, s->database ? s->database : rows.database, &rows, e);
    return take_names(draft, server, s->kind == SOURCE_SCHEMAS ? rows.database : NULL, &rows, e);
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
