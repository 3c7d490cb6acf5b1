/* A group on its way to the decision, step by step. After it: settle.c. */
#include "core/machine.h"

void group_start(struct run *run, struct group *g)
{
    set_group(run, g, GROUP_NAMING);
    act_log(run, g, RECORD_GROUP);
}

/* Votes under way are awaited first: what they hold must be taken back too. */
void group_abort(struct run *run, struct group *g)
{
    g->aborting = true;
    if (g->state == GROUP_PREPARING && g->under_way)
        set_group(run, g, GROUP_DRAINING);
    else
        group_roll_back(run, g);
}

void group_intend(struct run *run, struct group *g)
{
    set_group(run, g, GROUP_INTENDING);
    act_log(run, g, RECORD_DECIDING);
}

/* --- participants' answers --- */

/* A no is remembered; true when it was the last answer of the step. */
static bool step_is_over(struct run *run, struct group *g, const struct event *event)
{
    if (event->outcome != E_OK) {
        failure_add(run, g->id, UINT32_MAX, event->cause);
        g->aborting = true;
    }
    return --g->pending == 0;
}

static void opened(struct run *run, struct group *g, const struct event *event)
{
    if (!step_is_over(run, g, event))
        return;
    if (g->aborting || is_stopping(run, g)) {
        group_roll_back(run, g);
        return;
    }
    set_group(run, g, GROUP_PREPARING);
    if (run->policy.max_hold_ms && !g->undoes)
        act_timer(run, g, TIMER_HOLD, 0, run->policy.max_hold_ms);
    members_feed(run, g);
}

static void decide(struct run *run, struct group *g)
{
    set_group(run, g, GROUP_DECIDING);
    if (run->policy.files)
        act_one(run, g, 0, ACT_DECIDE, VERDICT_COMMIT);
    else
        act_log(run, g, RECORD_DECIDED);
}

/* A reader that stays is waited for like any other holder; then the group aborts, untouched. */
static void sealed(struct run *run, struct group *g, const struct event *event)
{
    const struct share *share = &g->shares[event->participant];

    if (event->outcome == E_BUSY && !g->aborting && !is_stopping(run, g) &&
        has_patience(run, share->waited_ms, share->tries)) {
        act_wait(run, g, event->participant, TIMER_SEAL);
        return;
    }
    if (!step_is_over(run, g, event))
        return;
    if (g->aborting || is_stopping(run, g))
        group_roll_back(run, g);
    else
        decide(run, g);
}

static void fell(struct run *run, struct group *g)
{
    g->decided = true;
    run->decisions++;
}

/* Only a certain no is a no: the files may have decided although the answer says nothing. */
static void decided(struct run *run, struct group *g, const struct event *event)
{
    if (event->outcome == E_OK) {
        fell(run, g);
        set_group(run, g, GROUP_RECORDING);
        act_log(run, g, RECORD_DECIDED);
        return;
    }
    failure_add(run, g->id, UINT32_MAX, event->cause);
    if (event->outcome == E_REFUSED)
        group_roll_back(run, g);
    else
        group_doubt(run, g);
}

static void found(struct run *run, struct group *g, const struct event *event)
{
    if (event->participant == 0)
        g->found = event->outcome == E_OK ? event->found : FOUND_UNKNOWN;
    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause);
    if (--g->pending == 0)
        group_found(run, g);
}

/* Which answer belongs to which state; all others are late or repeated. */
static bool is_awaited(const struct group *g, const struct event *event)
{
    static const unsigned states[] = {
        [EV_OPENED] = 1u << GROUP_OPENING,
        [EV_SEALED] = 1u << GROUP_SEALING,
        [EV_DECIDED] = 1u << GROUP_DECIDING,
        [EV_SETTLED] = 1u << GROUP_FINISHING | 1u << GROUP_ROLLING_BACK,
        [EV_CLOSED] = 1u << GROUP_CLOSING,
        [EV_FOUND] = 1u << GROUP_ASKING,
    };
    const struct share *share = &g->shares[event->participant];

    return (states[event->kind] & (1u << g->state)) && share->awaits == AWAITS_ANSWER &&
           event->attempt == share->tries;
}

void group_answered(struct run *run, struct group *g, const struct event *event)
{
    static void (*const steps[])(struct run *, struct group *, const struct event *) = {
        [EV_OPENED] = opened,         [EV_SEALED] = sealed,       [EV_DECIDED] = decided,
        [EV_SETTLED] = group_settled, [EV_CLOSED] = group_closed, [EV_FOUND] = found,
    };

    if (!is_awaited(g, event))
        return;
    g->shares[event->participant].awaits = AWAITS_NOTHING;
    steps[event->kind](run, g, event);
}

/* --- the run log's answers ---
 *
 * A log that cannot be written stops the run before its decision; an abort goes on without it, but
 * then the decision files stay, for recovery to find.
 */

static void abandon(struct run *run, struct group *g)
{
    set_group(run, g, GROUP_ABORTED);
    group_over(run, g);
    run_advance(run);
}

static void named(struct run *run, struct group *g)
{
    if (run->log_dead || is_stopping(run, g)) {
        abandon(run, g);
        return;
    }
    set_group(run, g, GROUP_OPENING);
    act_all(run, g, ACT_OPEN, VERDICT_ABORT);
}

static void intended(struct run *run, struct group *g)
{
    if (run->log_dead || is_stopping(run, g)) {
        group_roll_back(run, g);
        return;
    }
    set_group(run, g, GROUP_SEALING);
    act_all(run, g, ACT_SEAL, VERDICT_COMMIT);
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
    group_finish(run, g);
}

static void noted(struct run *run, struct group *g)
{
    if (run->log_dead) {
        abandon(run, g);
        return;
    }
    set_group(run, g, GROUP_CLOSING);
    act_all(run, g, ACT_CLOSE, VERDICT_ABORT);
}

static void ended(struct run *run, struct group *g)
{
    set_group(run, g, g->decided ? GROUP_COMMITTED : GROUP_ABORTED);
    group_over(run, g);
    run_advance(run);
}

void group_logged(struct run *run, struct group *g, const struct event *event)
{
    static const struct {
        unsigned states;
        void (*go_on)(struct run *, struct group *);
    } rows[RECORDS] = {
        [RECORD_GROUP] = {1u << GROUP_NAMING, named},
        [RECORD_DECIDING] = {1u << GROUP_INTENDING, intended},
        [RECORD_DECIDED] = {1u << GROUP_DECIDING | 1u << GROUP_RECORDING, recorded},
        [RECORD_ABORTED] = {1u << GROUP_NOTING, noted},
        [RECORD_SETTLED] = {1u << GROUP_ENDING, ended},
    };

    if (!(rows[event->record].states & (1u << g->state)))
        return;
    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause);
    rows[event->record].go_on(run, g);
}

/* --- timers --- */

static void held_too_long(struct run *run, struct group *g)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    bool cuttable =
        g->n - g->refused > 1 && (run->policy.undoable || run->policy.scope != RUN_SCOPE_FLEET);

    if (g->state != GROUP_PREPARING)
        return;
    g->held_too_long = cuttable;
    if (!cuttable) {
        error_set(&cause, E_REFUSED, "would hold its tenants longer than max_hold");
        error_hint(&cause,
                   "raise max_hold, or let the run be cut: give every migration a down script");
        failure_add(run, g->id, UINT32_MAX, &cause);
    }
    group_abort(run, g);
}

/* The participant is asked again, if the group is still in that step. */
static void ask_again(struct run *run, struct group *g, const struct event *event)
{
    enum action_kind kind = event->timer == TIMER_SEAL ? ACT_SEAL : ACT_SETTLE;
    unsigned states = event->timer == TIMER_SEAL ? 1u << GROUP_SEALING
                                                 : 1u << GROUP_FINISHING | 1u << GROUP_ROLLING_BACK;
    enum verdict verdict = g->state == GROUP_ROLLING_BACK ? VERDICT_ABORT : VERDICT_COMMIT;

    if ((states & (1u << g->state)) && g->shares[event->participant].awaits == AWAITS_TIMER)
        act_one(run, g, event->participant, kind, verdict);
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
    case TIMER_SETTLE:
        ask_again(run, g, event);
        break;
    case TIMER_DEADLINE:
        break;
    }
}
