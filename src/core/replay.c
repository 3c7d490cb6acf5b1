/* After a crash: the machine is told what was recorded, asks what lies there, and goes on. */
#include "core/machine.h"

enum { MOST_SKIPPED = 64 }; /* ids: of parts of a cut that a crash kept from beginning */

static bool id_fits(const struct run *run, uint32_t id)
{
    return id && (id <= run->last_id || id - run->last_id <= MOST_SKIPPED);
}

/* Members of a committed group go on in an undo, those of one that was cut in its parts, once. */
static bool may_go_on(const struct group *of, const struct member *m)
{
    return of->state == GROUP_COMMITTED ? m->state == MEMBER_COMMITTED
                                        : m->state == MEMBER_BACK && !m->went_on;
}

/* Are the record's branches such members of this group, in its order? */
static bool goes_on(struct group *of, const struct replayed *record, bool take)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < of->n && next < record->n; i++) {
        struct member *m = &of->members[i];

        if (m->branch != record->branches[next] || !may_go_on(of, m))
            continue;
        next++;
        m->went_on = m->went_on || take;
    }
    return next == record->n;
}

/* What an undo takes back was committed, and is not being taken back already. */
static struct group *undone_by(struct run *run, const struct replayed *record)
{
    struct group *of = run_group(run, record->undoes);
    bool may = of && run->policy.undoable && !of->undoes && !of->undone &&
               of->state == GROUP_COMMITTED && goes_on(of, record, false);

    return may ? of : NULL;
}

/* The latest are the smallest, so few of those that are large enough are looked through. */
static struct group *cut_for(struct run *run, const struct replayed *record)
{
    for (size_t i = run->n_groups; i-- > 0;) {
        struct group *of = run->groups[i];

        if (!of->undoes && of->state == GROUP_ABORTED && of->n > record->n &&
            goes_on(of, record, false))
            return of;
    }
    return NULL;
}

static struct group *add_replayed(struct run *run, const struct replayed *record)
{
    struct group *of = record->undoes ? undone_by(run, record) : cut_for(run, record), *g;

    if (!of)
        return NULL;
    g = group_add(run, run->n_groups, record->group, record->n);
    if (!g)
        return NULL;
    g->undoes = record->undoes;
    for (uint32_t i = 0; i < record->n; i++)
        member_init(run, g, i, record->branches[i],
                    record->guarantees ? record->guarantees[i] : GUARANTEE_ATOMIC);
    if (record->undoes)
        of->undone = true;
    else
        goes_on(of, record, true);
    return g;
}

static bool is_as_planned(const struct group *g, const struct replayed *record)
{
    if (g->state != GROUP_WAITING || record->undoes || g->n != record->n)
        return false;
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].branch != record->branches[i])
            return false;
    return true;
}

/* A group of the plan is there already. */
static int replay_group(struct run *run, const struct replayed *record)
{
    struct group *g = run_group(run, record->group);

    if (!record->n || !id_fits(run, record->group) || (g && !is_as_planned(g, record)))
        return E_INVALID;
    if (!g)
        g = add_replayed(run, record);
    if (!g)
        return run->out_of_memory ? E_NOMEM : E_INVALID;
    set_group(run, g, GROUP_ASKING);
    return E_OK;
}

/* Both lists are in the order of the members. */
static void refuse_members(struct run *run, struct group *g, const struct replayed *record)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < g->n && next < record->n; i++) {
        if (g->members[i].branch != record->branches[next])
            continue;
        next++;
        if (g->members[i].state == MEMBER_IDLE)
            set_member(run, g, &g->members[i], MEMBER_REFUSED);
    }
}

static void settle_members(struct run *run, struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        struct member *m = &g->members[i];

        if (m->state == MEMBER_REFUSED)
            continue;
        if (g->decided)
            set_member(run, g, m, MEMBER_PREPARED);
        set_member(run, g, m, g->decided ? MEMBER_COMMITTED : MEMBER_BACK);
    }
}

static void replay_decided(struct run *run, struct group *g)
{
    run->decisions += !g->decided;
    g->logged_decided = g->decided = true;
}

static void replay_settled(struct run *run, struct group *g, const struct replayed *record)
{
    refuse_members(run, g, record);
    settle_members(run, g);
    set_group(run, g, g->decided ? GROUP_COMMITTED : GROUP_ABORTED);
    group_over(run, g);
}

int run_replay(struct run *run, const struct replayed *record)
{
    struct group *g = run_group(run, record->group);

    run->recovering = true;
    if (record->kind == RECORD_END || record->kind == RECORD_REFUSED)
        return E_OK;
    if (record->kind == RECORD_GROUP)
        return replay_group(run, record);
    if (!g || g->state != GROUP_ASKING)
        return E_INVALID;
    if (record->kind == RECORD_DECIDING) {
        g->logged_deciding = true;
        refuse_members(run, g, record);
    } else if (record->kind == RECORD_DECIDED) {
        replay_decided(run, g);
    } else if (record->kind == RECORD_ABORTED) {
        g->logged_aborted = true;
    } else {
        replay_settled(run, g, record);
    }
    return E_OK;
}

/* Members of a group in doubt that may yet turn out to be at the target. */
static uint32_t may_be_kept(const struct group *g)
{
    return g->state == GROUP_DOUBT && !g->undoes ? g->n - g->refused : 0;
}

/* All open groups are settled. A run that did not get to its end is taken back. */
static void recovered(struct run *run)
{
    uint64_t reached = run->kept;
    bool back = false;

    for (size_t i = 0; i < run->n_groups; i++) {
        reached += may_be_kept(run->groups[i]);
        if (run->groups[i]->state == GROUP_WAITING)
            set_group(run, run->groups[i], GROUP_ABORTED);
    }
    run->turned = run->policy.scope == RUN_SCOPE_FLEET && reached < run->wanted;
    for (size_t i = 0; i < run->n_groups; i++)
        back = back || undo_wanted(run, run->groups[i]);
    run->undo_below = run->n_groups;
    if (back)
        set_run(run, RUN_UNDOING);
    run_go_on(run);
}

void recover_next(struct run *run)
{
    for (; run->ask_from < run->n_groups; run->ask_from++) {
        struct group *g = run->groups[run->ask_from];

        if (g->state != GROUP_ASKING)
            continue;
        run->current = run->ask_from++;
        act_all(run, g, ACT_ASK, VERDICT_ABORT);
        return;
    }
    recovered(run);
}

static void found_members(struct run *run, struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].state == MEMBER_IDLE)
            set_member(run, g, &g->members[i], MEMBER_PREPARED);
}

/*
 * What the log and the files together mean. The files decide; where there are none any more, the
 * log says how it ended, and where it cannot (it says "deciding" and nothing after), nobody knows.
 * Where the two contradict each other, nobody knows either.
 */
static enum found conclude(const struct run *run, const struct group *g)
{
    if (!run->policy.files)
        return g->logged_decided ? FOUND_COMMITTED : FOUND_UNDECIDED;
    if (g->logged_decided)
        return g->found == FOUND_UNDECIDED ? FOUND_UNKNOWN : FOUND_COMMITTED;
    if (g->found == FOUND_COMMITTED)
        return g->logged_aborted ? FOUND_UNKNOWN : FOUND_COMMITTED;
    if (g->found == FOUND_NOTHING && g->logged_deciding && !g->logged_aborted)
        return FOUND_UNKNOWN;
    return g->found == FOUND_UNKNOWN ? FOUND_UNKNOWN : FOUND_UNDECIDED;
}

void group_found(struct run *run, struct group *g)
{
    found_members(run, g);
    switch (conclude(run, g)) {
    case FOUND_COMMITTED:
        if (g->logged_decided) {
            group_finish(run, g);
            return;
        }
        replay_decided(run, g);
        set_group(run, g, GROUP_RECORDING);
        act_log(run, g, RECORD_DECIDED);
        break;
    case FOUND_UNKNOWN:
        group_doubt(run, g);
        break;
    default:
        group_roll_back(run, g);
    }
}
