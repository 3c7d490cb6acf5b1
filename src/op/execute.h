/*
 * Carries a job out: the machine, its participants and the run log brought together. Fresh jobs are
 * recorded first; recovered ones are rebuilt from their records.
 */
#ifndef OP_EXECUTE_H
#define OP_EXECUTE_H

#include "base/stamp.h"
#include "core/run.h"
#include "op/migrate.h"

struct error;
struct job;
struct session;

/* What came of it, before it is put into words. The machine is the caller's to free. */
struct execution {
    struct run *machine;
    struct file_stamp *left; /* by branch, of those that an atomic commit left; NULL: not known */
    double seconds;
    double hold_writers_s, hold_readers_s;
};

/* Records the plan event and drives the run to its end. E_FATAL: not even the plan was recorded. */
int execute(struct session *s, struct job *job, const struct migrate_options *options,
            struct execution *x, struct error *e);
/* Rebuilds the machine from the run's records, and drives what is open to its end. */
int execute_recovery(struct session *s, struct job *job, const struct migrate_options *options,
                     struct execution *x, struct error *e);
void execution_free(struct execution *x);

#endif
