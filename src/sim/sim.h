/*
 * The simulator: drives the machine (core/run.h) through imagined worlds, drawn from a seed.
 *
 *   script   what the seed draws: the fleet, the policy, which faults are about          (script.c)
 *   world    what outlives a process: tenants, decision files          (world.c), the run log
 * (log.c) life     one process: a machine, a clock, calls under way; ends by itself or crashes
 * (life.c) call     participants and the run log: what they do and answer   (call.c), what fails
 * (fault.c) schedule lives one after the other, each recovering from the one before, the last in a
 * world that has healed                                                           (schedule.c)
 *
 * The world sees everything and holds the machine to the promises (promise.c), at each effect and
 * after each event. A broken promise ends the schedule with a sentence; the seed repeats it, and
 * the shrinker finds a short schedule that breaks the same promise (shrink.c).
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "core/state.h"
#include "sim/prng.h"

enum { SIM_FLEETS = 5, SIM_WEATHERS = 10, SIM_CELLS = SIM_FLEETS * SIM_WEATHERS };

/* What the machine is held to. */
enum promise {
    PROMISE_KEPT,
    PROMISE_DECISION, /* no tenant commits without a decision */
    PROMISE_ONCE,     /* no two decisions for one group */
    PROMISE_FINISH,   /* decided groups finish when all heal */
    PROMISE_UNDO,     /* undo touches exactly the run's tenants */
    PROMISE_LOST,     /* a lost answer is never taken for yes */
    PROMISE_WHOLE,    /* no group is torn */
    PROMISE_RECORD,   /* nothing is done before its record is durable */
    PROMISE_OUTCOME,  /* the run says truly how it ended */
    PROMISE_PORT,     /* the machine keeps to its tables and to the port */
    PROMISES
};

const char *promise_text(enum promise promise);

/* To see that a promise is really watched, the simulator can be told to lie to the machine. */
enum sim_lie {
    LIE_NONE,
    LIE_LOG,       /* the decision's record is said to be durable, and is not */
    LIE_DECISION,  /* the decision fell, and the answer is a certain no */
    LIE_HEALING,   /* the world is said to have healed, and no tenant ever settles */
    LIE_UNDO,      /* an undo names a tenant that is not the run's */
    LIE_LOST_VOTE, /* a lost vote is handed on as a yes */
    SIM_LIES
};

const char *sim_lie_name(enum sim_lie lie);
enum promise sim_lie_breaks(enum sim_lie lie);

/* Which arrows of the tables were taken, [from][to], and what the group under way was at when the
 * process died. */
struct sim_cover {
    uint64_t run[RUN_STATES][RUN_STATES];
    uint64_t group[GROUP_STATES][GROUP_STATES];
    uint64_t member[MEMBER_STATES][MEMBER_STATES];
    uint64_t crashes[GROUP_STATES];
};

struct sim_result {
    enum promise broken;
    const char *how; /* the sentence before its numbers are filled in: which check it was */
    struct str wrong;
    uint64_t events;
    uint32_t lives;
    enum run_state outcome;
};

struct sim_trace { /* a line at a time; line NULL: no trace */
    void (*line)(void *ctx, const char *text);
    void *ctx;
};

struct sim_task {
    uint64_t seed;
    enum sim_lie lie;
    struct tape *tape; /* NULL, or recorded, or played */
    struct sim_trace trace;
};

/* One schedule. cover is added to; result is filled, to be freed with str_free(&result->wrong). */
void sim_run(const struct sim_task *task, struct sim_cover *cover, struct sim_result *result);

struct sim_shrunk {
    struct tape tape; /* played, it breaks the same promise */
    uint64_t events_before, events;
    size_t draws_before, draws; /* of the tape, that are not 0 */
    uint32_t tries;
};

/* Shortens the schedule of a seed that breaks a promise; false: it breaks none. The tape's values
 * are to be freed. */
bool sim_shrink(uint64_t seed, enum sim_lie lie, struct sim_shrunk *out);

/* A seed's cell: which kind of fleet in which weather, e.g. "mixed fleet, crashes". */
uint32_t sim_cell(uint64_t seed);
void sim_cell_name(uint32_t cell, struct str *name);

/* What of the tables was never taken, a line each; and how many there are. */
struct sim_counts {
    uint32_t states, entered, arrows, taken, crash_states, crashed;
};

void sim_cover_missing(const struct sim_cover *cover, struct str *out);
void sim_cover_list(const struct sim_cover *cover, struct str *out); /* how often each */
struct sim_counts sim_cover_count(const struct sim_cover *cover);

/* The three state diagrams, Graphviz dot, from the tables. */
void sim_dot(struct str *out);

#endif
