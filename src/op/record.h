/*
 * Records of the machine as events of the run log, and back. Members are written as ranges of
 * branches ([first, n]), so that a large group is a short event; each failure has its own.
 */
#ifndef OP_RECORD_H
#define OP_RECORD_H

#include <stdbool.h>

#include "core/run.h"

struct error;
struct job;
struct log_event;
struct store;
struct str;

int record_write(const struct job *job, const struct run *run, const struct group *g, uint32_t slot,
                 enum record_kind record, struct str *body);
int record_append(struct store *store, const char *run, const char *kind, const struct str *body,
                  bool forced, struct error *e);
/* Tells the machine what the event recorded; events of other kinds are passed over. */
int record_replay(const struct job *job, struct run *machine, const struct log_event *event,
                  struct error *e);

#endif
