/*
 * A tenant's history on PostgreSQL: the table of engine/history.h in the tenant's schema ("public"
 * for a tenant that is a whole database). Made when it is first needed.
 *
 * Its rows are numbered without a gap, and each writer says which number is its own: of two that
 * began from the same history one waits for the other, and fails (the number is the key). Its
 * comment holds the head, "lockstep 1 HASH NUMBER": the hash of a chain over the rows, and the last
 * number. It moves in the transaction that adds a row. So who has seen a head once may write behind
 * it without asking again: whoever moved the history meanwhile took the number; and a table that
 * was replaced or emptied meanwhile (a tenant restored from a copy) has another file. A survey asks
 * one query a database for all comments, and reads rows only of one tenant for each head. Equal
 * heads are equal rows.
 *
 * A row of direction 'fence' says that a group of a run is over in this tenant. It takes a number
 * like any other, so that who was about to write for that group fails, and finds the fence when it
 * looks again. The fence is written under a lock that waits for who has written already, so one of
 * the two always sees the other.
 */
#ifndef ENGINE_POSTGRES_HISTORY_H
#define ENGINE_POSTGRES_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "base/hash.h"
#include "engine/branch.h"
#include "engine/history.h"
#include "engine/link.h"

struct error;
struct pg;
struct pg_batch;

enum { PG_HEAD_TEXT = 96 }; /* "HASH NUMBER" */

/* The tenant's table as seen by a connection to its database. */
struct pg_history {
    struct pg *pg;
    char *table; /* quoted, with its schema */
    bool there;
    char hash[HASH_TEXT];    /* of the rows as they are by now; "": none yet */
    uint64_t last;           /* the number of the last row */
    char head[PG_HEAD_TEXT]; /* what the comment says; "": it is not ours */
    unsigned long node;      /* names the table's file (pg_class.relfilenode); 0: not there yet */
};

/* What a comment of ours begins with; the head follows. */
#define PG_HEAD_MARK "lockstep 1 "

/* Where comments of tables are; the table's oid comes behind. */
#define PG_COMMENTS_OF                                                                             \
    "pg_catalog.pg_description WHERE classoid = 'pg_catalog.pg_class'::pg_catalog.regclass"        \
    " AND objsubid = 0 AND objoid = "

#define PG_SCHEMA_OF(place) ((place)->schema ? (place)->schema : "public")

/* Is it there, and which head has it? Behind: in one message with the statements before it, which
 * are gone afterwards. */
int pg_history_open(struct pg *pg, const struct place *place, struct pg_history *h,
                    struct error *e);
int pg_history_open_behind(struct pg *pg, const struct place *place, struct pg_batch *before,
                           struct pg_history *h, struct error *e);
/* The same again, of one that is open. */
int pg_history_look(struct pg_history *h, struct pg_batch *before, struct error *e);
/* What a look saw, as text, "HASH NUMBER FILE". "": no table, or no head. */
void pg_history_seen(const char *head, unsigned long node, char seen[SEEN_TEXT]);
/* Nothing is asked: it is taken to be as it was seen, and the writer finds out. */
int pg_history_expect(struct pg *pg, const struct place *place, const char *seen,
                      struct pg_history *h, struct error *e);
/* Is it still as it was seen? */
int pg_history_is(struct pg *pg, const struct place *place, const char *seen, bool *is,
                  struct error *e);
/* E_CHANGED: its rows are not those that were seen, in whatever table. */
int pg_history_same(struct pg_history *h, const char *seen, struct error *e);
void pg_history_close(struct pg_history *h);

/* The latest row of this version says up. */
int pg_history_applied(struct pg_history *h, uint64_t version, bool *applied, struct error *e);
/* Does it have a row of this group? */
int pg_history_has_group(struct pg_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e);
/* In a transaction: nobody else writes to it, from here to the end; h is as it is then. */
int pg_history_lock(struct pg_history *h, struct error *e);
/* Statements for a transaction: they make the table where it is missing and add the row, which
 * fails where another has written, or where it is another table by now; h is as they leave it. Its
 * duration is the row's, and with `message` what the message has run by then, too. */
int pg_history_add(struct pg_history *h, const struct history_row *row, bool message,
                   struct pg_batch *b, struct error *e);
/* Behind the last row: moves the head. */
void pg_history_add_head(struct pg_history *h, struct pg_batch *b);
int pg_history_changed(struct error *e); /* E_CHANGED, in the error too */
/* Is this how the row fails then? E_CHANGED, in the error too, or (the history was asked just
 * before) E_BUSY: whoever asks again will know. Else the outcome as it was. */
int pg_history_judge(int outcome, bool asked, struct error *e);
/* Was this group fenced off? (The second: E_REFUSED then.) */
int pg_history_has_fence(struct pg_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e);
int pg_history_fenced(struct pg_history *h, const char *run, uint32_t group, struct error *e);
/* A transaction of its own; idempotent. E_BUSY: a writer of the history is still under way. */
int pg_history_fence(struct pg_history *h, const char *run, uint32_t group, struct error *e);
/* The rows in order. E_MISSING: it is not there. */
int pg_history_read(struct pg_history *h, history_visit visit, void *arg, struct error *e);

/* What was read with the columns seq, version, name, direction, checksum, run, grp, down_sql,
 * applied_at as PG_UTC, duration_us, log_head. */
int pg_history_tell(const PGresult *rows, history_visit visit, void *arg);
#define PG_UTC(column) "to_char(" column " AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

/* The head out of a comment of the table: false ("") when there is none of ours in it. */
bool pg_history_head(const char *comment, char head[PG_HEAD_TEXT]);

#define CLEANUP_PG_HISTORY __attribute__((cleanup(pg_history_close)))

#endif
