/*
 * A script that runs once for each row tenant (base/row_tenants.h): as a role that row security
 * holds for, with the tenant set, so that a statement that forgets its WHERE meets only the rows of
 * one. Statements that row security would not guard are refused: in a table without it, or of which
 * the role is the owner.
 *
 * lockstep_rows in the tenant's schema says who has it: a row for each row tenant and step, up or
 * down, in the transaction that ran it; append-only. Who has it already is passed over. With
 * batches every so many are committed, so that what a crash leaves can be told and taken back;
 * without, all are in the transaction of the caller.
 */
#ifndef ENGINE_POSTGRES_ROWS_H
#define ENGINE_POSTGRES_ROWS_H

#include <stdint.h>

#include "engine/history.h"

#define ROWS_TABLE "lockstep_rows"

struct error;
struct pg;
struct pg_history;
struct pg_work;
struct place;
struct step;

/* Of w->spec's row tenants, all that lack the step's script; w->back: those whom this group gave it
 * before. *committed: how many batches took effect, though a later one failed. Errors name the row
 * tenant, file, line and statement. */
int pg_rows_run(struct pg *pg, const struct pg_work *w, const struct step *step,
                uint32_t *committed, struct error *e);

/* What place->row was given, in order; names and checksums from the history. E_MISSING: nothing. */
int pg_rows_read(struct pg_history *h, const struct place *place, history_visit visit, void *arg,
                 struct error *e);

#endif
