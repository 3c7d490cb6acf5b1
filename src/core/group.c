/* A group on its way to the decision, step by step. After it: settle.c. */
#include "core/machine.h"

void group_start(struct run *run, struct group *g)
{
    set_group(g, GROUP_NAMING);
    act_log(run, g, RECORD_GROUP);
}

static void open(struct run *run, struct group *g)
{
    set_group(g, GROUP_OPENING);
    act_all(run, g, ACT_OPEN, VERDICT_ABORT);
}

/* One refusal is remembered; the group aborts as soon as no answer is under way. */
void group_refuse(struct run *run, struct group *g, struct error *cause)
{
    if (cause)
        failure_add(run, g->id, UINT32_MAX, cause);
    g->aborting = true;
    if (g->state == GROUP_PREPARING && g->under_way)
        set_group(g, GROUP_DRAINING);
    else
        group_roll_back(run, g);
}

void group_roll_back(struct run *run, struct group *g)
{
    set_group(g, GROUP_ROLLING_BACK);
    group_settle(run, g, VERDICT_ABORT);
}

/* The k-th of the participants' answers; true when it was the last one. */
static bool answered(struct group *g, const struct event *event)
{
    if (event->outcome != E_OK)
        g->aborting = true;
    return g->pending && --g->pending == 0;
}

static void note_failure(struct run *run, const struct group *g, const struct event *event)
{
    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause);
}

void group_opened(struct run *run, struct group *g, const struct event *event)
{
    note_failure(run, g, event);
    if (!answered(g, event))
        return;
    if (g->aborting || run->stop) {
        group_roll_back(run, g);
        return;
    }
    set_group(g, GROUP_PREPARING);
    if (run->policy.max_hold_ms && !g->undoes)
        act_timer(run, g, TIMER_HOLD, 0, run->policy.max_hold_ms);
    members_feed(run, g);
}

void group_intend(struct run *run, struct group *g)
{
    set_group(g, GROUP_INTENDING);
    act_log(run, g, RECORD_DECIDING);
}

static void seal(struct run *run, struct group *g)
{
    if (run->stop || run->log_dead) {
        group_roll_back(run, g);
        return;
    }
    set_group(g, GROUP_SEALING);
    act_all(run, g, ACT_SEAL, VERDICT_COMMIT);
}

static void decide(struct run *run, struct group *g)
{
    set_group(g, GROUP_DECIDING);
    if (run->policy.files)
        act(run, (struct action){.kind = ACT_DECIDE, .group = g->id, .participant = 0});
    else
        act_log(run, g, RECORD_DECIDED);
}

/* A reader that stays is waited for like any other holder; then the group aborts, untouched. */
static bool seal_again(struct run *run, struct group *g, const struct event *event)
{
    int64_t ms = backoff_ms(g->tries);

    if (event->outcome != E_BUSY || run->stop || g->waited_ms + ms > run->policy.lock_timeout_ms)
        return false;
    g->tries++;
    g->waited_ms += (uint32_t)ms;
    act(run, (struct action){.kind = ACT_TIMER,
                             .group = g->id,
                             .participant = event->participant,
                             .timer = TIMER_SEAL,
                             .ms = ms});
    return true;
}

void group_sealed(struct run *run, struct group *g, const struct event *event)
{
    if (seal_again(run, g, event))
        return;
    note_failure(run, g, event);
    if (!answered(g, event))
        return;
    if (g->aborting || run->stop)
        group_roll_back(run, g);
    else
        decide(run, g);
}

static void finish(struct run *run, struct group *g)
{
    set_group(g, GROUP_FINISHING);
    group_settle(run, g, VERDICT_COMMIT);
}

static void fell(struct run *run, struct group *g)
{
    g->decided = true;
    run->decisions++;
}

void group_decided(struct run *run, struct group *g, const struct event *event)
{
    note_failure(run, g, event);
    if (event->outcome == E_OK) {
        fell(run, g);
        set_group(g, GROUP_RECORDING);
        act_log(run, g, RECORD_DECIDED);
    } else if (event->outcome == E_DOUBT) {
        group_doubt(run, g);
    } else {
        group_roll_back(run, g);
    }
}

/* Without decision files the record is the decision: unwritten, nobody knows whether it fell. */
static void recorded(struct run *run, struct group *g)
{
    if (g->state == GROUP_DECIDING && run->log_dead) {
        group_doubt(run, g);
        return;
    }
    if (g->state == GROUP_DECIDING)
        fell(run, g);
    finish(run, g);
}

static void ended(struct run *run, struct group *g)
{
    set_group(g, g->decided ? GROUP_COMMITTED : GROUP_ABORTED);
    run_advance(run);
}

/*
 * A log that cannot be written stops the run before its decision; an abort goes on without it, but
 * then the decision files stay, for recovery to find.
 */
static void named(struct run *run, struct group *g)
{
    if (!run->log_dead && !run->stop) {
        open(run, g);
        return;
    }
    set_group(g, GROUP_ABORTED);
    run_advance(run);
}

static void noted(struct run *run, struct group *g)
{
    if (run->log_dead) {
        set_group(g, GROUP_ABORTED);
        run_advance(run);
        return;
    }
    set_group(g, GROUP_CLOSING);
    act_all(run, g, ACT_CLOSE, VERDICT_ABORT);
}

void group_logged(struct run *run, struct group *g, const struct event *event)
{
    CLEANUP_ERROR struct error none = ERROR_INIT;

    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause ? event->cause : &none);
    switch (event->record) {
    case RECORD_GROUP:
        named(run, g);
        break;
    case RECORD_DECIDING:
        seal(run, g);
        break;
    case RECORD_DECIDED:
        recorded(run, g);
        break;
    case RECORD_ABORTED:
        noted(run, g);
        break;
    case RECORD_SETTLED:
        ended(run, g);
        break;
    default:
        break;
    }
}

static void held_too_long(struct run *run, struct group *g)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    bool cuttable = g->n > 1 && (run->policy.undoable || run->policy.scope != RUN_SCOPE_FLEET);

    if (g->state != GROUP_PREPARING)
        return;
    g->held_too_long = cuttable;
    error_set(&cause, E_REFUSED, "would hold its tenants longer than max_hold");
    error_hint(&cause, "raise max_hold, or let the run be cut: give every migration a down script");
    group_refuse(run, g, cuttable ? NULL : &cause);
}

void group_timer(struct run *run, struct group *g, const struct event *event)
{
    switch (event->timer) {
    case TIMER_RETRY:
        member_retry(run, g, event->slot);
        break;
    case TIMER_HOLD:
        held_too_long(run, g);
        break;
    case TIMER_SEAL:
        if (g->state == GROUP_SEALING)
            act(run, (struct action){
                         .kind = ACT_SEAL, .group = g->id, .participant = event->participant});
        break;
    case TIMER_SETTLE:
        if (g->state == GROUP_FINISHING || g->state == GROUP_ROLLING_BACK)
            act(run, (struct action){.kind = ACT_SETTLE,
                                     .group = g->id,
                                     .participant = event->participant,
                                     .verdict = g->state == GROUP_FINISHING ? VERDICT_COMMIT
                                                                            : VERDICT_ABORT});
        break;
    case TIMER_DEADLINE:
        break;
    }
}
