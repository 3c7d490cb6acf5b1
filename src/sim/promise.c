/*
 * The promises, as the world sees them: at a decision, at an undo, after every event, at the end of
 * a process and of a run. What the machine believes plays no part here.
 */
#include "sim/world.h"

const char *promise_text(enum promise promise)
{
    static const char *const texts[PROMISES] = {
        [PROMISE_KEPT] = "all is kept",
        [PROMISE_DECISION] = "no tenant commits without a decision",
        [PROMISE_ONCE] = "no two decisions for one group",
        [PROMISE_FINISH] = "decided groups finish when all heal",
        [PROMISE_UNDO] = "undo touches exactly the run's tenants",
        [PROMISE_LOST] = "a lost answer is never taken for yes",
        [PROMISE_WHOLE] = "no group is torn",
        [PROMISE_RECORD] = "nothing is done before its record is durable",
        [PROMISE_OUTCOME] = "the run says truly how it ended",
        [PROMISE_PORT] = "the machine keeps to its tables and to the port",
    };

    return texts[promise];
}

/* --- a decision --- */

/* A logged vote may be lost again once it was vouched for: it will be run again. */
static bool vote_stands(const struct tenant *t, uint32_t group)
{
    if (t->guarantee == GUARANTEE_LOGGED)
        return t->vouched == group;
    return t->in == group && (t->guarantee == GUARANTEE_COMPENSATED ? t->held : t->sealed);
}

void world_fall(struct world *w, uint32_t group)
{
    struct fact *f = &w->facts[group];

    if (f->committed)
        world_wrong(w, PROMISE_ONCE, "group %u was decided twice", group);
    if (f->taken_back)
        world_wrong(w, PROMISE_ONCE, "group %u was decided after tenants went back", group);
    if (!f->logged_deciding)
        world_wrong(w, PROMISE_RECORD, "group %u was decided, its intent is not recorded", group);
    for (uint32_t i = 0; i < f->n; i++) {
        if (f->out[i])
            continue;
        if (!f->yes[i])
            world_wrong(w, PROMISE_LOST, "group %u was decided without the yes of slot %u", group,
                        i);
        if (!vote_stands(&w->tenants[f->branches[i]], group))
            world_wrong(w, PROMISE_WHOLE, "group %u was decided, the vote of slot %u is not safe",
                        group, i);
    }
    f->committed = true;
}

/* --- an undo --- */

static bool has(const struct fact *f, uint32_t branch)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->branches[i] == branch)
            return true;
    return false;
}

/* Exactly those that the group brought to the target, and that are there still. */
void world_undoes(struct world *w, uint32_t group)
{
    const struct fact *undo = &w->facts[group], *of = &w->facts[undo->undoes];

    if (!of->committed || !of->logged_settled || of->undoes)
        world_wrong(w, PROMISE_UNDO, "group %u undoes group %u, which is not settled", group,
                    undo->undoes);
    for (uint32_t i = 0; i < undo->n; i++)
        if (!has(of, undo->branches[i]))
            world_wrong(w, PROMISE_UNDO, "group %u undoes tenant %u, which group %u never had",
                        group, undo->branches[i], undo->undoes);
    for (uint32_t i = 0; i < of->n; i++) {
        uint32_t branch = of->branches[i];

        if (w->tenants[branch].at && !of->out[i] && !has(undo, branch))
            world_wrong(w, PROMISE_UNDO, "group %u forgets tenant %u", group, branch);
        if (has(undo, branch) && (of->out[i] || !w->tenants[branch].at))
            world_wrong(w, PROMISE_UNDO, "group %u undoes tenant %u, which is not there", group,
                        branch);
    }
}

/* --- after every event --- */

struct lawful { /* where the decisions so far let a tenant be */
    bool may_be_at[SIM_BRANCHES], may_be_back[SIM_BRANCHES];
};

static void apply_group(const struct world *w, uint32_t id, struct lawful *law)
{
    const struct fact *f = &w->facts[id];

    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t branch = f->branches[i];
        const struct tenant *t = &w->tenants[branch];
        bool shows = t->in == id && t->guarantee == GUARANTEE_COMPENSATED, over = f->logged_settled;

        if (f->out[i] || f->left[i] || (!f->committed && !shows))
            continue;
        if (f->committed && over)
            law->may_be_at[branch] = law->may_be_back[branch] = false;
        if (!f->undoes || !(f->committed && over))
            law->may_be_at[branch] = true;
        if (f->undoes || !(f->committed && over))
            law->may_be_back[branch] = true;
    }
}

static void check_places(struct world *w)
{
    struct lawful law;

    for (uint32_t i = 0; i < SIM_BRANCHES; i++) {
        law.may_be_at[i] = w->script->there[i];
        law.may_be_back[i] = !w->script->there[i];
    }
    for (uint32_t id = 1; id <= w->last_group; id++)
        apply_group(w, id, &law);
    for (uint32_t i = 0; i < SIM_BRANCHES; i++) {
        bool at = tenant_at(w, i);

        if (!w->script->ours[i] && at != w->script->there[i])
            world_wrong(w, PROMISE_UNDO, "tenant %u was moved, and is not the run's", i);
        if (at && !law.may_be_at[i])
            world_wrong(w, PROMISE_DECISION, "tenant %u is at the target without decision", i);
        if (!at && !law.may_be_back[i])
            world_wrong(w, PROMISE_DECISION, "tenant %u is back without decision", i);
    }
}

/* To a stock client the atomic tenants of a group change all at once. */
static void check_atomic(struct world *w, uint32_t id)
{
    const struct fact *f = &w->facts[id];
    int seen = -1;

    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t branch = f->branches[i];

        if (w->tenants[branch].guarantee != GUARANTEE_ATOMIC || !f->yes[i] || f->out[i])
            continue;
        if (seen >= 0 && seen != tenant_at(w, branch))
            world_wrong(w, PROMISE_WHOLE, "the atomic tenants of group %u are torn", id);
        seen = tenant_at(w, branch);
    }
}

void world_check(struct world *w)
{
    for (uint32_t id = 1; id <= w->last_group; id++)
        if (!w->facts[id].logged_settled)
            check_atomic(w, id);
    check_places(w);
}

/* --- at the end --- */

void world_check_clean(struct world *w)
{
    for (uint32_t i = 0; i < SIM_BRANCHES; i++)
        if (w->tenants[i].in || w->tenants[i].held)
            world_wrong(w, PROMISE_FINISH, "tenant %u is still held by group %u", i,
                        w->tenants[i].in);
    for (uint32_t id = 1; id <= w->last_group; id++)
        if (w->facts[id].files.super || w->facts[id].files.anchor)
            world_wrong(w, PROMISE_FINISH, "decision files of group %u are left", id);
}

void world_check_finished(struct world *w)
{
    for (uint32_t id = 1; id <= w->last_group; id++)
        if (w->facts[id].committed && !w->facts[id].logged_settled)
            world_wrong(w, PROMISE_FINISH, "the run is closed, and group %u is decided and open",
                        id);
}

static void check_groups(struct world *w)
{
    for (uint32_t id = 1; id <= w->last_group; id++) {
        const struct fact *f = &w->facts[id];
        uint32_t at = 0, n = 0;

        if (!f->branches || f->undoes || !f->committed)
            continue;
        for (uint32_t i = 0; i < f->n; i++) {
            n += !f->out[i];
            at += !f->out[i] && tenant_at(w, f->branches[i]);
        }
        if (at && at < n)
            world_wrong(w, PROMISE_WHOLE, "of %u tenants of group %u, %u are at the target", n, id,
                        at);
    }
}

void world_check_end(struct world *w, enum run_state outcome)
{
    const struct run_policy *policy = &w->script->policy;
    uint32_t at = world_count_at(w), all = w->script->tenants;

    if (outcome == RUN_DONE && at != all)
        world_wrong(w, PROMISE_OUTCOME, "done, but only %u of %u tenants are at the target", at,
                    all);
    if (outcome == RUN_NOT_DONE && at)
        world_wrong(w, PROMISE_OUTCOME, "not done, but %u of %u tenants are at the target", at,
                    all);
    if (outcome == RUN_PARTIAL && (!at || at == all))
        world_wrong(w, PROMISE_OUTCOME, "partial, but %u of %u tenants are at the target", at, all);
    if (outcome == RUN_PARTIAL && policy->scope == RUN_SCOPE_FLEET && policy->undoable)
        world_wrong(w, PROMISE_WHOLE, "partial, although it could have been undone");
    if (outcome != RUN_DOUBT && policy->scope != RUN_SCOPE_TENANT && policy->undoable)
        check_groups(w);
}
