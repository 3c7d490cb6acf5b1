/* See world.h. */
#include "world.h"

#include <stdlib.h>

#include "base/mem.h"

enum { MOST_STEPS = 100000 };

static int outcome(struct input *in)
{
    static const int outcomes[] = {E_OK,    E_OK, E_REFUSED, E_BUSY,
                                   E_DOUBT, E_OK, E_NOMEM,   E_CHANGED};

    return outcomes[input_byte(in) % 8];
}

/* What was settled goes with the outcome, mostly. */
static void settle(const struct run *run, const struct action *a, struct event *event,
                   uint8_t *slots, struct input *in)
{
    const struct group *g = run_group(run, a->group);

    group_slots(g, a->participant, slots);
    for (uint32_t i = 0; i < g->n; i++)
        if (slots[i] == SETTLE_NOT_YET)
            slots[i] = event->outcome == E_OK ? SETTLE_DONE : input_byte(in) % 3;
    event->slots = slots;
}

static void answer(struct run *run, const struct action *a, struct event *event, struct input *in)
{
    const struct group *g = run_group(run, a->group);
    CLEANUP_FREE uint8_t *slots = calloc(g ? g->n + 1 : 1, 1);

    event->outcome = outcome(in);
    if (a->kind == ACT_SETTLE)
        settle(run, a, event, slots, in);
    event->found = (enum found)(input_byte(in) % 4);
    event->guarantee = (enum guarantee)(input_byte(in) % GUARANTEES);
    run_handle(run, event);
}

static void logged(struct run *run, const struct action *a, struct input *in,
                   const struct world_log *log)
{
    struct event event = {.kind = EV_LOGGED, .group = a->group, .record = a->record};

    event.outcome = input_byte(in) % 16 == 15 ? E_FATAL : E_OK;
    if (log && event.outcome == E_OK)
        log->append(log->ctx, run, a);
    if (record_is_forced(a->record))
        run_handle(run, &event);
}

/* A deadline that never comes, and a hold that ends when the input says so. */
static void timer(struct run *run, const struct action *a, struct input *in)
{
    struct event event = {.kind = EV_TIMER, .group = a->group, .slot = a->slot, .timer = a->timer};

    event.participant = a->participant;
    if (a->timer == TIMER_DEADLINE || (a->timer == TIMER_HOLD && input_byte(in) < 250))
        return;
    run_handle(run, &event);
}

static void carry_out(struct run *run, const struct action *a, struct input *in,
                      const struct world_log *log)
{
    static const enum event_kind kinds[] = {
        [ACT_OPEN] = EV_OPENED,    [ACT_PREPARE] = EV_VOTED,  [ACT_SEAL] = EV_SEALED,
        [ACT_DECIDE] = EV_DECIDED, [ACT_SETTLE] = EV_SETTLED, [ACT_CLOSE] = EV_CLOSED,
        [ACT_ASK] = EV_FOUND};
    struct event event = {
        .group = a->group, .slot = a->slot, .participant = a->participant, .attempt = a->attempt};

    if (a->kind == ACT_LOG) {
        logged(run, a, in, log);
    } else if (a->kind == ACT_TIMER) {
        timer(run, a, in);
    } else if (a->kind != ACT_END) {
        event.kind = kinds[a->kind];
        answer(run, a, &event, in);
    }
}

void world_drive(struct run *run, struct input *in, const struct world_log *log)
{
    struct event begin = {.kind = EV_BEGIN};
    struct action action;
    int steps = 0;

    run_handle(run, &begin);
    while (run_next(run, &action)) {
        PROMISE(steps++ < MOST_STEPS, "a run ends");
        carry_out(run, &action, in, log);
    }
    PROMISE(run->outcome == RUN_DONE || run->outcome == RUN_NOT_DONE ||
                run->outcome == RUN_PARTIAL || run->outcome == RUN_DOUBT,
            "a run ends with an outcome");
    PROMISE(run->kept <= run->wanted, "no more tenants are kept than the plan has");
}
