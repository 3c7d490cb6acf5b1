#include "op/trail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "op/history.h"

struct following {
    struct trail *trail;
    const char *run;
};

static struct trail_row *row_for(struct trail *t, uint64_t version)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->rows[i].version == version)
            return &t->rows[i];
    if (!array_room(&t->rows, t->n, &t->cap, sizeof *t->rows))
        return NULL;
    t->rows[t->n] = (struct trail_row){.version = version};
    return &t->rows[t->n++];
}

static int follow(void *arg, const struct history_row *row)
{
    struct following *f = arg;
    struct trail_row *mine;

    if (!str_same(row->run, f->run)) {
        if (f->trail->n)
            snprintf(f->trail->later, sizeof f->trail->later, "%s", row->run);
        return E_OK;
    }
    mine = row_for(f->trail, row->version);
    if (!mine)
        return E_NOMEM;
    mine->balance += row->down ? -1 : 1;
    if (row->down_sql && hash_text(row->down_sql, strlen(row->down_sql), mine->down_hash) != E_OK)
        return E_NOMEM;
    return E_OK;
}

/* Versions that the run itself took back (its later group failed) count as not taken. */
static void drop_balanced(struct trail *t)
{
    size_t kept = 0;

    for (size_t i = 0; i < t->n; i++)
        if (t->rows[i].balance)
            t->rows[kept++] = t->rows[i];
    t->n = kept;
}

void trail_read(struct trail *trail, struct session *s, const struct tenant *t, const char *path,
                const char *run)
{
    struct following f = {trail, run};
    bool reached;
    int r = history_of(s, t, path, follow, &f, &reached, &trail->why);

    if (r == E_NOMEM && !trail->why.code)
        error_oom(&trail->why);
    drop_balanced(trail);
}

const struct trail_row *trail_find(const struct trail *trail, uint64_t version)
{
    for (size_t i = 0; i < trail->n; i++)
        if (trail->rows[i].version == version)
            return &trail->rows[i];
    return NULL;
}

void trail_free(struct trail *trail)
{
    error_clear(&trail->why);
    free(trail->rows);
    *trail = (struct trail){0};
}
