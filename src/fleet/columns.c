/* What CSV files and catalog queries share: named columns, and rows of texts under them. */
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

static int bad_columns(struct error *e, const char *what, const char *name)
{
    error_set(e, E_INVALID, "%s%s", what, name);
    error_hint(e, "the columns id and path are needed, in any order; further ones are labels");
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
    if (strcmp(name, "id") == 0)
        c->id = c->n;
    if (strcmp(name, "path") == 0)
        c->path = c->n;
    c->names[c->n] = arena_copy(draft->arena, name);
    return c->names[c->n++] ? E_OK : error_oom(e);
}

int columns_take(struct draft *draft, const char *const *names, size_t n, struct columns *columns,
                 struct error *e)
{
    *columns = (struct columns){.id = SIZE_MAX, .path = SIZE_MAX};
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
    if (columns->path == SIZE_MAX && !draft->source->exec)
        return bad_columns(e, "no column is named ", "path");
    return E_OK;
}

int columns_row(struct draft *draft, const struct columns *columns, const char *const *values,
                const char *origin, struct error *e)
{
    struct tenant row = {.id = values[columns->id], .origin = origin};

    if (columns->path != SIZE_MAX)
        row.path = values[columns->path];
    row.labels = arena_array(draft->arena, columns->n, sizeof *row.labels);
    if (!row.labels)
        return error_oom(e);
    for (size_t i = 0; i < columns->n; i++) {
        if (i == columns->id || i == columns->path || !values[i])
            continue;
        row.labels[row.n_labels] =
            (struct label){columns->names[i], arena_copy(draft->arena, values[i])};
        if (!row.labels[row.n_labels++].value)
            return error_oom(e);
    }
    return draft_row(draft, &row, e);
}
