#include "sim/world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void world_init(struct world *w, const struct script *script)
{
    memset(w, 0, sizeof *w);
    w->script = script;
    for (uint32_t i = 0; i < SIM_BRANCHES; i++) {
        w->tenants[i].guarantee = script->guarantee[i];
        w->tenants[i].at = script->there[i];
    }
}

void world_free(struct world *w)
{
    free(w->log);
    arena_free(&w->arena);
    str_free(&w->wrong);
}

void world_wrong(struct world *w, enum promise promise, const char *format, ...)
{
    va_list args;

    if (w->broken)
        return;
    w->broken = promise;
    w->how = format;
    va_start(args, format);
    str_addv(&w->wrong, format, args);
    va_end(args);
}

/* What only the process knew is gone: locks, open transactions, pages not yet written. */
void world_crash(struct world *w)
{
    for (uint32_t i = 0; i < SIM_BRANCHES; i++) {
        struct tenant *t = &w->tenants[i];

        t->held = false;
        if (!t->sealed && t->guarantee != GUARANTEE_COMPENSATED)
            t->in = 0;
    }
}

/* A server restarts: open transactions are gone, votes that it was told to keep are there. What is
 * atomic is in files: they are out of reach for a while, and nothing else. */
void world_dies(struct world *w, uint16_t participant)
{
    for (uint32_t i = 0; i < SIM_BRANCHES; i++) {
        struct tenant *t = &w->tenants[i];
        bool open = t->guarantee == GUARANTEE_PREPARED || t->guarantee == GUARANTEE_LOGGED;

        if (!t->in || !open || t->sealed || w->script->placed[i] != participant)
            continue;
        t->in = 0;
        t->held = false;
    }
}

static bool is_up(const struct fact *f)
{
    return !f->undoes;
}

static struct tenant *tenant_of(struct world *w, uint32_t group, uint32_t slot)
{
    return &w->tenants[w->facts[group].branches[slot]];
}

bool tenant_at(const struct world *w, uint32_t branch)
{
    const struct tenant *t = &w->tenants[branch];
    const struct fact *f = &w->facts[t->in];

    /* its journal is hot as long as the super-journal is there */
    if (t->sealed && t->guarantee == GUARANTEE_ATOMIC && !f->files.super)
        return is_up(f);
    return t->at;
}

uint32_t world_count_at(const struct world *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < SIM_BRANCHES; i++)
        n += w->script->ours[i] && tenant_at(w, i);
    return n;
}

/* The vote is there; whether its yes is heard is another matter. */
void world_vote(struct world *w, uint32_t group, uint32_t slot, enum guarantee guarantee)
{
    struct tenant *t = tenant_of(w, group, slot);

    if (!w->script->ours[w->facts[group].branches[slot]])
        world_wrong(w, PROMISE_UNDO, "group %u prepares slot %u, which is not of the run", group,
                    slot);
    if (t->in)
        world_wrong(w, PROMISE_PORT, "group %u prepares slot %u, which group %u still has", group,
                    slot, t->in);
    if (t->at == is_up(&w->facts[group]))
        world_wrong(w, PROMISE_UNDO, "group %u prepares slot %u, which has nothing to do", group,
                    slot);
    *t = (struct tenant){.at = t->at, .guarantee = (uint8_t)guarantee, .in = group, .held = true};
    if (guarantee == GUARANTEE_COMPENSATED)
        t->at = is_up(&w->facts[group]);
}

void world_heard_yes(struct world *w, uint32_t group, uint32_t slot)
{
    w->facts[group].yes[slot] = true;
}

bool world_may_seal(const struct world *w, uint32_t group, uint32_t slot)
{
    return w->tenants[w->facts[group].branches[slot]].in == group;
}

void world_seal(struct world *w, uint32_t group, uint32_t slot)
{
    struct tenant *t = tenant_of(w, group, slot);

    if (!w->facts[group].logged_deciding)
        world_wrong(w, PROMISE_RECORD, "group %u is sealed before its intent is recorded", group);
    if (t->in == group)
        t->vouched = group;
    if (t->in == group && (t->guarantee == GUARANTEE_ATOMIC || t->guarantee == GUARANTEE_PREPARED))
        t->sealed = true;
}

void world_decide(struct world *w, uint32_t group)
{
    struct fact *f = &w->facts[group];

    if (!f->files.super || !f->files.anchor)
        world_wrong(w, PROMISE_RECORD, "group %u decides without decision files", group);
    world_fall(w, group);
    f->files.super = false;
}

static void let_go(struct tenant *t)
{
    t->in = 0;
    t->held = t->sealed = false;
}

static bool must_forward(const struct world *w, uint32_t group, uint32_t slot)
{
    const struct fact *f = &w->facts[group];
    const struct tenant *t = &w->tenants[f->branches[slot]];

    return t->in != group && t->at != is_up(f);
}

bool world_may_refuse(const struct world *w, uint32_t group, uint32_t slot)
{
    const struct fact *f = &w->facts[group];
    const struct tenant *t = &w->tenants[f->branches[slot]];

    return t->guarantee == GUARANTEE_LOGGED && t->at != is_up(f);
}

void world_commit(struct world *w, uint32_t group, uint32_t slot)
{
    struct fact *f = &w->facts[group];
    struct tenant *t = tenant_of(w, group, slot);

    if (!f->committed)
        world_wrong(w, PROMISE_DECISION, "slot %u of group %u commits without decision", slot,
                    group);
    if (!f->yes[slot] || f->out[slot])
        world_wrong(w, PROMISE_LOST, "slot %u of group %u commits without its yes", slot, group);
    if (must_forward(w, group, slot) && t->guarantee != GUARANTEE_LOGGED)
        world_wrong(w, PROMISE_WHOLE, "slot %u of group %u lost its vote: torn", slot, group);
    t->at = is_up(f);
    f->left[slot] = false; /* it may have refused in an earlier life */
    if (t->in == group)
        let_go(t);
}

void world_roll_back(struct world *w, uint32_t group, uint32_t slot)
{
    struct fact *f = &w->facts[group];
    struct tenant *t = tenant_of(w, group, slot);

    if (f->committed)
        world_wrong(w, PROMISE_ONCE, "slot %u of group %u goes back after the decision", slot,
                    group);
    f->taken_back = true;
    if (t->in != group)
        return;
    if (t->guarantee == GUARANTEE_COMPENSATED)
        t->at = !is_up(f);
    if (tenant_at(w, f->branches[slot]) == is_up(f))
        world_wrong(w, PROMISE_ONCE, "slot %u of group %u cannot go back any more", slot, group);
    let_go(t);
}

void world_refuse(struct world *w, uint32_t group, uint32_t slot)
{
    struct tenant *t = tenant_of(w, group, slot);

    if (!world_may_refuse(w, group, slot))
        world_wrong(w, PROMISE_PORT, "slot %u of group %u refuses what it has done", slot, group);
    w->facts[group].left[slot] = true;
    if (t->in == group)
        let_go(t);
}

/* Super-journal first, then the anchor. */
void world_open(struct world *w, uint32_t group, uint32_t step)
{
    if (!w->facts[group].branches)
        world_wrong(w, PROMISE_RECORD, "group %u is opened before it is recorded", group);
    if (step == 0)
        w->facts[group].files.super = true;
    else
        w->facts[group].files.anchor = true;
}

/* The anchor first, then, after an abort, the super-journal. */
void world_close(struct world *w, uint32_t group, enum verdict verdict, uint32_t step)
{
    struct fact *f = &w->facts[group];

    if (verdict == VERDICT_COMMIT ? !f->logged_decided : !f->logged_aborted)
        world_wrong(w, PROMISE_RECORD, "group %u is closed before its verdict is recorded", group);
    for (uint32_t i = 0; i < f->n; i++)
        if (tenant_of(w, group, i)->in == group)
            world_wrong(w, PROMISE_RECORD, "group %u is closed before slot %u is settled", group,
                        i);
    if (step == 0)
        f->files.anchor = false;
    else
        f->files.super = false;
}

enum found world_ask(const struct world *w, uint32_t group)
{
    const struct files *files = &w->facts[group].files;

    if (files->super)
        return FOUND_UNDECIDED;
    return files->anchor ? FOUND_COMMITTED : FOUND_NOTHING;
}
