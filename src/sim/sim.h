/*
 * The simulator: drives the machine (core/run.h) through imagined worlds, drawn from a seed.
 *
 *   script   what the seed draws: the fleet, the policy, which faults are about          (script.c)
 *   world    what outlives a process: tenants, decision files, the run log               (world.c)
 *   life     one process: a machine, a clock, calls under way; ends by itself or crashes  (life.c)
 *   schedule lives one after the other, each recovering from the one before, the last in a world
 *            that has healed                                                           (schedule.c)
 *
 * The world sees everything and holds the machine to the promises at each effect: nobody commits
 * without the decision, a group is decided once, what is closed is settled, and so on. A broken
 * promise ends the schedule with a sentence; the seed repeats it.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "core/state.h"

enum { SIM_FLEETS = 5, SIM_WEATHERS = 8, SIM_CELLS = SIM_FLEETS * SIM_WEATHERS };

/* Which arrows of the tables were taken, [from][to]. */
struct sim_cover {
    uint64_t run[RUN_STATES][RUN_STATES];
    uint64_t group[GROUP_STATES][GROUP_STATES];
    uint64_t member[MEMBER_STATES][MEMBER_STATES];
};

struct sim_result {
    struct str wrong; /* the broken promise; empty: none */
    uint64_t events;
    uint32_t lives;
    enum run_state outcome;
};

struct sim_trace { /* a line at a time; line NULL: no trace */
    void (*line)(void *ctx, const char *text);
    void *ctx;
};

/* One schedule. cover is added to; result is filled, to be freed with str_free(&result->wrong). */
void sim_run(uint64_t seed, const struct sim_trace *trace, struct sim_cover *cover,
             struct sim_result *result);

/* A seed's cell: which kind of fleet in which weather, e.g. "mixed fleet, crashes". */
uint32_t sim_cell(uint64_t seed);
void sim_cell_name(uint32_t cell, struct str *name);

/* Arrows of the tables that were never taken, and states never entered, a line each. */
void sim_cover_missing(const struct sim_cover *cover, struct str *out);
uint32_t sim_cover_arrows(const struct sim_cover *cover, uint32_t *taken); /* all there are */

/* The three state diagrams, Graphviz dot, from the tables. */
void sim_dot(struct str *out);

#endif
