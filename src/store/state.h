/*
 * Inside the store: the state database and its prepared statements. Not for other layers.
 *
 * state.db is a stock SQLite database in WAL mode. A forced transaction syncs the WAL once; a lazy
 * one only writes. The WAL and its index stay when the last connection closes (emptied), so that a
 * reader finds them and never has to make them, and the next run need not make their names durable.
 */
#ifndef STORE_STATE_H
#define STORE_STATE_H

#include <stdbool.h>

#include <sqlite3.h>

#include "base/hash.h"
#include "store/store.h"

struct str;

#define STATE_FORMAT 1 /* PRAGMA user_version */

enum state_query {
    STATE_BEGIN,
    STATE_COMMIT,
    STATE_LAST,
    STATE_APPEND,
    STATE_PLAN,
    STATE_END,
    STATE_ASKED,
    STATE_QUERIES
};

struct store {
    sqlite3 *db;
    char *dir;
    enum store_mode mode;
    bool forced; /* the last transaction was begun as a forced one */
    bool head_known;
    int64_t seq;                        /* of the last event, while head_known */
    char head[HASH_TEXT];               /* its hash */
    sqlite3_stmt *query[STATE_QUERIES]; /* prepared when first used */
};

/* The statement, reset and ready for its parameters; state_done() gives it back. */
int state_query(struct store *s, enum state_query which, sqlite3_stmt **stmt, struct error *e);
void state_done(sqlite3_stmt **stmt);
#define CLEANUP_QUERY __attribute__((cleanup(state_done)))

/* One transaction. Forced: durable when state_commit returns. */
int state_begin(struct store *s, bool forced, struct error *e);
int state_commit(struct store *s, struct error *e);
void state_rollback(struct store *s);

int state_prepare(struct store *s, const char *sql, sqlite3_stmt **stmt, struct error *e);
int state_step(struct store *s, sqlite3_stmt *stmt, struct error *e); /* DB_ROW, DB_DONE, E_FATAL */
/* What the connection last complained about, as E_FATAL with the file and the way on. */
int state_error(const struct store *s, struct error *e);
/* A copy of a text column, cut to size. False: there was no memory for it (no column is NULL). */
bool state_text(sqlite3_stmt *stmt, int column, char *to, size_t size);

int state_make(struct store *s, struct error *e);  /* the tables of a new state.db */
int state_known(struct store *s, struct error *e); /* 0, E_MISSING (still empty), E_INVALID */

/* The store's folder, made durably when it is missing. E_FATAL. */
int store_folder(const char *dir, struct error *e);
#define STORE_NAME_STATE "state.db"
#define STORE_NAME_CACHE "cache"
#define STORE_NAME_LOCK  "lock"

#endif
