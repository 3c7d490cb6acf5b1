/*
 * A tenant's history on PostgreSQL: the table of engine/history.h in the tenant's schema ("public"
 * for a tenant that is a whole database). Made when it is first needed.
 *
 * Its comment holds the head of a hash chain over the rows, written in the transaction that adds
 * one: a survey asks one query a database for all comments, and reads rows only of one tenant for
 * each head. Equal heads are equal rows.
 *
 * A row of direction 'fence' says that a group of a run is over in this tenant: who wrote a row of
 * that group looks for it before voting, in the same transaction. The fence is written under a lock
 * that waits for such writers, so one of the two always sees the other.
 */
#ifndef ENGINE_POSTGRES_HISTORY_H
#define ENGINE_POSTGRES_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "base/hash.h"
#include "engine/branch.h"
#include "engine/history.h"

struct error;
struct pg;
struct str;

/* The tenant's table as seen by a connection to its database. */
struct pg_history {
    struct pg *pg;
    char *table; /* quoted, with its schema */
    bool there;
    char head[HASH_TEXT]; /* "" : no row yet, or it has no comment of ours */
    char from[HASH_TEXT]; /* the head that it had at first: the vote must find it still */
};

#define PG_SCHEMA_OF(place) ((place)->schema ? (place)->schema : "public")

/* Is it there, and which head has it? Behind: in one message with the statements before it, each of
 * them ended by a semicolon. */
int pg_history_open(struct pg *pg, const struct place *place, struct pg_history *h,
                    struct error *e);
int pg_history_open_behind(struct pg *pg, const struct place *place, const char *before,
                           struct pg_history *h, struct error *e);
/* Nothing is asked: it is taken to have this head ("": not to be there), and the vote looks. */
int pg_history_expect(struct pg *pg, const struct place *place, const char *head,
                      struct pg_history *h, struct error *e);
/* Has it this head? */
int pg_history_is(struct pg *pg, const struct place *place, const char *head, bool *is,
                  struct error *e);
void pg_history_close(struct pg_history *h);

/* The latest row of this version says up. */
int pg_history_applied(struct pg_history *h, uint64_t version, bool *applied, struct error *e);
/* Does it have a row of this group? */
int pg_history_has_group(struct pg_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e);
/* Statements for a transaction, each ended by a semicolon: they make the table where it is missing
 * and add the row; behind the last row, they move the head. h is as they leave it. */
int pg_history_add(struct pg_history *h, const struct history_row *row, struct str *sql,
                   struct error *e);
void pg_history_add_head(struct pg_history *h, struct str *sql);
/* Runs what was added, the last of the transaction, with the head, and looks for a fence in the
 * same message: E_REFUSED when this group was fenced off, E_CHANGED when its head is
 * another by now. */
int pg_history_vote(struct pg_history *h, const char *run, uint32_t group, struct str *sql,
                    struct error *e);
/* That look alone. */
int pg_history_fenced(struct pg_history *h, const char *run, uint32_t group, struct error *e);
/* A transaction of its own; idempotent. E_BUSY: a writer of the history is still under way. */
int pg_history_fence(struct pg_history *h, const char *run, uint32_t group, struct error *e);
/* The rows in order. E_MISSING: it is not there. */
int pg_history_read(struct pg_history *h, history_visit visit, void *arg, struct error *e);

/* What was read with the columns seq, version, name, direction, checksum, run, grp, down_sql,
 * applied_at as PG_UTC, duration_us, log_head. */
int pg_history_tell(const PGresult *rows, history_visit visit, void *arg);
#define PG_UTC(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

/* The head out of a comment of the table: false when there is none of ours in it. */
bool pg_history_head(const char *comment, char head[HASH_TEXT]);

#define CLEANUP_PG_HISTORY __attribute__((cleanup(pg_history_close)))

#endif
