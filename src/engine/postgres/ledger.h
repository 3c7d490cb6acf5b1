/*
 * The ledger of a tenant on PostgreSQL: a row for each group that has begun to do something there
 * outside a transaction. It is written before the first statement and goes when the group has
 * settled; with its last row the table goes.
 *
 * Whoever works by the ledger holds the tenant's advisory lock, on the connection that does the
 * work: the lock ends with the session, so a process that recovers never works beside one that
 * still lives.
 */
#ifndef ENGINE_POSTGRES_LEDGER_H
#define ENGINE_POSTGRES_LEDGER_H

#include <stdbool.h>

#include "engine/postgres/history.h"
#include "engine/postgres/work.h"

/* E_BUSY: another session of lockstep is at work in this tenant. */
int ledger_lock(struct pg_history *h, struct error *e);
void ledger_unlock(struct pg_history *h);

/* All run in a transaction that the caller began, or make one of their own. */
int ledger_begin(struct pg_history *h, const struct pg_work *w, struct error *e);
int ledger_has(struct pg_history *h, const struct pg_work *w, bool *has, struct error *e);
int ledger_end(struct pg_history *h, const struct pg_work *w, struct error *e);

#endif
