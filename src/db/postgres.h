/*
 * Thin help around libpq: a connection to one database, statements with a bound on the wait, errors
 * with their detail. Results are plain PGresult *; nothing here hides the library.
 *
 * Waiting: a statement waits for its answer as long as `patience_ms` says, and ends soon when *stop
 * is set: the server is asked to cancel, and a server that does not even answer that is given up.
 * Whoever got E_DOUBT does not know whether the statement took effect; the connection is lost then.
 *
 * Errors: 55P03, 40P01, 40001, "too many connections" and (outside a transaction) 55006 are E_BUSY;
 * a lost connection is E_DOUBT; all others E_REFUSED. e->db is the SQLSTATE as PG_STATE packs it.
 * What a message quotes of a row is left out: DETAIL always, values in messages of data errors.
 */
#ifndef DB_POSTGRES_H
#define DB_POSTGRES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "db/server.h"

struct error;
struct str;

/* A SQLSTATE as a number: five characters of six bits. */
int pg_state(const char *state);
#define PG_LOCK_NOT_AVAILABLE "55P03"
#define PG_DEADLOCK           "40P01"
#define PG_UNDEFINED_OBJECT   "42704"
#define PG_UNDEFINED_TABLE    "42P01"
#define PG_DUPLICATE_TABLE    "42P07"
#define PG_UNIQUE_VIOLATION   "23505"
#define PG_DIVISION_BY_ZERO   "22012"
#define PG_BAD_ENCODING       "22021"

struct pg_setup {
    const char *application; /* application_name: names the run on the server */
    int connect_timeout_s;
    int64_t patience_ms;     /* for an answer; 0: none (statements have their own timeouts) */
    const atomic_bool *stop; /* NULL: never */
};

/* What lockstep has set to the end of the transaction, so that it is not set again. */
struct pg_local {
    bool known; /* the timeouts, and how strings are read */
    int64_t lock_ms, statement_ms;
    bool path; /* the search_path may be a tenant's */
};

struct pg {
    PGconn *conn;
    struct pg_setup setup;
    const char *server; /* its name, for messages; borrowed */
    bool lost;
    bool inside;   /* the last message went out in a transaction, or begins one (with PG_BEGIN) */
    bool scripted; /* a script that may leave something has run in it, or will */
    struct pg_local local;
    int position; /* of the last error in its message, in characters from 1; 0: not known */
};

/* database NULL: the one of the url. *pg is NULL on failure. */
int pg_open(const struct server *server, const char *database, const struct pg_setup *setup,
            struct pg **pg, struct error *e);
void pg_close(struct pg **pg); /* also for cleanup; NULL is fine */

/* One or more statements without parameters, in one message: an implicit transaction, unless they
 * say otherwise. Rows are thrown away. */
int pg_exec(struct pg *pg, const char *sql, struct error *e);
/* The same; what the last of them that gives rows gives is yours to PQclear. */
int pg_last(struct pg *pg, const char *sql, PGresult **result, struct error *e);
/* The same; also how many of them were done before the first that failed. */
int pg_several(struct pg *pg, const char *sql, PGresult **result, uint32_t *done, struct error *e);
/* One statement (the server refuses several) with text parameters (NULL: null). The result is yours
 * to PQclear. */
int pg_query(struct pg *pg, const char *sql, int n, const char *const *values, PGresult **result,
             struct error *e);
void pg_clear(PGresult **result); /* for cleanup */

/* A transaction, whatever the database or the role has as its default; and an end that is durable.
 */
#define PG_BEGIN "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
#define PG_COMMIT                                                                                  \
    "SELECT pg_catalog.set_config('synchronous_commit', 'on', true)"                               \
    " WHERE pg_catalog.current_setting('synchronous_commit') = 'off'; COMMIT"

/* Appends it quoted for this connection; a failure marks the str. */
void pg_add_literal(struct str *out, struct pg *pg, const char *text); /* NULL: null */
void pg_add_name(struct str *out, struct pg *pg, const char *name);

#define CLEANUP_PG        __attribute__((cleanup(pg_close)))
#define CLEANUP_PG_RESULT __attribute__((cleanup(pg_clear)))

#endif
