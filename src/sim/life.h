/*
 * One process: a machine, a clock, calls under way. It ends by itself, or crashes: then of each
 * call under way a part has happened, from nothing to all, and no answer arrives.
 */
#ifndef SIM_LIFE_H
#define SIM_LIFE_H

#include <setjmp.h>

#include "sim/sim.h"
#include "sim/world.h"

enum item_kind {
    ITEM_EFFECT, /* a call comes to its end: what it does happens now, the answer follows */
    ITEM_EVENT,  /* the machine is told */
    ITEM_DEATH,  /* a participant dies */
};

enum { SLOT_NOT_MINE = 255 }; /* in item->slots: settled before, or another's */

struct item {
    int64_t at;
    uint64_t seq;
    enum item_kind kind;
    struct action action; /* EFFECT */
    uint32_t steps;       /* EFFECT: how many of its steps happen */
    bool silent;          /* EFFECT: nothing of its answer is ever heard */
    bool lost;            /* EFFECT: "nobody knows" is answered; `truth` comes later, or never */
    bool says_yes;        /* EVENT: the first answer, and truly a yes */
    struct replayed record;
    struct event event; /* EVENT, and the answer of an EFFECT */
    struct event truth;
    uint8_t *slots;
};

struct queue { /* a heap by time, then by order of arrival */
    struct item *items;
    size_t n, cap;
};

struct life {
    struct world *world;
    struct run *run;
    struct prng *prng;
    const struct weather *weather;
    const struct sim_trace *trace;
    struct sim_cover *cover;
    enum sim_lie lie;
    struct queue queue;
    struct arena arena;
    jmp_buf out; /* of a move that no table knows */
    int64_t now;
    uint64_t seq, events;
    uint64_t crash_at; /* event number; UINT64_MAX: never */
    bool over, log_dead;
    uint32_t calls;  /* under way */
    uint32_t silent; /* of them, those that will never be answered */
    bool calling[SIM_PARTICIPANTS];
    int64_t down_from[SIM_PARTICIPANTS], down_until[SIM_PARTICIPANTS];
    /* how the tenants are today */
    bool refuses[SIM_BRANCHES], refuses_undo[SIM_BRANCHES], refuses_forward[SIM_BRANCHES];
    bool loses[SIM_BRANCHES], stuck[SIM_BRANCHES];
    uint16_t busy[SIM_BRANCHES];
};

/* Runs until the end or a crash; true: the end. */
bool life_run(struct life *life);
void life_init(struct life *life, struct world *world, struct prng *prng,
               const struct weather *weather, bool first);
void life_free(struct life *life);

/* call.c: what a participant or the run log does with an action, and what it answers. */
void call_begin(struct life *life, const struct action *action, struct item *item);
void call_end(struct life *life, struct item *item);
void call_effect(struct life *life, const struct item *item, uint32_t steps);

/* fault.c: what befalls a call, whatever it is about. */
void fault_draw(struct life *life);                   /* who dies in this life, and when */
void fault_cut(struct life *life, struct item *item); /* a call that is about to be under way */

/* lie.c: what the machine is told that is not so. */
void lie_answer(const struct life *life, struct item *item);
void lie_record(const struct life *life, struct item *item, uint32_t *branches);

/* queue.c */
void queue_add(struct queue *q, const struct item *item);
bool queue_take(struct queue *q, struct item *item); /* the earliest */

/* trace.c: a line each */
void trace_text(const struct life *life, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void trace_event(const struct life *life, const struct event *event);
void trace_action(const struct life *life, const struct action *action);
void trace_move(const struct life *life, const struct move *move);

#endif
