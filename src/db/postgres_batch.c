#include "db/postgres_batch.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

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
    if (array_room(&b->ends, b->n, &b->cap, sizeof *b->ends))
        b->ends[b->n++] = b->sql.len;
    else
        b->sql.failed = true;
}

void pg_batch_join(struct pg_batch *b, const struct pg_batch *behind)
{
    size_t from = 0;

    for (uint32_t i = 0; i < behind->n; i++) {
        str_addn(&b->sql, str_text(&behind->sql) + from, behind->ends[i] - from - 2);
        pg_batch_end(b);
        from = behind->ends[i];
    }
    b->sql.failed = b->sql.failed || behind->sql.failed;
}

/* The statement with this character of UTF-8 text. */
static uint32_t statement_at(const struct pg_batch *b, int position)
{
    const char *text = str_text(&b->sql);
    size_t i = 0;
    uint32_t n = 0;

    for (; i < b->sql.len && position > 0; i++)
        position -= ((unsigned char)text[i] & 0xc0) != 0x80;
    while (n < b->n && b->ends[n] < i)
        n++;
    return n;
}

/* An error has a place, or it comes behind the answers of those that were well. Of a message that
 * is not UTF-8 nothing is read. */
static uint32_t which_failed(const struct pg *pg, const struct pg_batch *b, uint32_t done,
                             const struct error *e)
{
    if (pg->position)
        return statement_at(b, pg->position);
    return e && e->db == pg_state(PG_BAD_ENCODING) ? b->n : done;
}

int pg_batch_run(struct pg *pg, struct pg_batch *b, PGresult **rows, uint32_t *failed,
                 struct error *e)
{
    CLEANUP_PG_RESULT PGresult *last = NULL;
    uint32_t done = 0;
    int r = E_OK;

    pg->position = 0; /* of a message that is not sent there is none either */
    if (!str_ok(&b->sql))
        r = error_oom(e);
    else if (b->n)
        r = pg_several(pg, str_text(&b->sql), &last, &done, e);
    if (failed)
        *failed = r == E_OK ? b->n : which_failed(pg, b, done, e);
    str_reset(&b->sql);
    b->n = 0;
    if (rows) {
        *rows = last;
        last = NULL;
    }
    return r;
}

void pg_batch_free(struct pg_batch *b)
{
    str_free(&b->sql);
    free(b->ends);
    *b = (struct pg_batch)PG_BATCH_INIT;
}
