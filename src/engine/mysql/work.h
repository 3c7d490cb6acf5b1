/*
 * Work in one tenant: the session that does it, and the statements of its scripts.
 *
 * Whoever works in a tenant for a run holds a user lock (GET_LOCK) whose name says both: so there
 * is one at a time, and whoever comes after a connection was lost, or after a crash, finds the
 * session that may still be at it, ends it, and begins when it is gone.
 */
#ifndef ENGINE_MYSQL_WORK_H
#define ENGINE_MYSQL_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include <mysql.h>

#include "engine/branch.h"
#include "engine/mysql/history.h"
#include "engine/mysql/link.h"

struct error;
struct my;
struct str;

struct my_work {
    struct my_link *link;
    const struct branch_spec *spec;
    bool undo; /* the steps' inverses, last first */
    const char *run, *key;
    uint32_t group;
    const char *log_head;
    int64_t lock_timeout_ms, statement_timeout_ms;
    const atomic_bool *stop; /* for scripts; NULL: never */
};

/* A session in the tenant. */
struct my_session {
    const struct my_work *w;
    struct my *my;
    struct my_history h;
    bool first_applied;           /* the first of its steps, when it came in */
    bool traceless;               /* its scripts leave nothing in it (sql/traceless.h) */
    int64_t lock_s, statement_ms; /* timeouts that are set in it */
};

/* Questions that go in the message with which a session comes in. They are not asked where there is
 * no history yet. */
struct my_more {
    void (*add)(void *arg, struct my *my, struct str *sql); /* statements */
    void (*take)(void *arg, int i, MYSQL_RES *rows);        /* the i-th answer, from 0 */
    /* The i-th failed, which ends the message: is that an answer, too? */
    bool (*refused)(void *arg, int i, int outcome, const struct error *cause);
    void *arg;
};

/* Takes a connection, goes into the database, takes the lock. E_BUSY: somebody else has the lock;
 * with `chase` that session is ended first. more: NULL for none. s is to be left in any case. */
int my_session_enter(struct my_session *s, const struct my_work *w, bool chase,
                     const struct my_more *more, struct error *e);
/* The same again, on the same connection, without what a script left in the session. */
int my_session_again(struct my_session *s, struct error *e);
void my_session_leave(struct my_session *s);
/* Its connection is closed: what it prepared stays with the server. */
void my_session_drop(struct my_session *s);

/* Timeouts of the run, or (script) its own; and text that sets them in the session. */
void my_session_take_timeouts(struct my_session *s, const struct script *script);
void my_session_add_timeouts(struct str *sql, const struct my_session *s);
/* Text of the statement that lets the tenant's lock go. */
int my_session_add_release(struct str *sql, const struct my_session *s);

/* All tables of ours; none is made in a transaction. */
int my_session_tables(struct my_session *s, bool ledger, struct error *e);
/* E_CHANGED: the plan does not fit any more. */
int my_session_fits(struct my_session *s, struct error *e);
/* Statements [from, to) of the script. Errors name file, line and statement. */
int my_session_run(struct my_session *s, const struct script *script, uint32_t from, uint32_t to,
                   struct error *e);
/* The same, of statements that change rows in a transaction, and in tables that know any. */
int my_session_run_data(struct my_session *s, const struct script *script, uint32_t from,
                        uint32_t to, struct error *e);
/* Text of the row that says the step ran; back: that it was taken back. */
void my_session_add_row(struct str *sql, struct my_session *s, const struct step *step, bool back,
                        int64_t started_us);
/* BEGIN; TEXT; COMMIT in one message; rolled back when one of them fails. */
int my_session_transact(struct my_session *s, const struct str *text, struct error *e);
/* The same for the last of the visit: where its scripts leave nothing the lock goes with it, and
 * the next tenant finds the session tuned. */
int my_session_finish(struct my_session *s, const struct str *text, struct error *e);

/* The session that holds this tenant's lock for the run, if any, is ended. E_BUSY: there was one.
 */
int my_work_chase(struct my *my, const struct my_work *w, struct error *e);

#endif
