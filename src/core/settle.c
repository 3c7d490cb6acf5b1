/* A group after its verdict: members settle, decision files go, the end is recorded. */
#include "core/machine.h"

enum { SETTLE_TRIES = 6 }; /* at least, also with a short lock_timeout */

/* Members that gave no yes hold nothing: they are as they were. */
void group_roll_back(struct run *run, struct group *g)
{
    set_group(run, g, GROUP_ROLLING_BACK);
    for (uint32_t i = 0; i < g->n; i++) {
        struct member *m = &g->members[i];

        if (m->state == MEMBER_IDLE || m->state == MEMBER_WAITING)
            set_member(run, g, m, MEMBER_BACK);
    }
    act_all(run, g, ACT_SETTLE, VERDICT_ABORT);
}

void group_finish(struct run *run, struct group *g)
{
    set_group(run, g, GROUP_FINISHING);
    act_all(run, g, ACT_SETTLE, VERDICT_COMMIT);
}

static bool is_unsettled(const struct member *m)
{
    return m->state == MEMBER_PREPARED || m->state == MEMBER_LOST;
}

void group_slots(const struct group *g, uint16_t participant, uint8_t *slots)
{
    for (uint32_t i = 0; i < g->n; i++) {
        const struct member *m = &g->members[i];

        slots[i] = m->participant == participant && is_unsettled(m) ? SETTLE_NOT_YET : SETTLE_DONE;
    }
}

void group_doubt(struct run *run, struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (is_unsettled(&g->members[i]))
            set_member(run, g, &g->members[i], MEMBER_DOUBT);
    set_group(run, g, GROUP_DOUBT);
    run_advance(run);
}

static uint32_t count_committed(const struct group *g)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < g->n; i++)
        n += g->members[i].state == MEMBER_COMMITTED;
    return n;
}

/* An undo that ended before or in a crash may be tried once more, with what it left. */
void group_over(struct run *run, struct group *g)
{
    if (!g->undoes) {
        g->kept = g->state == GROUP_COMMITTED ? count_committed(g) : 0;
        run->kept += g->kept;
        return;
    }
    if (g->state == GROUP_COMMITTED)
        undo_over(run, g);
    if (run->state == RUN_PLANNED || run->state == RUN_RECOVERING)
        run_group(run, g->undoes)->undone = false;
}

/* A tenant that will not commit any more stays behind; the run then takes the others back. */
static void member_settled(struct run *run, struct group *g, struct member *m, enum settled how,
                           struct error *cause)
{
    bool commit = g->state == GROUP_FINISHING;

    if (how == SETTLE_DONE) {
        set_member(run, g, m, commit ? MEMBER_COMMITTED : MEMBER_BACK);
    } else if (how == SETTLE_REFUSED && commit) {
        set_member(run, g, m, MEMBER_REFUSED);
        failure_add(run, g->id, m->branch, cause);
        act_refused(run, g, m);
    }
}

static void apply(struct run *run, struct group *g, const struct event *event)
{
    for (uint32_t i = 0; event->slots && i < g->n; i++) {
        struct member *m = &g->members[i];

        if (m->participant == event->participant && is_unsettled(m))
            member_settled(run, g, m, (enum settled)event->slots[i], event->cause);
    }
}

static bool try_again(struct run *run, struct group *g, const struct event *event)
{
    const struct share *share = &g->shares[event->participant];

    if (event->outcome != E_BUSY)
        return false;
    if (share->tries >= SETTLE_TRIES && !has_patience(run, share->waited_ms, share->tries))
        return false;
    act_wait(run, g, event->participant, TIMER_SETTLE);
    return true;
}

static bool all_settled(const struct group *g)
{
    if (g->not_settled)
        return false;
    for (uint32_t i = 0; i < g->n; i++)
        if (is_unsettled(&g->members[i]))
            return false;
    return true;
}

void group_settled(struct run *run, struct group *g, const struct event *event)
{
    uint32_t refused = g->refused;

    apply(run, g, event);
    if (try_again(run, g, event))
        return;
    if (event->outcome != E_OK && g->refused == refused) /* else the members say it */
        failure_add(run, g->id, UINT32_MAX, event->cause);
    g->not_settled = g->not_settled || event->outcome == E_BUSY; /* what it left is no member's */
    if (--g->pending)
        return;
    if (!all_settled(g)) {
        group_doubt(run, g);
    } else if (g->state == GROUP_ROLLING_BACK) {
        set_group(run, g, GROUP_NOTING);
        act_log(run, g, RECORD_ABORTED);
    } else if (run->log_dead) {
        group_doubt(run, g); /* the decision is nowhere recorded: the anchor must stay */
    } else {
        set_group(run, g, GROUP_CLOSING);
        act_all(run, g, ACT_CLOSE, VERDICT_COMMIT);
    }
}

void group_closed(struct run *run, struct group *g, const struct event *event)
{
    if (event->outcome != E_OK) {
        failure_add(run, g->id, UINT32_MAX, event->cause);
        g->not_closed = true;
    }
    if (--g->pending)
        return;
    if (g->not_closed) {
        group_doubt(run, g);
        return;
    }
    set_group(run, g, GROUP_ENDING);
    act_log(run, g, RECORD_SETTLED);
}
