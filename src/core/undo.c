/* Groups that follow from other groups: the undo of a committed one, the parts of one cut. */
#include "core/machine.h"

/*
 * With scope fleet a run that turned takes all back. With scope group a group goes back alone when
 * a member refused its roll-forward after the decision.
 */
bool undo_wanted(const struct run *run, const struct group *g)
{
    if (g->state != GROUP_COMMITTED || !g->kept || g->undone || !run->policy.undoable)
        return false;
    return run->turned || (run->policy.scope == RUN_SCOPE_GROUP && g->kept < g->n);
}

void undo_start(struct run *run, struct group *g, size_t at)
{
    struct group *undo = group_add(run, at, run->last_id + 1, g->kept);
    uint32_t slot = 0;

    if (!undo)
        return;
    g->undone = true;
    undo->undoes = g->id;
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].state == MEMBER_COMMITTED)
            member_init(run, undo, slot++, g->members[i].branch, g->members[i].guarantee);
    run->current = at;
    group_start(run, undo);
}

bool undo_next(struct run *run)
{
    while (run->undo_below > 0) {
        struct group *g = run->groups[--run->undo_below];

        if (!undo_wanted(run, g))
            continue;
        undo_start(run, g, run->n_groups);
        return true;
    }
    return false;
}

/* The members of an undo are in the order of the group that it takes back. */
void undo_over(struct run *run, const struct group *undo)
{
    struct group *g = run_group(run, undo->undoes);

    for (uint32_t i = 0, next = 0; i < g->n && next < undo->n; i++) {
        struct member *m = &g->members[i];

        if (m->branch != undo->members[next].branch)
            continue;
        if (undo->members[next++].state != MEMBER_COMMITTED || m->state != MEMBER_COMMITTED)
            continue;
        set_member(run, g, m, MEMBER_BACK);
        g->kept--;
        run->kept--;
    }
}

/* n members of g that did not refuse, from the first on that it has not given away yet. */
static void add_part(struct run *run, const struct group *g, uint32_t *first, size_t at, uint32_t n)
{
    struct group *part = n ? group_add(run, at, run->last_id + 1, n) : NULL;

    for (uint32_t slot = 0; part && slot < n; ++*first) {
        const struct member *m = &g->members[*first];

        if (m->state != MEMBER_REFUSED)
            member_init(run, part, slot++, m->branch, m->guarantee);
    }
}

void group_cut(struct run *run, const struct group *g)
{
    uint32_t n = g->n - g->refused, first = 0;

    add_part(run, g, &first, run->current + 1, n - n / 2);
    add_part(run, g, &first, run->current + 2, n / 2);
}
