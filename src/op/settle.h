/* What every run command does first and last; shared by the use cases that run. */
#ifndef OP_SETTLE_H
#define OP_SETTLE_H

#include "op/migrate.h"

struct planned;
struct survey;

/* Fleet, hold, and earlier runs settled. report is cleared. */
int run_begin(struct session *s, const char *command, const struct migrate_options *options,
              struct report *report, struct error *e);
/* Settles what earlier runs left open; E_DOUBT when something stays open. */
int settle_first(struct session *s, const struct migrate_options *options, struct report *report,
                 struct error *e);
/* What the options ask of a plan, and what this system and the servers have room for; the survey
 * must outlive it. */
struct plan_request migrate_request(const struct session *s, const struct migrate_options *options,
                                    const struct survey *survey);
/* A plan under the hold: asks, records, runs, reports. Nothing to do is fine. */
int run_plan(struct session *s, const struct planned *planned,
             const struct migrate_options *options, struct report *report, struct error *e);

#endif
