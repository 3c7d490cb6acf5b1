/* The votes: members are prepared in a window, retried while somebody holds them. Each participant
 * has a window of its own within it: a server that is slow keeps no other waiting. */
#include "core/machine.h"

/* Compensated members show their effects before the decision, so they go last. */
static bool in_wave(const struct group *g, const struct member *m)
{
    return (m->guarantee == GUARANTEE_COMPENSATED) == g->compensating;
}

static void prepare(struct run *run, struct group *g, uint32_t slot)
{
    struct member *m = &g->members[slot];

    set_member(run, g, m, MEMBER_PREPARING);
    g->under_way++;
    g->shares[m->participant].under_way++;
    act(run, (struct action){.kind = ACT_PREPARE,
                             .group = g->id,
                             .participant = m->participant,
                             .slot = slot,
                             .attempt = m->tries});
}

/* Moves to the participant's next member of this wave; false: it has none, or no room for it. */
static bool has_next(const struct run *run, struct group *g, uint16_t participant)
{
    struct share *share = &g->shares[participant];
    uint32_t width = run->policy.widths ? run->policy.widths[participant] : 0;

    for (; share->next < g->n; share->next++) {
        const struct member *m = &g->members[share->next];

        if (m->participant == participant && m->state == MEMBER_IDLE && in_wave(g, m))
            return !width || share->under_way < width;
    }
    return false;
}

/* In the order of the group, but for those whose participant has no room; NULL: nobody. */
static struct share *next_share(const struct run *run, struct group *g)
{
    struct share *first = NULL;

    for (uint16_t p = 0; p < g->participants; p++)
        if (has_next(run, g, p) && (!first || g->shares[p].next < first->next))
            first = &g->shares[p];
    return first;
}

static void begin_again(struct group *g)
{
    for (uint16_t p = 0; p < g->participants; p++)
        g->shares[p].next = 0;
}

/* All have answered: the second wave, or the intent; nobody left that said yes, and it aborts. */
static void wave_over(struct run *run, struct group *g)
{
    if (!g->compensating) {
        g->compensating = true;
        begin_again(g);
        members_feed(run, g);
    } else if (g->yes) {
        group_intend(run, g);
    } else {
        group_roll_back(run, g);
    }
}

void members_feed(struct run *run, struct group *g)
{
    struct share *share = NULL;

    while (g->under_way < run->policy.window && (share = next_share(run, g)))
        prepare(run, g, share->next++);
    if (!share && !g->under_way && !g->waiting)
        wave_over(run, g);
}

static bool wait_for_it(struct run *run, struct group *g, struct member *m, uint32_t slot)
{
    int64_t ms = backoff_ms(m->tries);

    if (is_stopping(run, g) || g->aborting || !has_patience(run, m->waited_ms, m->tries))
        return false;
    set_member(run, g, m, MEMBER_WAITING);
    m->tries++;
    m->waited_ms += (uint32_t)ms;
    g->waiting++;
    act_timer(run, g, TIMER_RETRY, slot, ms);
    return true;
}

void member_retry(struct run *run, struct group *g, uint32_t slot)
{
    if (g->state != GROUP_PREPARING || g->members[slot].state != MEMBER_WAITING)
        return;
    g->waiting--;
    prepare(run, g, slot);
}

/* An undo takes back what it can: there, too, a member that refuses drops out. */
static bool drops_out(const struct run *run, const struct group *g)
{
    return run->policy.scope == RUN_SCOPE_TENANT || g->undoes;
}

static void turn_away(struct run *run, struct group *g)
{
    g->held_too_long = false; /* smaller groups would not help */
    g->aborting = true;
    if (g->state == GROUP_PREPARING)
        set_group(run, g, GROUP_DRAINING);
}

static void refused(struct run *run, struct group *g, struct member *m, struct error *cause)
{
    set_member(run, g, m, MEMBER_REFUSED);
    failure_add(run, g->id, m->branch, cause);
    act_refused(run, g, m);
    if (!drops_out(run, g))
        turn_away(run, g);
}

/* No yes, but it may hold something: nobody drops out with that, the group aborts. */
static void lost(struct run *run, struct group *g, struct member *m, struct error *cause)
{
    set_member(run, g, m, MEMBER_LOST);
    failure_add(run, g->id, m->branch, cause);
    turn_away(run, g);
}

static void said_yes(struct run *run, struct group *g, struct member *m, enum guarantee guarantee)
{
    set_member(run, g, m, MEMBER_PREPARED);
    m->guarantee = (uint8_t)guarantee;
    g->yes++;
}

void member_voted(struct run *run, struct group *g, const struct event *event)
{
    struct member *m = &g->members[event->slot];

    if (m->state != MEMBER_PREPARING || event->attempt != m->tries)
        return;
    g->under_way--;
    g->shares[m->participant].under_way--;
    if (event->outcome == E_OK)
        said_yes(run, g, m, event->guarantee);
    else if (event->outcome == E_DOUBT)
        lost(run, g, m, event->cause);
    else if (g->state == GROUP_DRAINING && event->outcome == E_BUSY)
        set_member(run, g, m, MEMBER_BACK); /* it only ran out of time: not a failure of its own */
    else if (event->outcome != E_BUSY || !wait_for_it(run, g, m, event->slot))
        refused(run, g, m, event->cause);
    if (g->state == GROUP_PREPARING)
        members_feed(run, g);
    else if (g->state == GROUP_DRAINING && !g->under_way)
        group_roll_back(run, g);
}
