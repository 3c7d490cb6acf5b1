#include "db/postgres_batch.h"

#include <stdarg.h>

#include "base/error.h"

void pg_batch_add(struct pg_batch *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    str_addv(&b->sql, format, args);
    va_end(args);
    pg_batch_end(b);
}

void pg_batch_end(struct pg_batch *b)
{
    str_add(&b->sql, "; ");
    b->n++;
}

void pg_batch_join(struct pg_batch *b, const struct pg_batch *behind)
{
    str_join(&b->sql, &behind->sql);
    b->n += behind->n;
}

int pg_batch_run(struct pg *pg, struct pg_batch *b, PGresult **rows, uint32_t *done,
                 struct error *e)
{
    CLEANUP_PG_RESULT PGresult *last = NULL;
    uint32_t count = 0;
    int r = E_OK;

    if (!str_ok(&b->sql))
        r = error_oom(e);
    else if (b->n)
        r = pg_several(pg, str_text(&b->sql), &last, &count, e);
    str_reset(&b->sql);
    b->n = 0;
    if (rows) {
        *rows = last;
        last = NULL;
    }
    if (done)
        *done = count;
    return r;
}

void pg_batch_free(struct pg_batch *b)
{
    str_free(&b->sql);
    b->n = 0;
}
