/*
 * A session between two scripts: nothing of the one before is left in it, and it is named. What
 * DISCARD ALL does, which no transaction may do, in parts:
 *
 *   role      whoever prepares is who commits, whatever the script has become
 *   rest      settings, cursors, prepared statements, sequences' last values, advisory locks; and
 *             what a session of a run has of its own: recovery finds it by its name
 *
 * Most scripts leave nothing, as their text shows (sql/traceless.h): behind those nothing is done.
 */
#ifndef ENGINE_POSTGRES_SESSION_H
#define ENGINE_POSTGRES_SESSION_H

struct pg;
struct pg_batch;

void pg_session_add_role(struct pg_batch *b);
void pg_session_add_rest(struct pg_batch *b, struct pg *pg, const char *key); /* key: the run's */
/* A transaction, and in it what is needed of them before a script: all, unless no script that may
 * leave anything ran on this connection. */
void pg_session_add_begin(struct pg_batch *b, struct pg *pg, const char *key);
/* The same without a transaction: each statement will be one of its own. */
void pg_session_add_outside(struct pg_batch *b, struct pg *pg, const char *key);

#endif
