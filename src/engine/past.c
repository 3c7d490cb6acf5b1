#include "engine/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/str.h"
#include "engine/history.h"

/*
 * Text: "VERSION SUMLEN NAMELEN DOWNLEN " CHECKSUM NAME DOWN "\n"; DOWNLEN is 0 for none, else 1
 * more. Lengths for all, because a tenant's user may write what he likes into its history.
 */
void past_add(struct str *past, const struct past_row *row)
{
    const char *name = row->name ? row->name : "";
    const char *checksum = row->checksum && *row->checksum ? row->checksum : "-";

    str_addf(past, "%llu %zu %zu %zu ", (unsigned long long)row->version, strlen(checksum),
             strlen(name), row->down_sql ? strlen(row->down_sql) + 1 : 0);
    str_add(past, checksum);
    str_add(past, name);
    if (row->down_sql)
        str_add(past, row->down_sql);
    str_addc(past, '\n');
}

static bool read_head(const char **at, uint64_t numbers[4])
{
    for (int i = 0; i < 4; i++)
        if (!number_read(at, &numbers[i]) || *(*at)++ != ' ')
            return false;
    return true;
}

static const char *take(struct arena *arena, const char **at, size_t n)
{
    const char *text = strnlen(*at, n) == n ? arena_copyn(arena, *at, n) : NULL;

    *at += text ? n : 0;
    return text;
}

bool past_next(struct arena *arena, const char **at, struct past_row *row)
{
    uint64_t head[4];

    if (!read_head(at, head))
        return false;
    row->version = head[0];
    row->checksum = take(arena, at, head[1]);
    row->name = row->checksum ? take(arena, at, head[2]) : NULL;
    row->down_sql = row->name && head[3] ? take(arena, at, head[3] - 1) : NULL;
    if (!row->name || (head[3] && !row->down_sql) || **at != '\n')
        return false;
    (*at)++;
    return true;
}

static size_t find(const struct past_draft *d, uint64_t version)
{
    size_t i = 0;

    while (i < d->n && d->rows[i].version < version)
        i++;
    return i;
}

/* What a row has no text for stays NULL; what there is no memory for must not look like that. */
static bool copy_row(struct past_draft *d, const struct history_row *row, struct past_row *copy)
{
    *copy =
        (struct past_row){row->version, arena_copy(&d->arena, row->checksum),
                          arena_copy(&d->arena, row->name), arena_copy(&d->arena, row->down_sql)};
    return (copy->checksum || !row->checksum) && (copy->name || !row->name) &&
           (copy->down_sql || !row->down_sql);
}

int past_take(void *arg, const struct history_row *row)
{
    struct past_draft *d = arg;
    size_t i = find(d, row->version);
    bool there = i < d->n && d->rows[i].version == row->version;

    if (row->down) {
        if (there)
            memmove(d->rows + i, d->rows + i + 1, (--d->n - i) * sizeof *d->rows);
        return E_OK;
    }
    if (!there) {
        if (!array_room(&d->rows, d->n, &d->cap, sizeof *d->rows))
            return E_NOMEM;
        memmove(d->rows + i + 1, d->rows + i, (d->n++ - i) * sizeof *d->rows);
    }
    return copy_row(d, row, &d->rows[i]) ? E_OK : E_NOMEM;
}

void past_write(const struct past_draft *draft, struct str *past)
{
    for (size_t i = 0; i < draft->n; i++)
        past_add(past, &draft->rows[i]);
}

void past_drop(struct past_draft *draft)
{
    free(draft->rows);
    arena_free(&draft->arena);
    *draft = (struct past_draft){0};
}
