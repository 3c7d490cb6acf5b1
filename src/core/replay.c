/* After a crash: the machine is told what was recorded, asks what lies there, and goes on. */
#include "core/machine.h"

static struct group *replayed_group(struct run *run, const struct replayed *record)
{
    struct group *g = run_group(run, record->group);

    if (g)
        return g;
    run->last_id = record->group - 1;
    g = group_add(run, run->n_groups, record->n);
    if (!g)
        return NULL;
    g->undoes = record->undoes;
    for (uint32_t i = 0; i < record->n; i++) {
        g->members[i].branch = record->branches[i];
        g->members[i].guarantee = record->guarantees ? record->guarantees[i] : GUARANTEE_ATOMIC;
    }
    if (g->undoes && run_group(run, g->undoes))
        run_group(run, g->undoes)->undone = true;
    return g;
}

/* Both lists are in the order of the members. */
static void refuse_members(struct group *g, const struct replayed *record)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < g->n && next < record->n; i++) {
        if (g->members[i].branch != record->branches[next])
            continue;
        next++;
        if (g->members[i].state == MEMBER_IDLE)
            set_member(&g->members[i], MEMBER_REFUSED);
    }
}

static void settle_members(struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        if (g->members[i].state == MEMBER_REFUSED)
            continue;
        if (g->decided)
            set_member(&g->members[i], MEMBER_PREPARED);
        set_member(&g->members[i], g->decided ? MEMBER_COMMITTED : MEMBER_BACK);
    }
}

int run_replay(struct run *run, const struct replayed *record)
{
    struct group *g;

    run->recovering = true;
    if (record->kind == RECORD_END || record->kind == RECORD_REFUSED)
        return E_OK;
    g = record->kind == RECORD_GROUP ? replayed_group(run, record) : run_group(run, record->group);
    if (!g)
        return run->out_of_memory ? E_NOMEM : E_INVALID;
    switch (record->kind) {
    case RECORD_GROUP:
        set_group(g, GROUP_ASKING);
        break;
    case RECORD_DECIDING:
        g->logged_deciding = true;
        refuse_members(g, record);
        break;
    case RECORD_DECIDED:
        g->logged_decided = g->decided = true;
        run->decisions++;
        break;
    case RECORD_ABORTED:
        g->logged_aborted = true;
        break;
    default:
        refuse_members(g, record);
        set_group(g, g->decided ? GROUP_COMMITTED : GROUP_ABORTED);
        settle_members(g);
    }
    return E_OK;
}

static uint32_t count(const struct run *run, bool committed)
{
    uint32_t n = 0;

    for (size_t i = 0; i < run->n_groups; i++) {
        const struct group *g = run->groups[i];

        if (g->undoes)
            continue;
        for (uint32_t m = 0; m < g->n; m++)
            n += committed ? g->members[m].state == MEMBER_COMMITTED : g->id <= run->planned;
    }
    return n;
}

/* All open groups are settled. A run that did not get to its end is taken back. */
static void recovered(struct run *run)
{
    bool complete = count(run, true) >= count(run, false);

    if (run->policy.scope == RUN_SCOPE_FLEET && (!complete || run->n_failures))
        run->turned = true;
    for (size_t i = 0; i < run->n_groups; i++) {
        struct group *g = run->groups[i];

        run->turned = run->turned || g->undoes;
        if (g->state == GROUP_WAITING)
            set_group(g, GROUP_ABORTED);
        if (g->undoes && g->state == GROUP_ABORTED && run_group(run, g->undoes))
            run_group(run, g->undoes)->undone = false; /* to be tried once more */
    }
    set_run(run, run->turned ? RUN_UNDOING : RUN_RUNNING);
    run->current = run->n_groups - 1;
    run_go_on(run);
}

void recover_next(struct run *run)
{
    for (size_t i = 0; i < run->n_groups; i++) {
        struct group *g = run->groups[i];

        if (g->state != GROUP_ASKING)
            continue;
        run->current = i;
        act_all(run, g, ACT_ASK, VERDICT_ABORT);
        return;
    }
    recovered(run);
}

static void found_members(struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].state == MEMBER_IDLE)
            set_member(&g->members[i], MEMBER_PREPARED);
}

/*
 * What the log and the files together mean. The files decide; where there are none any more, the
 * log says how it ended, and where it cannot (it says "deciding" and nothing after), nobody knows.
 */
static enum found conclude(const struct run *run, const struct group *g, enum found found)
{
    if (g->logged_decided)
        return found == FOUND_UNDECIDED ? FOUND_UNKNOWN : FOUND_COMMITTED;
    if (found == FOUND_UNKNOWN || (found == FOUND_COMMITTED && run->policy.files))
        return found;
    if (found == FOUND_NOTHING && run->policy.files && g->logged_deciding && !g->logged_aborted)
        return FOUND_UNKNOWN;
    return FOUND_UNDECIDED;
}

void group_found(struct run *run, struct group *g, const struct event *event)
{
    if (event->participant == 0)
        g->found = event->outcome == E_OK ? event->found : FOUND_UNKNOWN;
    if (event->outcome != E_OK)
        failure_add(run, g->id, UINT32_MAX, event->cause);
    if (--g->pending)
        return;
    found_members(g);
    switch (conclude(run, g, g->found)) {
    case FOUND_COMMITTED:
        if (!g->decided)
            run->decisions++;
        g->decided = true;
        set_group(g, GROUP_RECORDING);
        act_log(run, g, RECORD_DECIDED);
        break;
    case FOUND_UNKNOWN:
        group_doubt(run, g);
        break;
    default:
        group_roll_back(run, g);
    }
}
