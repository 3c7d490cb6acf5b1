/* A world for a machine that was told a log: it answers every action, as the input says, and well
 * when the input is used up. */
#ifndef TESTS_FUZZ_WORLD_H
#define TESTS_FUZZ_WORLD_H

#include "core/run.h"
#include "fuzz.h"

struct world_log {
    void (*append)(void *ctx, const struct run *run, const struct action *action);
    void *ctx;
};

/* From EV_BEGIN to the end of the run; promises that it ends. log: NULL, or told what is logged. */
void world_drive(struct run *run, struct input *in, const struct world_log *log);

#endif
