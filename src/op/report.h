/* The report of a run, from its machine. */
#ifndef OP_REPORT_H
#define OP_REPORT_H

#include "op/migrate.h"

struct error;
struct execution;
struct job;
struct plan;
struct session;
struct survey;

/* Fills what is known before the run: target, skips, counts. E_OK or E_NOMEM. */
int report_begin(struct report *r, const char *command, const struct session *s,
                 const struct plan *plan);
/* What came of it. Moves the causes out of the machine. E_OK also where memory is short: then
 * names and causes are missing, never the outcome of a run that has ended. */
int report_end(struct report *r, struct session *s, const struct job *job, struct execution *x);
/* Adds a failure; why is moved. */
int report_failure(struct report *r, const char *tenant, struct error *why);

#endif
