#include "sim/life.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 20000 };

/* The machine ends its process at a move that its tables do not know; here only the schedule. */
static void count(struct life *l, uint64_t *arrow, const struct state_row *from,
                  const struct move *move, const char *what)
{
    if (!(from->next & (1u << move->to))) {
        world_wrong(l->world, PROMISE_PORT, "a %s that %s moves where no arrow leads", what,
                    from->sentence);
        longjmp(l->out, 1);
    }
    ++*arrow;
}

static void moved(void *ctx, const struct move *move)
{
    struct life *l = ctx;
    unsigned from = move->from, to = move->to;

    trace_move(l, move);
    if (move->machine == MACHINE_RUN)
        count(l, &l->cover->run[from][to], run_state_row((enum run_state)from), move, "run");
    else if (move->machine == MACHINE_GROUP)
        count(l, &l->cover->group[from][to], group_state_row((enum group_state)from), move,
              "group");
    else
        count(l, &l->cover->member[from][to], member_state_row((enum member_state)from), move,
              "member");
}

/* Somebody holds it for some tries, or for good. */
static uint16_t draw_busy(struct life *l)
{
    bool busy = prng_chance(l->prng, l->weather->vote_busy);
    uint32_t tries = l->weather->vote_busy ? prng_below(l->prng, 14) : 0;

    if (!busy)
        return 0;
    return tries < 10 ? (uint16_t)(1 + tries % 4) : 9999;
}

/* For all there may be, see script.c. */
static void draw_tenants(struct life *l)
{
    const struct weather *w = l->weather;

    for (uint32_t i = 0; i < SIM_BRANCHES; i++) {
        l->refuses[i] = prng_chance(l->prng, w->vote_no);
        l->refuses_undo[i] = prng_chance(l->prng, w->undo_no);
        l->refuses_forward[i] = prng_chance(l->prng, w->forward_no);
        l->loses[i] = prng_chance(l->prng, w->vote_lost);
        l->stuck[i] = prng_chance(l->prng, w->settle_stuck);
        l->busy[i] = draw_busy(l);
    }
}

static void add_groups(struct life *l)
{
    const struct script *s = l->world->script;
    uint8_t guarantees[SIM_TENANTS];

    for (uint32_t i = 0; i < s->tenants; i++)
        guarantees[i] = s->guarantee[s->branch[i]];
    for (uint32_t i = 0; i < s->groups; i++)
        run_add_group(l->run, s->branch + s->first[i], guarantees + s->first[i],
                      s->first[i + 1] - s->first[i]);
}

static void replay(struct life *l)
{
    if (setjmp(l->out))
        return;
    for (size_t i = 0; i < l->world->n_log; i++)
        if (run_replay(l->run, &l->world->log[i]) != E_OK)
            world_wrong(l->world, PROMISE_RECORD, "record %zu cannot be replayed", i);
}

static void add_answer(struct life *l, int64_t in_ms, const struct event *event, bool says_yes)
{
    struct item item = {.at = l->now + in_ms,
                        .seq = l->seq++,
                        .kind = ITEM_EVENT,
                        .event = *event,
                        .says_yes = says_yes};

    queue_add(&l->queue, &item);
}

static void add_event(struct life *l, int64_t in_ms, const struct event *event)
{
    add_answer(l, in_ms, event, false);
}

/* Mostly early, where most of the machine's work is; now and then anywhere. */
static void draw_crash(struct life *l)
{
    uint32_t usual = 20 + 12 * l->world->script->tenants;

    l->crash_at = UINT64_MAX;
    if (prng_chance(l->prng, l->weather->crash))
        l->crash_at = prng_below(l->prng, prng_chance(l->prng, 100) ? 6 * usual : usual);
}

void life_init(struct life *l, struct world *world, struct prng *prng,
               const struct weather *weather, bool first)
{
    const struct event begin = {.kind = EV_BEGIN}, stop = {.kind = EV_ABORT};

    l->world = world;
    l->prng = prng;
    l->weather = weather;
    l->run = run_new(&world->script->policy);
    l->run->watch = moved;
    l->run->watch_ctx = l;
    add_groups(l);
    if (!first) {
        replay(l);
        l->run->recovering = true;
    }
    draw_tenants(l);
    draw_crash(l);
    fault_draw(l);
    add_event(l, 0, &begin);
    if (prng_chance(prng, weather->asked_to_stop))
        add_event(l, prng_range(prng, 0, 300), &stop);
}

void life_free(struct life *l)
{
    run_free(l->run);
    free(l->queue.items);
    arena_free(&l->arena);
}

static bool is_participants(const struct action *a)
{
    return a->kind != ACT_LOG && a->kind != ACT_PREPARE;
}

/* A participant has one call at a time, but for votes. */
static void begin_call(struct life *l, const struct action *a)
{
    struct item item;

    if (is_participants(a) && l->calling[a->participant])
        world_wrong(l->world, PROMISE_PORT, "participant %u is called while it is at work",
                    a->participant);
    if (is_participants(a))
        l->calling[a->participant] = true;
    call_begin(l, a, &item);
    item.at = l->now + prng_range(l->prng, 0, 20);
    fault_cut(l, &item);
    item.seq = l->seq++;
    l->calls++;
    queue_add(&l->queue, &item);
}

static void carry_out(struct life *l, const struct action *a)
{
    const struct event timer = {.kind = EV_TIMER,
                                .timer = a->timer,
                                .group = a->group,
                                .participant = a->participant,
                                .slot = a->slot};

    trace_action(l, a);
    if (a->kind == ACT_END)
        l->over = true;
    else if (a->kind == ACT_TIMER)
        add_event(l, a->ms, &timer);
    else if (a->kind != ACT_LOG || record_is_forced(a->record))
        begin_call(l, a);
}

static void tell(struct life *l, struct item *item)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    struct event *event = &item->event;
    struct action action;

    trace_event(l, event);
    if (item->says_yes)
        world_heard_yes(l->world, event->group, event->slot);
    if (event->outcome != E_OK) {
        error_set(&cause, event->outcome, "simulated");
        event->cause = &cause;
    }
    if (run_handle(l->run, event) != E_OK)
        world_wrong(l->world, PROMISE_PORT, "the machine is out of memory");
    while (run_next(l->run, &action))
        carry_out(l, &action);
}

static void answer(struct life *l, const struct item *item)
{
    int64_t delay = prng_range(l->prng, 0, 5);

    l->calls--;
    if (is_participants(&item->action))
        l->calling[item->action.participant] = false;
    add_answer(l, delay, &item->event, item->says_yes);
    if (item->lost)
        add_event(l, delay + prng_range(l->prng, 0, 200), &item->truth);
    if (prng_chance(l->prng, l->weather->repeat))
        add_event(l, delay + prng_range(l->prng, 0, 50), &item->event);
}

static void end_call(struct life *l, struct item *item)
{
    call_end(l, item);
    if (item->silent) {
        trace_text(l, "    ... and no answer comes");
        l->silent++;
    } else {
        answer(l, item);
    }
}

static void happen(struct life *l, struct item *item)
{
    if (item->kind == ITEM_EFFECT) {
        end_call(l, item);
    } else if (item->kind == ITEM_EVENT) {
        tell(l, item);
    } else {
        trace_text(l, "*** participant %u dies", item->action.participant);
        world_dies(l->world, item->action.participant);
    }
}

/* Of what is under way, some happens before the lights go out. */
static void crash(struct life *l)
{
    struct item item;

    trace_text(l, "*** crash");
    if (l->run->n_groups)
        l->cover->crashes[l->run->groups[l->run->current]->state]++;
    while (queue_take(&l->queue, &item))
        if (item.kind == ITEM_EFFECT)
            call_effect(l, &item, prng_below(l->prng, item.steps + 1));
}

static bool run_on(struct life *l)
{
    struct item item;

    while (!l->over && !l->world->broken) {
        if (l->events == l->crash_at || (!l->queue.n && l->silent)) {
            crash(l); /* or somebody had enough of waiting */
            return false;
        }
        if (!queue_take(&l->queue, &item)) {
            world_wrong(l->world, PROMISE_FINISH, "the run stands still");
            return false;
        }
        if (++l->events > MAX_EVENTS)
            world_wrong(l->world, PROMISE_FINISH, "the run does not come to an end");
        l->now = item.at;
        happen(l, &item);
        world_check(l->world);
    }
    if (l->over && l->calls)
        world_wrong(l->world, PROMISE_PORT, "the run ended with %u calls under way", l->calls);
    return true;
}

bool life_run(struct life *l)
{
    return setjmp(l->out) ? false : run_on(l);
}
