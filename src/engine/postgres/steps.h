/*
 * A branch's steps in a transaction, up to its vote, in as few messages as can be: one a step where
 * nothing in it has to be looked at before the next goes (a check's rows, a setting that changes
 * how the server reads, what row tenants need). A step's message is
 *
 *   what its script runs under; its statements; lockstep's own role again; the history row
 *
 * In the last one deferred constraints are checked behind the statements, as the role that they run
 * as, and behind the row are the head of the history and what the caller has for after the vote.
 * The first that fails tells which statement it was, by its place.
 */
#ifndef ENGINE_POSTGRES_STEPS_H
#define ENGINE_POSTGRES_STEPS_H

#include <stdbool.h>

#include "engine/postgres/work.h"

/* `before` begins the transaction, where that is not done yet; `behind` (NULL: nothing) is reached
 * when all else was well. E_CHANGED: the plan does not fit any more. Errors name file, line
 * and statement; what was done is the caller's to take back. */
int pg_steps_run(struct pg *pg, const struct pg_work *w, const struct pg_batch *before,
                 const struct pg_batch *behind, struct error *e);
/* Did they come to nothing because of what was expected of the history, so that they are worth
 * another try that doubts it? Asked when they have been taken back. */
bool pg_steps_were_misled(struct pg *pg, const struct pg_work *w, int outcome);

#endif
