/*
 * Inside engine/postgres: a slot whose step cannot run in a transaction. Its effects show before
 * the decision; the ledger says that it has begun, the history row that it is done, and the inverse
 * takes it back. Whether a statement that a crash cut off took effect cannot be known, so the
 * inverse must stand being run on a tenant where it did not (DROP INDEX ... IF EXISTS).
 */
#ifndef ENGINE_POSTGRES_COMPENSATED_H
#define ENGINE_POSTGRES_COMPENSATED_H

#include "engine/postgres/group.h"

/* E_DOUBT: something may be there; settle takes it back. Anything else but E_OK left nothing. */
int pg_compensated_prepare(struct pg_group *g, struct pg_slot *slot, struct error *e);
/* E_BUSY: not now. E_REFUSED: there is no inverse, or it fails. Idempotent, also in a process that
 * recovers. */
int pg_compensated_settle(struct pg_group *g, struct pg_slot *slot, enum verdict verdict,
                          struct error *e);

#endif
