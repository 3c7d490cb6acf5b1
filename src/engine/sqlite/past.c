#include "engine/sqlite/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/number.h"
#include "db/sqlite.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/look.h"
#include "engine/sqlite/stock.h"

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

/* The rows that count: of each version the latest, when it says up. */
struct counting {
    struct arena arena;
    struct past_row *rows;
    size_t n, cap;
    bool failed;
};

static size_t find(const struct counting *c, uint64_t version)
{
    size_t i = 0;

    while (i < c->n && c->rows[i].version < version)
        i++;
    return i;
}

/* What a row has no text for stays NULL; what there is no memory for must not look like that. */
static bool copy_row(struct counting *c, const struct history_row *row, struct past_row *copy)
{
    *copy =
        (struct past_row){row->version, arena_copy(&c->arena, row->checksum),
                          arena_copy(&c->arena, row->name), arena_copy(&c->arena, row->down_sql)};
    return (copy->checksum || !row->checksum) && (copy->name || !row->name) &&
           (copy->down_sql || !row->down_sql);
}

static int count_row(void *arg, const struct history_row *row)
{
    struct counting *c = arg;
    size_t i = find(c, row->version);
    bool there = i < c->n && c->rows[i].version == row->version;

    if (row->down) {
        if (there)
            memmove(c->rows + i, c->rows + i + 1, (--c->n - i) * sizeof *c->rows);
        return E_OK;
    }
    if (!there) {
        if (!array_room(&c->rows, c->n, &c->cap, sizeof *c->rows))
            return E_NOMEM;
        memmove(c->rows + i + 1, c->rows + i, (c->n++ - i) * sizeof *c->rows);
    }
    return copy_row(c, row, &c->rows[i]) ? E_OK : E_NOMEM;
}

static int count_tables(sqlite3 *db, struct look *look, struct error *e)
{
    int64_t n = 0;
    int r = db_int(db, "SELECT count(*) FROM sqlite_schema", 0, &n, e);

    look->foreign = n > 0;
    return r;
}

int past_read(const char *path, int64_t wait_ms, struct look *look, struct error *e)
{
    struct counting c = {0};
    CLEANUP_DB sqlite3 *db = NULL;
    int r = stock_open_waiting(path, wait_ms, &db, e);

    if (r == E_OK)
        r = history_read(db, count_row, &c, e);
    look->history = r == E_OK;
    for (size_t i = 0; r == E_OK && i < c.n; i++)
        past_add(&look->past, &c.rows[i]);
    if (r == E_MISSING)
        r = count_tables(db, look, e);
    if (r == E_OK && !str_ok(&look->past))
        r = error_oom(e);
    free(c.rows);
    arena_free(&c.arena);
    return r;
}
