/* Groups that follow from other groups: the undo of a committed one, the parts of one cut. */
#include "core/machine.h"

static struct group *last_to_undo(const struct run *run)
{
    for (size_t i = run->n_groups; i-- > 0;) {
        struct group *g = run->groups[i];

        if (g->state == GROUP_COMMITTED && !g->undoes && !g->undone)
            return g;
    }
    return NULL;
}

static uint32_t count_committed(const struct group *g)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < g->n; i++)
        n += g->members[i].state == MEMBER_COMMITTED;
    return n;
}

static void add_members(struct group *to, const struct group *from)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < from->n; i++) {
        const struct member *m = &from->members[i];

        if (m->state == MEMBER_COMMITTED)
            to->members[n++] = (struct member){.branch = m->branch,
                                               .participant = m->participant,
                                               .guarantee = m->guarantee};
    }
}

bool undo_next(struct run *run)
{
    struct group *g = last_to_undo(run), *undo;

    if (!g || !run->policy.undoable)
        return false;
    g->undone = true;
    undo = group_add(run, run->n_groups, count_committed(g));
    if (!undo)
        return false;
    undo->undoes = g->id;
    undo->participants = g->participants;
    add_members(undo, g);
    run->current = run->n_groups - 1;
    group_start(run, undo);
    return true;
}

static void copy_part(struct group *to, const struct group *from, uint32_t first)
{
    to->participants = from->participants;
    for (uint32_t i = 0; i < to->n; i++)
        to->members[i] = (struct member){.branch = from->members[first + i].branch,
                                         .participant = from->members[first + i].participant,
                                         .guarantee = from->members[first + i].guarantee};
}

bool group_cut(struct run *run, struct group *g)
{
    uint32_t half = g->n / 2;
    struct group *first = group_add(run, run->current + 1, half);
    struct group *second = first ? group_add(run, run->current + 2, g->n - half) : NULL;

    if (!second)
        return false;
    copy_part(first, g, 0);
    copy_part(second, g, half);
    return true;
}
