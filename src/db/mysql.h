/*
 * Thin help around libmariadb: a connection to a MySQL or MariaDB server, statements with a bound
 * on the wait, errors with their detail. Results are plain MYSQL_RES *; nothing here hides the
 * library, but it is only used in its non-blocking way.
 *
 * Waiting: a statement waits for its answer as long as `patience_ms` says, and ends soon when *stop
 * is set: another connection asks the server to kill the query, and a server that does not even
 * answer that is given up. Whoever got E_DOUBT does not know whether the statement took effect; the
 * connection is lost then.
 *
 * Errors: lock waits (1205), deadlocks (1213) and "too many connections" are E_BUSY; a lost
 * connection is E_DOUBT; all others E_REFUSED. e->db is the server's number. What a message quotes
 * of a row is left out.
 */
#ifndef DB_MYSQL_H
#define DB_MYSQL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mysql.h>

#include "db/server.h"

struct error;
struct str;

enum {
    MY_NO_DATABASE = 1049,
    MY_TABLE_EXISTS = 1050,
    MY_UNKNOWN_TABLE = 1051,
    MY_DUPLICATE_COLUMN = 1060,
    MY_DUPLICATE_KEY = 1061,
    MY_SYNTAX = 1064,
    MY_CANNOT_DROP = 1091,
    MY_NO_TABLE = 1146,
    MY_LOCK_WAIT = 1205,
    MY_NO_ROUTINE = 1305,
    MY_BROKEN_VIEW = 1356,
    MY_NO_TRIGGER = 1360,
    MY_XA_UNKNOWN = 1397,
    MY_XA_STATE = 1399,
    MY_NO_EVENT = 1539,
};

struct my_setup {
    int connect_timeout_s;
    int64_t patience_ms;     /* for an answer; 0: none */
    const atomic_bool *stop; /* NULL: never */
};

/* What is in the session: nothing that it was not made with; of a run its timeouts and isolation
 * level, and nothing else; or anything. */
enum my_left { MY_CLEAN, MY_TUNED, MY_USED };

struct my {
    MYSQL *conn;
    struct my_setup setup;
    const struct server *server; /* borrowed */
    bool lost;
    enum my_left left;
    int64_t lock_s, statement_ms; /* of a tuned one */
};

/* Once, by the first thread. E_OK or E_NOMEM. */
int my_begin(void);

/* database NULL: the one of the url. *my is NULL on failure. */
int my_open(const struct server *server, const char *database, const struct my_setup *setup,
            struct my **my, struct error *e);
void my_close(struct my **my); /* also for cleanup; NULL is fine */
/* The session as it was when it began: variables, locks, open transactions. */
int my_reset(struct my *my, struct error *e);

/* One or more statements in one message; rows are thrown away. Ends with the first that fails. */
int my_exec(struct my *my, const char *sql, struct error *e);
/* The same; visit gets each result that has rows, in order. */
int my_visit(struct my *my, const char *sql, void (*visit)(void *arg, MYSQL_RES *rows), void *arg,
             struct error *e);
/* The same; *rows is the last result that has rows, yours to my_clear(), or NULL. */
int my_query(struct my *my, const char *sql, MYSQL_RES **rows, struct error *e);
void my_clear(MYSQL_RES **rows); /* for cleanup */
/* Kills the session with this id; one that is gone is fine. */
int my_kill(struct my *my, const char *id, struct error *e);

/* Appends it quoted for this connection. */
void my_add_text(struct str *out, struct my *my, const char *text); /* NULL: null */
void my_add_name(struct str *out, const char *name);                /* `name` */

#define CLEANUP_MY      __attribute__((cleanup(my_close)))
#define CLEANUP_MY_ROWS __attribute__((cleanup(my_clear)))

#endif
