/* What CSV files and catalog queries share: named columns, and rows of texts under them. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

/* Columns that are no labels. */
static const struct part {
    const char *name;
    size_t offset;
} parts[] = {
    {"id", offsetof(struct columns, id)},
    {"path", offsetof(struct columns, path)},
    {"server", offsetof(struct columns, server)},
    {"url", offsetof(struct columns, url)},
    {"database", offsetof(struct columns, database)},
    {"schema", offsetof(struct columns, schema)},
};

enum { PARTS = sizeof parts / sizeof parts[0] };

static size_t *part_of(struct columns *c, size_t i)
{
    return (size_t *)((char *)c + parts[i].offset);
}

static int bad_columns(struct error *e, const char *what, const char *name)
{
    error_set(e, E_INVALID, "%s%s", what, name);
    error_hint(e, "the columns id and path are needed (or, on servers, server or url, database, "
                  "schema), in any order; further ones are labels");
    return E_INVALID;
}

static int take_name(const struct draft *draft, const char *name, struct columns *c,
                     struct error *e)
{
    if (!name[0])
        return bad_columns(e, "a column without a name", "");
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->names[i], name) == 0)
            return bad_columns(e, "two columns named ", name);
    for (size_t i = 0; i < PARTS; i++)
        if (strcmp(name, parts[i].name) == 0)
            *part_of(c, i) = c->n;
    c->names[c->n] = arena_copy(draft->arena, name);
    return c->names[c->n++] ? E_OK : error_oom(e);
}

int columns_take(struct draft *draft, const char *const *names, size_t n, struct columns *columns,
                 struct error *e)
{
    *columns = (struct columns){0};
    for (size_t i = 0; i < PARTS; i++)
        *part_of(columns, i) = SIZE_MAX;
    columns->names = arena_array(draft->arena, n, sizeof *columns->names);
    if (!columns->names)
        return error_oom(e);
    for (size_t i = 0; i < n; i++) {
        int r = take_name(draft, names[i] ? names[i] : "", columns, e);

        if (r != E_OK)
            return r;
    }
    if (columns->id == SIZE_MAX)
        return bad_columns(e, "no column is named ", "id");
    if (columns->path == SIZE_MAX && columns->server == SIZE_MAX && columns->url == SIZE_MAX &&
        !draft->source->exec)
        return bad_columns(e, "no column is named ", "path");
    return E_OK;
}

static const char *value_of(const char *const *values, size_t column)
{
    return column == SIZE_MAX ? NULL : values[column];
}

/* A url is never one: it may have a password. */
static bool is_label(const struct columns *c, size_t i, bool in_file)
{
    if (i == c->id || i == c->path || i == c->url)
        return false;
    return in_file || (i != c->server && i != c->database && i != c->schema);
}

int columns_row(struct draft *draft, const struct columns *columns, const char *const *values,
                const char *origin, struct error *e)
{
    struct tenant row = {
        .id = values[columns->id], .path = value_of(values, columns->path), .origin = origin};
    const struct where where = {.server = value_of(values, columns->server),
                                .url = value_of(values, columns->url),
                                .database = value_of(values, columns->database),
                                .schema = value_of(values, columns->schema),
                                .otherwise = NO_SERVER};
    bool in_file = row.path && row.path[0];

    row.labels = arena_array(draft->arena, columns->n, sizeof *row.labels);
    if (!row.labels)
        return error_oom(e);
    for (size_t i = 0; i < columns->n; i++) {
        if (!is_label(columns, i, in_file) || !values[i])
            continue;
        row.labels[row.n_labels] =
            (struct label){columns->names[i], arena_copy(draft->arena, values[i])};
        if (!row.labels[row.n_labels++].value)
            return error_oom(e);
    }
    return draft_row(draft, &row, &where, e);
}
