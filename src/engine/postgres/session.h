/* A session between two scripts: nothing of the one before is left in it, and it is named. */
#ifndef ENGINE_POSTGRES_SESSION_H
#define ENGINE_POSTGRES_SESSION_H

struct pg_batch;

/* What DISCARD ALL does, which no transaction may do; and what a session of a run has of its own,
 * by the run's key: recovery finds it by its name. */
void pg_session_add_clean(struct pg_batch *b, const char *key);

#endif
