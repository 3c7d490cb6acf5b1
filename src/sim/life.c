#include "sim/life.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_EVENTS = 20000 };

static void moved(void *ctx, const struct move *move)
{
    struct life *l = ctx;

    trace_move(l, move);
    if (move->machine == MACHINE_RUN)
        l->cover->run[move->from][move->to]++;
    else if (move->machine == MACHINE_GROUP)
        l->cover->group[move->from][move->to]++;
    else
        l->cover->member[move->from][move->to]++;
}

static void draw_tenants(struct life *l)
{
    const struct weather *w = l->weather;

    for (uint32_t i = 0; i < l->world->script->tenants; i++) {
        l->refuses[i] = prng_chance(l->prng, w->vote_no);
        l->refuses_undo[i] = prng_chance(l->prng, w->undo_no);
        l->refuses_forward[i] = prng_chance(l->prng, w->forward_no);
        l->loses[i] = prng_chance(l->prng, w->vote_lost);
        l->stuck[i] = prng_chance(l->prng, w->settle_stuck);
        if (prng_chance(l->prng, w->vote_busy))
            l->busy[i] = (uint16_t)(prng_chance(l->prng, 700) ? 1 + prng_below(l->prng, 4) : 9999);
    }
}

static void add_groups(struct life *l)
{
    const struct script *s = l->world->script;
    uint32_t branches[SIM_TENANTS];

    for (uint32_t i = 0; i < s->tenants; i++)
        branches[i] = i;
    for (uint32_t i = 0; i < s->groups; i++)
        run_add_group(l->run, branches + s->first[i], s->guarantee + s->first[i],
                      s->first[i + 1] - s->first[i]);
}

static void replay(struct life *l)
{
    for (size_t i = 0; i < l->world->n_log; i++)
        if (run_replay(l->run, &l->world->log[i]) != E_OK)
            world_wrong(l->world, "record %zu cannot be replayed", i);
}

static void add_event(struct life *l, int64_t in_ms, const struct event *event)
{
    struct item item = {.at = l->now + in_ms, .seq = l->seq++, .kind = ITEM_EVENT, .event = *event};

    queue_add(&l->queue, &item);
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
    l->crash_at = UINT64_MAX;
    if (prng_chance(prng, weather->crash))
        l->crash_at = prng_below(prng, 20 + 12 * world->script->tenants);
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
        world_wrong(l->world, "participant %u is called while it is at work", a->participant);
    if (is_participants(a))
        l->calling[a->participant] = true;
    call_begin(l, a, &item);
    item.at = l->now + prng_range(l->prng, 0, 20);
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

static void tell(struct life *l, struct event *event)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    struct action action;

    trace_event(l, event);
    if (event->outcome != E_OK) {
        error_set(&cause, event->outcome, "simulated");
        event->cause = &cause;
    }
    if (run_handle(l->run, event) != E_OK)
        world_wrong(l->world, "the machine is out of memory");
    while (run_next(l->run, &action))
        carry_out(l, &action);
}

static void end_call(struct life *l, struct item *item)
{
    int64_t delay = prng_range(l->prng, 0, 5);

    call_end(l, item);
    l->calls--;
    if (is_participants(&item->action))
        l->calling[item->action.participant] = false;
    add_event(l, delay, &item->event);
    if (item->event.outcome != E_BUSY && prng_chance(l->prng, l->weather->repeat))
        add_event(l, delay + prng_range(l->prng, 0, 50), &item->event);
}

/* Of what is under way, some happens before the lights go out. */
static void crash(struct life *l)
{
    struct item item;

    trace_text(l, "*** crash");
    while (queue_take(&l->queue, &item))
        if (item.kind == ITEM_EFFECT)
            call_effect(l, &item, prng_below(l->prng, item.steps + 1));
}

bool life_run(struct life *l)
{
    struct item item;

    while (!l->over && !l->world->wrong.len) {
        if (l->events == l->crash_at) {
            crash(l);
            return false;
        }
        if (!queue_take(&l->queue, &item)) {
            world_wrong(l->world, "the run stands still");
            return false;
        }
        if (++l->events > MAX_EVENTS)
            world_wrong(l->world, "the run does not come to an end");
        l->now = item.at;
        if (item.kind == ITEM_EFFECT)
            end_call(l, &item);
        else
            tell(l, &item.event);
        world_check(l->world);
    }
    if (l->over && l->calls)
        world_wrong(l->world, "the run ended with %u calls under way", l->calls);
    return true;
}
