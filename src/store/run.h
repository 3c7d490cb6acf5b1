/* The index of runs, kept beside the log. Inside the store. */
#ifndef STORE_RUN_H
#define STORE_RUN_H

#include "store/log.h"

/* Within the transaction that appends the event: what it says about its run. */
int run_note(struct store *store, const struct log_event *event, struct error *e);

#endif
