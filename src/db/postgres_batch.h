/*
 * Statements that go to PostgreSQL in one message and are answered one by one: the first that fails
 * ends it, those before it took effect as far as their transaction does. A message costs a switch
 * to the server and back, which is as much as a small statement.
 *
 * The server reads the whole of a message before it runs the first of it: a text that it cannot
 * read fails it all, and only the place of the error tells whose it is; and what a statement sets
 * about reading holds for the next message.
 */
#ifndef DB_POSTGRES_BATCH_H
#define DB_POSTGRES_BATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "db/postgres.h"

struct pg_batch {
    struct str sql;
    uint32_t n;   /* statements in it */
    size_t *ends; /* in sql, of each */
    size_t cap;
};

/* clang-format off */
#define PG_BATCH_INIT {0}
/* clang-format on */

/* One statement, without a semicolon. Failures to append are told by pg_batch_run. */
void pg_batch_add(struct pg_batch *b, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same for one that was appended to b->sql piece by piece. */
void pg_batch_end(struct pg_batch *b);
void pg_batch_join(struct pg_batch *b, const struct pg_batch *behind);

/* Sends it, also an empty one (nothing happens), and empties it. *rows, where asked for: of the
 * last statement that gives any, yours to PQclear. *failed: which one did, from 0; as many as there
 * are when none did, or when it is not known. */
int pg_batch_run(struct pg *pg, struct pg_batch *b, PGresult **rows, uint32_t *failed,
                 struct error *e);
void pg_batch_free(struct pg_batch *b);

#define CLEANUP_PG_BATCH __attribute__((cleanup(pg_batch_free)))

#endif
