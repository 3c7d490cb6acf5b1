#include "runtime/drive.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "runtime/crew.h"
#include "runtime/timers.h"

/* A participant of a group under way, and what is being asked of it. */
struct joined {
    uint32_t group;
    uint16_t index;
    struct participant *participant;
    uint8_t *slots; /* for settle */
};

/* An answer on its way from the crew to the machine. */
struct answer {
    struct answer *next;
    struct drive *drive;
    struct joined *joined;
    struct action action;
    struct event event;
    struct error cause;
};

struct drive {
    struct run *run;
    struct crew *crew;
    const struct world *world;
    struct timers timers;
    struct joined **joined;
    size_t n_joined, cap_joined;
    size_t under_way; /* tasks handed to the crew and not answered */
    int64_t next_tick_us;
    bool ended;
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    struct answer *first, **last; /* answers, in order */
};

/* --- the crew's side --- */

static enum event_kind answer_kind(enum action_kind kind)
{
    static const enum event_kind kinds[] = {
        [ACT_OPEN] = EV_OPENED,    [ACT_PREPARE] = EV_VOTED,  [ACT_SEAL] = EV_SEALED,
        [ACT_DECIDE] = EV_DECIDED, [ACT_SETTLE] = EV_SETTLED, [ACT_CLOSE] = EV_CLOSED,
        [ACT_ASK] = EV_FOUND,
    };

    return kinds[kind];
}

static int call(struct answer *a)
{
    struct participant *p = a->joined->participant;
    const struct participant_ops *ops = p->ops;

    switch (a->action.kind) {
    case ACT_OPEN:
        return ops->open(p, &a->cause);
    case ACT_PREPARE:
        return ops->prepare(p, a->action.slot, &a->event.guarantee, &a->cause);
    case ACT_SEAL:
        return ops->seal(p, &a->cause);
    case ACT_DECIDE:
        return ops->decide(p, &a->cause);
    case ACT_SETTLE:
        return ops->settle(p, a->action.verdict, a->joined->slots, &a->cause);
    case ACT_CLOSE:
        return ops->close(p, a->action.verdict, &a->cause);
    default:
        return ops->ask(p, &a->event.found, &a->cause);
    }
}

static void carry_out(void *arg)
{
    struct answer *a = arg;
    struct drive *d = a->drive;

    a->event.kind = answer_kind(a->action.kind);
    a->event.group = a->action.group;
    a->event.slot = a->action.slot;
    a->event.participant = a->action.participant;
    a->event.attempt = a->action.attempt;
    a->event.outcome = call(a);
    pthread_mutex_lock(&d->mutex);
    *d->last = a;
    d->last = &a->next;
    pthread_cond_signal(&d->answered);
    pthread_mutex_unlock(&d->mutex);
}

/* --- the machine's side --- */

static struct joined *find_joined(const struct drive *d, uint32_t group, uint16_t index)
{
    for (size_t i = d->n_joined; i-- > 0;)
        if (d->joined[i]->group == group && d->joined[i]->index == index)
            return d->joined[i];
    return NULL;
}

static void free_joined(struct joined *joined)
{
    if (joined->participant)
        joined->participant->ops->free(joined->participant);
    free(joined->slots);
    free(joined);
}

static struct joined *new_joined(struct drive *d, const struct action *action,
                                 const struct group *g)
{
    struct joined *joined = calloc(1, sizeof *joined);

    if (!joined)
        return NULL;
    *joined = (struct joined){.group = g->id, .index = action->participant};
    joined->slots = malloc(g->n ? g->n : 1);
    if (joined->slots)
        joined->participant =
            d->world->join(d->world->ctx, g, action->participant, action->kind == ACT_ASK);
    if (!joined->participant ||
        !array_room(&d->joined, d->n_joined, &d->cap_joined, sizeof *d->joined)) {
        free_joined(joined);
        return NULL;
    }
    d->joined[d->n_joined++] = joined;
    return joined;
}

static void free_group(struct drive *d, uint32_t group)
{
    size_t kept = 0;

    for (size_t i = 0; i < d->n_joined; i++) {
        if (d->joined[i]->group == group)
            free_joined(d->joined[i]);
        else
            d->joined[kept++] = d->joined[i];
    }
    d->n_joined = kept;
}

static int hand_over(struct drive *d, const struct action *action)
{
    const struct group *g = run_group(d->run, action->group);
    struct joined *joined = find_joined(d, action->group, action->participant);
    struct answer *a;

    if (!joined)
        joined = new_joined(d, action, g);
    a = joined ? calloc(1, sizeof *a) : NULL;
    if (!a)
        return E_FATAL;
    *a = (struct answer){.drive = d, .joined = joined, .action = *action};
    if (action->kind == ACT_SETTLE)
        group_slots(g, action->participant, joined->slots);
    d->under_way++;
    if (crew_submit(d->crew, carry_out, a) == E_OK)
        return E_OK;
    d->under_way--;
    free(a);
    return E_FATAL;
}

static int write_log(struct drive *d, const struct action *action)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    const struct group *g = run_group(d->run, action->group);
    struct event event = {.kind = EV_LOGGED, .group = action->group, .record = action->record};

    event.outcome = d->world->log(d->world->ctx, d->run, g, action->slot, action->record, &cause);
    event.cause = &cause;
    if (action->record == RECORD_SETTLED)
        free_group(d, action->group);
    return record_is_forced(action->record) ? run_handle(d->run, &event) : E_OK;
}

static int carry(struct drive *d, const struct action *action)
{
    struct event event = {.kind = EV_TIMER,
                          .group = action->group,
                          .slot = action->slot,
                          .participant = action->participant,
                          .timer = action->timer};

    switch (action->kind) {
    case ACT_LOG:
        return write_log(d, action);
    case ACT_TIMER:
        return timers_add(&d->timers, clock_mono_us() + action->ms * 1000, &event) ? E_OK : E_FATAL;
    case ACT_END:
        d->ended = true;
        return E_OK;
    default:
        return hand_over(d, action);
    }
}

static int drain(struct drive *d)
{
    struct action action;
    int r = E_OK;

    while (r == E_OK && run_next(d->run, &action))
        r = carry(d, &action);
    return r;
}

static struct answer *take_answers(struct drive *d, int64_t until_us)
{
    struct answer *all;
    struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};

    pthread_mutex_lock(&d->mutex);
    while (!d->first)
        if (pthread_cond_timedwait(&d->answered, &d->mutex, &until) != 0)
            break;
    all = d->first;
    d->first = NULL;
    d->last = &d->first;
    pthread_mutex_unlock(&d->mutex);
    return all;
}

static int feed(struct drive *d, struct answer *all)
{
    int r = E_OK;

    while (all) {
        struct answer *a = all;

        all = a->next;
        d->under_way--;
        a->event.cause = &a->cause;
        a->event.slots = a->action.kind == ACT_SETTLE ? a->joined->slots : NULL;
        if (r == E_OK)
            r = run_handle(d->run, &a->event);
        if (r == E_OK)
            r = drain(d);
        error_clear(&a->cause);
        free(a);
    }
    return r;
}

static int tick(struct drive *d)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    struct event event = {.kind = EV_ABORT, .cause = &cause};
    int64_t now = clock_mono_us();

    if (d->world->progress)
        d->world->progress(d->world->ctx, d->run);
    if (now < d->next_tick_us)
        return E_OK;
    d->next_tick_us = now + DRIVE_TICK_MS * 1000;
    if (!d->world->asked || !d->world->asked(d->world->ctx, &cause))
        return E_OK;
    return run_handle(d->run, &event);
}

static int fire_timers(struct drive *d)
{
    struct event event;
    int r = E_OK;

    while (r == E_OK && timers_take(&d->timers, clock_mono_us(), &event)) {
        r = run_handle(d->run, &event);
        if (r == E_OK)
            r = drain(d);
    }
    return r;
}

static int step(struct drive *d)
{
    int64_t until = timers_next(&d->timers, d->next_tick_us);
    int r = feed(d, take_answers(d, until));

    if (r == E_OK)
        r = fire_timers(d);
    if (r == E_OK)
        r = tick(d);
    return r == E_OK ? drain(d) : r;
}

/* Tasks that the crew still has point into us: they must be over before we go. */
static void wait_for_all(struct drive *d)
{
    while (d->under_way) {
        struct answer *all = take_answers(d, clock_mono_us() + 1000000);

        while (all) {
            struct answer *next = all->next;

            d->under_way--;
            error_clear(&all->cause);
            free(all);
            all = next;
        }
    }
}

static void init(struct drive *d)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&d->mutex, NULL);
    pthread_cond_init(&d->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    d->last = &d->first;
    d->next_tick_us = clock_mono_us() + DRIVE_TICK_MS * 1000;
}

int drive(struct run *run, struct crew *crew, const struct world *world)
{
    struct drive d = {.run = run, .crew = crew, .world = world};
    int r;

    init(&d);
    r = run_handle(run, &(struct event){.kind = EV_BEGIN});
    if (r == E_OK)
        r = drain(&d);
    while (r == E_OK && !d.ended)
        r = step(&d);
    wait_for_all(&d);
    for (size_t i = 0; i < d.n_joined; i++)
        free_joined(d.joined[i]);
    free(d.joined);
    timers_free(&d.timers);
    pthread_cond_destroy(&d.answered);
    pthread_mutex_destroy(&d.mutex);
    return r;
}
