/* The run: its groups in order, its end; dispatch of events. The model is in run.h. */
#include "core/run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/machine.h"

void set_run(struct run *run, enum run_state state)
{
    assert(run_state_row(run->state)->next & (1u << state));
    run->state = state;
}

void set_group(struct group *g, enum group_state state)
{
    assert(group_state_row(g->state)->next & (1u << state));
    g->state = state;
    g->tries = 0;
    g->waited_ms = 0;
}

void set_member(struct member *m, enum member_state state)
{
    assert(member_state_row((enum member_state)m->state)->next & (1u << state));
    m->state = (uint8_t)state;
}

void act(struct run *run, struct action action)
{
    if (run->first_action == run->n_actions)
        run->first_action = run->n_actions = 0;
    if (!array_room(&run->actions, run->n_actions, &run->cap_actions, sizeof action)) {
        run->out_of_memory = true;
        return;
    }
    run->actions[run->n_actions++] = action;
}

bool run_next(struct run *run, struct action *action)
{
    if (run->first_action == run->n_actions)
        return false;
    *action = run->actions[run->first_action++];
    return true;
}

void act_log(struct run *run, const struct group *g, enum record_kind record)
{
    act(run, (struct action){.kind = ACT_LOG, .group = g ? g->id : 0, .record = record});
}

void act_all(struct run *run, struct group *g, enum action_kind kind, enum verdict verdict)
{
    g->pending = g->participants;
    for (uint16_t p = 0; p < g->participants; p++)
        act(run, (struct action){
                     .kind = kind, .group = g->id, .participant = p, .verdict = verdict});
}

void act_timer(struct run *run, const struct group *g, enum timer timer, uint32_t slot, int64_t ms)
{
    act(run, (struct action){.kind = ACT_TIMER,
                             .group = g ? g->id : 0,
                             .timer = timer,
                             .slot = slot,
                             .ms = ms});
}

int64_t backoff_ms(uint16_t tries)
{
    return tries >= 6 ? 250 : 5 << tries;
}

struct failure *failure_add(struct run *run, uint32_t group, uint32_t branch, struct error *cause)
{
    struct failure *f;

    if (!array_room(&run->failures, run->n_failures, &run->cap_failures, sizeof *f)) {
        run->out_of_memory = true;
        return NULL;
    }
    f = &run->failures[run->n_failures++];
    *f = (struct failure){.group = group, .branch = branch};
    if (cause)
        error_move(&f->cause, cause);
    return f;
}

struct run *run_new(const struct run_policy *policy)
{
    struct run *run = calloc(1, sizeof *run);

    if (run)
        run->policy = *policy;
    return run;
}

/* Room in both lists; ids may skip numbers after a crash, so by_id grows to fit. */
static bool room_for_group(struct run *run)
{
    size_t need = (size_t)run->last_id + 2, old = run->cap_by_id;

    if (!array_room(&run->groups, run->n_groups, &run->cap_groups, sizeof(struct group *)))
        return false;
    while (run->cap_by_id < need)
        if (!array_room(&run->by_id, run->cap_by_id, &run->cap_by_id, sizeof(struct group *)))
            return false;
    if (run->cap_by_id > old)
        memset(run->by_id + old, 0, (run->cap_by_id - old) * sizeof(struct group *));
    return true;
}

struct group *group_add(struct run *run, size_t at, uint32_t n)
{
    struct group *g = calloc(1, sizeof *g);

    if (g)
        g->members = calloc(n ? n : 1, sizeof *g->members);
    if (!g || !g->members || !room_for_group(run)) {
        if (g)
            free(g->members);
        free(g);
        run->out_of_memory = true;
        return NULL;
    }
    g->id = ++run->last_id;
    run->by_id[g->id] = g;
    g->n = n;
    g->participants = 1;
    memmove(run->groups + at + 1, run->groups + at, (run->n_groups - at) * sizeof(struct group *));
    run->groups[at] = g;
    run->n_groups++;
    return g;
}

int run_add_group(struct run *run, const uint32_t *branches, const uint8_t *guarantees, uint32_t n)
{
    struct group *g = group_add(run, run->n_groups, n);

    if (!g)
        return E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        g->members[i] = (struct member){.branch = branches[i], .guarantee = guarantees[i]};
    run->planned = g->id;
    return E_OK;
}

void run_free(struct run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->n_groups; i++) {
        free(run->groups[i]->members);
        free(run->groups[i]);
    }
    for (size_t i = 0; i < run->n_failures; i++)
        error_clear(&run->failures[i].cause);
    error_clear(&run->stop_cause);
    free(run->groups);
    free(run->by_id);
    free(run->failures);
    free(run->actions);
    free(run);
}

struct group *run_group(const struct run *run, uint32_t id)
{
    return id <= run->last_id && id < run->cap_by_id ? run->by_id[id] : NULL;
}

static bool any_aborted(const struct run *run)
{
    for (size_t i = 0; i < run->n_groups; i++)
        if (run->groups[i]->state != GROUP_COMMITTED && !run->groups[i]->undoes)
            return true;
    return false;
}

static bool any_kept(const struct run *run)
{
    for (size_t i = 0; i < run->n_groups; i++) {
        const struct group *g = run->groups[i];

        if (g->state == GROUP_COMMITTED && !g->undoes && !g->undone)
            return true;
    }
    return false;
}

static enum run_state outcome(const struct run *run)
{
    if (run->doubt)
        return RUN_DOUBT;
    if (run->turned && any_kept(run))
        return RUN_PARTIAL;
    if (run->turned)
        return RUN_NOT_DONE;
    if (!run->n_failures && !run->stop && !run->recovering)
        return RUN_DONE;
    if (!any_kept(run))
        return any_aborted(run) ? RUN_NOT_DONE : RUN_DONE;
    return run->n_failures || any_aborted(run) ? RUN_PARTIAL : RUN_DONE;
}

static void run_end(struct run *run)
{
    run->outcome = outcome(run);
    set_run(run, RUN_ENDING);
    if (run->doubt) {
        /* It stays open in the log: recovery will end it. */
        set_run(run, RUN_DOUBT);
        act(run, (struct action){.kind = ACT_END});
    } else {
        act_log(run, NULL, RECORD_END);
    }
}

/* The end is durable, or cannot be: the groups are settled either way. */
static void run_ended(struct run *run)
{
    set_run(run, run->outcome);
    act(run, (struct action){.kind = ACT_END});
}

static bool must_turn(const struct run *run, const struct group *g)
{
    if (run->policy.scope != RUN_SCOPE_FLEET || g->undoes)
        return false;
    return run->stop || g->state == GROUP_ABORTED || run->n_failures;
}

static bool is_last(const struct run *run)
{
    return run->current + 1 >= run->n_groups;
}

void run_go_on(struct run *run)
{
    struct group *next;

    if (run->doubt || (run->turned && !undo_next(run))) {
        run_end(run);
        return;
    }
    if (run->turned)
        return;
    if (is_last(run) || run->stop) {
        run_end(run);
        return;
    }
    next = run->groups[++run->current];
    group_start(run, next);
}

void run_advance(struct run *run)
{
    struct group *g = run->groups[run->current];

    if (run->state == RUN_RECOVERING) {
        recover_next(run);
        return;
    }
    if (g->state == GROUP_DOUBT || (g->undoes && g->state == GROUP_ABORTED))
        run->doubt = true; /* nobody knows, or what should have gone back did not */
    if (g->state == GROUP_ABORTED && g->held_too_long && !run->stop && group_cut(run, g)) {
        run_go_on(run);
        return;
    }
    if (!run->turned && must_turn(run, g) &&
        !(g->state == GROUP_COMMITTED && is_last(run) && !run->n_failures)) {
        run->turned = true;
        if (run->state == RUN_RUNNING)
            set_run(run, RUN_UNDOING);
    }
    run_go_on(run);
}

bool run_is_over(const struct run *run)
{
    return run->state == RUN_DONE || run->state == RUN_NOT_DONE || run->state == RUN_PARTIAL ||
           run->state == RUN_DOUBT;
}

static void begin(struct run *run)
{
    if (run->recovering) {
        set_run(run, RUN_RECOVERING);
        recover_next(run);
        return;
    }
    set_run(run, RUN_RUNNING);
    if (run->policy.deadline_ms)
        act_timer(run, NULL, TIMER_DEADLINE, 0, run->policy.deadline_ms);
    if (run->n_groups)
        group_start(run, run->groups[0]);
    else
        run_end(run);
}

/* A request counts until the last decision; a group that is being taken back is not stopped. */
static void stop(struct run *run, struct error *cause)
{
    struct group *g = run->n_groups ? run->groups[run->current] : NULL;

    if (run->stop || run->turned || run->recovering || run->state != RUN_RUNNING)
        return;
    run->stop = true;
    if (cause)
        error_move(&run->stop_cause, cause);
    if (g && g->state == GROUP_PREPARING)
        group_refuse(run, g, NULL);
}

static void timer(struct run *run, const struct event *event)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    struct group *g;

    if (event->timer == TIMER_DEADLINE) {
        error_set(&cause, E_REFUSED, "not decided by the deadline");
        stop(run, &cause);
        return;
    }
    g = run_group(run, event->group);
    if (g)
        group_timer(run, g, event);
}

static void logged(struct run *run, const struct event *event)
{
    if (event->outcome != E_OK)
        run->log_dead = true;
    if (event->record == RECORD_END)
        run_ended(run);
    else
        group_logged(run, run_group(run, event->group), event);
}

int run_handle(struct run *run, const struct event *event)
{
    static void (*const by_group[])(struct run *, struct group *, const struct event *) = {
        [EV_OPENED] = group_opened,   [EV_VOTED] = member_voted,    [EV_SEALED] = group_sealed,
        [EV_DECIDED] = group_decided, [EV_SETTLED] = group_settled, [EV_CLOSED] = group_closed,
        [EV_FOUND] = group_found,
    };

    if (run_is_over(run))
        return E_OK;
    switch (event->kind) {
    case EV_BEGIN:
        begin(run);
        break;
    case EV_LOGGED:
        logged(run, event);
        break;
    case EV_TIMER:
        timer(run, event);
        break;
    case EV_ABORT:
        stop(run, event->cause);
        break;
    default:
        by_group[event->kind](run, run_group(run, event->group), event);
    }
    return run->out_of_memory ? E_FATAL : E_OK;
}
