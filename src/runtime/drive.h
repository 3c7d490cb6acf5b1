/*
 * The runtime: carries a run of the machine through the real world. One thread (the caller's) owns
 * the machine and the run log; the crew carries out what blocks. Answers come back as events.
 */
#ifndef RUNTIME_DRIVE_H
#define RUNTIME_DRIVE_H

#include <stdbool.h>

#include "core/run.h"

struct crew;

/* What the run is carried through; given by the use case. All calls come from drive's thread. */
struct world {
    void *ctx;
    /* The participant of a group, made when the group opens or is asked. NULL: out of memory. */
    struct participant *(*join)(void *ctx, const struct group *g, uint16_t participant,
                                bool recovered);
    /* Appends the record (REFUSED: of this slot); durable on return when forced. g: NULL at END. */
    int (*log)(void *ctx, const struct run *run, const struct group *g, uint32_t slot,
               enum record_kind record, struct error *e);
    /* Called after each batch of events, at least every DRIVE_TICK_MS. May be NULL. */
    void (*progress)(void *ctx, const struct run *run);
    /* Polled every DRIVE_TICK_MS: does somebody ask the run to stop? e says who. May be NULL. */
    bool (*asked)(void *ctx, struct error *e);
};

enum { DRIVE_TICK_MS = 100 };

/* From EV_BEGIN to ACT_END; the outcome is in the run. <0: the machine could not go on. */
int drive(struct run *run, struct crew *crew, const struct world *world);

#endif
