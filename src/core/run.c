/* The run: its groups in order, its end; dispatch of events. The model is in run.h. */
#include "core/run.h"

#include <stdlib.h>

#include "core/machine.h"

struct run *run_new(const struct run_policy *policy)
{
    struct run *run = calloc(1, sizeof *run);

    if (run)
        run->policy = *policy;
    return run;
}

int run_add_group(struct run *run, const uint32_t *branches, const uint8_t *guarantees, uint32_t n)
{
    struct group *g = group_add(run, run->n_groups, run->last_id + 1, n);

    if (!g)
        return E_NOMEM;
    for (uint32_t i = 0; i < n; i++)
        member_init(run, g, i, branches[i], guarantees[i]);
    run->wanted += n;
    return E_OK;
}

void run_free(struct run *run)
{
    if (!run)
        return;
    for (size_t i = 0; i < run->n_groups; i++)
        group_free(run->groups[i]);
    for (size_t i = 0; i < run->n_failures; i++)
        error_clear(&run->failures[i].cause);
    error_clear(&run->stop_cause);
    free(run->groups);
    free(run->by_id);
    free(run->failures);
    free(run->actions);
    free(run);
}

/* What is decided and cannot be recorded stays open, for recovery to end. */
static enum run_state outcome(const struct run *run)
{
    if (run->doubt || (run->log_dead && run->decisions))
        return RUN_DOUBT;
    if (run->kept == run->wanted)
        return RUN_DONE;
    return run->kept ? RUN_PARTIAL : RUN_NOT_DONE;
}

static void run_ended(struct run *run)
{
    run->outcome = outcome(run);
    set_run(run, run->outcome);
    act(run, (struct action){.kind = ACT_END});
}

/* A run in doubt stays open in the log: recovery will end it. So does one whose log is dead: its
 * decision files may be there still. */
static void run_end(struct run *run)
{
    set_run(run, RUN_ENDING);
    run->outcome = outcome(run);
    if (run->log_dead || run->outcome == RUN_DOUBT)
        run_ended(run);
    else
        act_log(run, NULL, RECORD_END);
}

static bool is_last(const struct run *run)
{
    return run->current + 1 >= run->n_groups;
}

void run_go_on(struct run *run)
{
    bool undoing = run->state == RUN_UNDOING;

    if (run->log_dead || (run->doubt && !undoing)) {
        run_end(run);
        return;
    }
    if (undoing && undo_next(run))
        return;
    if (undoing || run->state == RUN_RECOVERING || is_last(run) || run->stop) {
        run_end(run);
        return;
    }
    group_start(run, run->groups[++run->current]);
}

/* With scope fleet: can the run still get all tenants to the target? */
static bool must_turn(const struct run *run, const struct group *g)
{
    if (run->policy.scope != RUN_SCOPE_FLEET || g->state == GROUP_DOUBT)
        return false;
    return g->kept < g->n || (run->stop && !is_last(run));
}

static void turn(struct run *run)
{
    run->turned = true;
    run->undo_below = run->n_groups;
    set_run(run, RUN_UNDOING);
}

/* Nobody knows, or what should have gone back did not. */
static bool leaves_doubt(const struct run *run, const struct group *g)
{
    return g->state == GROUP_DOUBT || (g->undoes && run_group(run, g->undoes)->kept);
}

void run_advance(struct run *run)
{
    struct group *g = run->groups[run->current];

    if (run->state == RUN_RECOVERING) {
        run->doubt = run->doubt || g->state == GROUP_DOUBT;
        recover_next(run);
        return;
    }
    run->doubt = run->doubt || leaves_doubt(run, g);
    if (run->state == RUN_RUNNING && !run->log_dead && !g->undoes) {
        if (g->held_too_long && g->state == GROUP_ABORTED && !run->stop)
            group_cut(run, g);
        else if (must_turn(run, g))
            turn(run);
        else if (undo_wanted(run, g)) {
            undo_start(run, g, run->current + 1);
            return;
        }
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
    if (run->state != RUN_PLANNED)
        return;
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

    if (run->stop || run->state != RUN_RUNNING)
        return;
    run->stop = true;
    if (cause)
        error_move(&run->stop_cause, cause);
    if (g && g->state == GROUP_PREPARING && !g->undoes)
        group_abort(run, g);
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
    struct group *g = run_group(run, event->group);

    if (event->outcome != E_OK && record_is_forced(event->record))
        run->log_dead = true;
    if (event->record != RECORD_END && g) {
        group_logged(run, g, event);
    } else if (event->record == RECORD_END && run->state == RUN_ENDING) {
        if (event->outcome != E_OK)
            failure_add(run, 0, UINT32_MAX, event->cause);
        run_ended(run);
    }
}

int run_handle(struct run *run, const struct event *event)
{
    struct group *g = run_group(run, event->group);

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
    case EV_VOTED:
        if (g)
            member_voted(run, g, event);
        break;
    default:
        if (g)
            group_answered(run, g, event);
    }
    return run->out_of_memory ? E_FATAL : E_OK;
}
