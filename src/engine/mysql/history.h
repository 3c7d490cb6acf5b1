/*
 * A tenant's history on MySQL: the table of engine/history.h in the tenant's database, made when it
 * is first needed (which commits: never inside a transaction of ours).
 *
 * Each row holds, in the column `head`, the head of a hash chain over the rows up to it: a survey
 * asks for the last row's of many databases at once, and reads the rows only of one tenant for each
 * head. Equal heads are equal rows.
 *
 * A row of direction 'fence' says that a group of a run is over in this tenant. Whoever begins
 * there, or votes, looks for it under a lock that the fence's writer waits for, and the other way
 * round: one of the two always sees the other.
 *
 * Rows are written by text that the caller sends with others, in one message and one transaction.
 */
#ifndef ENGINE_MYSQL_HISTORY_H
#define ENGINE_MYSQL_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "engine/history.h"

struct error;
struct my;
struct str;

/* The tenant's table as this connection sees it. */
struct my_history {
    struct my *my;
    const char *database;
    bool there;
    bool unchained;       /* rows, but no head in the last: somebody changed them by hand */
    char head[HASH_TEXT]; /* "": no row yet, or unchained */
};

/* Is it there, and which head has it? */
int my_history_open(struct my *my, const char *database, struct my_history *h, struct error *e);
/* Text of a question for that, and for the direction of the version's latest row; what it found is
 * told by my_history_found(). It fails when there is no table. */
void my_history_add_question(struct str *sql, const char *database, uint64_t version);
void my_history_found(struct my_history *h, const char *rows, const char *head);
int my_history_create(struct my_history *h, struct error *e);

/* The latest row of this version says up. */
int my_history_applied(struct my_history *h, uint64_t version, bool *applied, struct error *e);
/* Does it have a row of this group? Waits for whoever is writing one. */
int my_history_has_group(struct my_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e);
/* E_REFUSED when this group was fenced off. In a transaction: keeps the fence's writer out. */
int my_history_fenced(struct my_history *h, const char *run, uint32_t group, struct error *e);
/* The rows in order. E_MISSING: it is not there. */
int my_history_read(struct my_history *h, history_visit visit, void *arg, struct error *e);

/* Text of the statement that adds the row, without a semicolon; moves the head. */
void my_history_add_row(struct str *sql, struct my_history *h, const struct history_row *row);
/* Text of the statement that adds the fence where it is missing. */
void my_history_add_fence(struct str *sql, struct my_history *h, const char *run, uint32_t group);
/* Text of the condition under which no fence is there. */
void my_history_add_unfenced(struct str *sql, struct my_history *h, const char *run,
                             uint32_t group);
void my_history_add_name(struct str *sql, const char *database); /* `db`.`lockstep_history` */

#endif
