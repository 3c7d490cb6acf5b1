/* A group after its verdict: members settle, decision files go, the end is recorded. */
#include "core/machine.h"

enum { SETTLE_TRIES = 6 };

void group_settle(struct run *run, struct group *g, enum verdict verdict)
{
    act_all(run, g, ACT_SETTLE, verdict);
}

void group_doubt(struct run *run, struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].state == MEMBER_PREPARED)
            set_member(&g->members[i], MEMBER_DOUBT);
    set_group(g, GROUP_DOUBT);
    run->doubt = true;
    run_advance(run);
}

/* A tenant that will not commit any more turns the group: those that did are taken back. */
static void member_settled(struct run *run, struct group *g, struct member *m, enum settled how)
{
    bool commit = g->state == GROUP_FINISHING;

    switch (how) {
    case SETTLE_DONE:
        set_member(m, commit ? MEMBER_COMMITTED : MEMBER_BACK);
        break;
    case SETTLE_REFUSED:
        set_member(m, MEMBER_REFUSED);
        failure_add(run, g->id, m->branch, NULL);
        break;
    case SETTLE_NOT_YET:
        break;
    }
}

static void apply(struct run *run, struct group *g, const struct event *event)
{
    for (uint32_t i = 0; event->slots && i < g->n; i++) {
        struct member *m = &g->members[i];

        if (m->participant == event->participant &&
            (m->state == MEMBER_PREPARED || m->state == MEMBER_WAITING ||
             (m->state == MEMBER_IDLE && g->state == GROUP_ROLLING_BACK)))
            member_settled(run, g, m, (enum settled)event->slots[i]);
    }
}

static bool try_again(struct run *run, struct group *g, const struct event *event)
{
    if (event->outcome != E_BUSY || g->tries >= SETTLE_TRIES)
        return false;
    act(run, (struct action){.kind = ACT_TIMER,
                             .group = g->id,
                             .participant = event->participant,
                             .timer = TIMER_SETTLE,
                             .ms = backoff_ms(g->tries++)});
    return true;
}

static bool all_settled(const struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].state == MEMBER_PREPARED || g->members[i].state == MEMBER_WAITING)
            return false;
    return true;
}

void group_settled(struct run *run, struct group *g, const struct event *event)
{
    apply(run, g, event);
    if (try_again(run, g, event))
        return;
    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause);
    if (--g->pending)
        return;
    if (!all_settled(g)) {
        group_doubt(run, g);
    } else if (g->state == GROUP_ROLLING_BACK) {
        set_group(g, GROUP_NOTING);
        act_log(run, g, RECORD_ABORTED);
    } else if (run->log_dead) {
        group_doubt(run, g); /* the decision is nowhere recorded: the anchor must stay */
    } else {
        set_group(g, GROUP_CLOSING);
        act_all(run, g, ACT_CLOSE, VERDICT_COMMIT);
    }
}

void group_closed(struct run *run, struct group *g, const struct event *event)
{
    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause);
    g->aborting = g->aborting || event->outcome != E_OK;
    if (--g->pending)
        return;
    if (event->outcome != E_OK) {
        group_doubt(run, g);
        return;
    }
    set_group(g, GROUP_ENDING);
    act_log(run, g, RECORD_SETTLED);
}
