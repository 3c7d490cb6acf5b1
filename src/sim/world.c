#include "sim/world.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void world_init(struct world *w, const struct script *script)
{
    memset(w, 0, sizeof *w);
    w->script = script;
    for (uint32_t i = 0; i < script->tenants; i++)
        w->tenants[i].guarantee = script->guarantee[i];
}

void world_free(struct world *w)
{
    free(w->log);
    arena_free(&w->arena);
    str_free(&w->wrong);
}

void world_wrong(struct world *w, const char *format, ...)
{
    va_list args;

    if (w->wrong.len)
        return;
    va_start(args, format);
    str_addv(&w->wrong, format, args);
    va_end(args);
}

/* What only the process knew is gone: locks, open transactions, pages not yet written. */
void world_crash(struct world *w)
{
    for (uint32_t i = 0; i < w->script->tenants; i++) {
        struct tenant *t = &w->tenants[i];

        t->held = false;
        if (!t->sealed && t->guarantee != GUARANTEE_COMPENSATED)
            t->in = 0;
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

    for (uint32_t i = 0; i < w->script->tenants; i++)
        n += tenant_at(w, i);
    return n;
}

static bool is_voter(const struct fact *f, uint32_t slot)
{
    return !f->out[slot];
}

static bool vote_stands(const struct tenant *t, uint32_t group)
{
    if (t->in != group)
        return false;
    return t->guarantee == GUARANTEE_COMPENSATED || t->guarantee == GUARANTEE_LOGGED ? t->held
                                                                                     : t->sealed;
}

static void fall(struct world *w, uint32_t group)
{
    struct fact *f = &w->facts[group];

    if (f->committed)
        world_wrong(w, "group %u was decided twice", group);
    if (f->taken_back)
        world_wrong(w, "group %u was decided after tenants went back", group);
    for (uint32_t i = 0; i < f->n; i++) {
        if (is_voter(f, i) && !f->yes[i])
            world_wrong(w, "group %u was decided without the yes of slot %u", group, i);
        if (is_voter(f, i) && !vote_stands(tenant_of(w, group, i), group))
            world_wrong(w, "group %u was decided while the vote of slot %u is not safe", group, i);
    }
    f->committed = true;
}

static void log_group(struct world *w, const struct replayed *r)
{
    struct fact *f = &w->facts[r->group];

    if (f->branches)
        world_wrong(w, "the id of group %u was used twice", r->group);
    if (r->group > w->last_group)
        w->last_group = r->group;
    f->n = r->n;
    f->undoes = r->undoes;
    f->branches = r->branches;
    f->yes = arena_array(&w->arena, r->n, sizeof *f->yes);
    f->out = arena_array(&w->arena, r->n, sizeof *f->out);
}

static void log_refused(const struct replayed *r, struct fact *f)
{
    for (uint32_t i = 0, next = 0; i < f->n && next < r->n; i++)
        if (f->branches[i] == r->branches[next]) {
            f->out[i] = true;
            next++;
        }
}

static void log_verdict(struct world *w, const struct replayed *r)
{
    struct fact *f = &w->facts[r->group];

    if (r->kind == RECORD_DECIDED) {
        if (!w->script->policy.files && !f->logged_decided)
            fall(w, r->group);
        if (!f->committed || f->logged_aborted)
            world_wrong(w, "group %u is recorded as decided and is not", r->group);
        f->logged_decided = true;
    } else {
        if (f->committed)
            world_wrong(w, "group %u is recorded as aborted and is decided", r->group);
        f->logged_aborted = true;
    }
}

static void log_settled(struct world *w, const struct replayed *r)
{
    struct fact *f = &w->facts[r->group];

    f->logged_settled = true;
    if (f->files.super || f->files.anchor)
        world_wrong(w, "group %u is recorded as settled and has decision files", r->group);
    for (uint32_t i = 0; i < f->n; i++)
        if (tenant_of(w, r->group, i)->in == r->group)
            world_wrong(w, "group %u is recorded as settled and slot %u is not", r->group, i);
}

void world_log(struct world *w, const struct replayed *r)
{
    if (!array_room(&w->log, w->n_log, &w->cap_log, sizeof *w->log))
        return;
    w->log[w->n_log++] = *r;
    if (w->ended)
        world_wrong(w, "a record follows the end of the run");
    if (r->kind == RECORD_GROUP)
        log_group(w, r);
    else if (r->kind == RECORD_DECIDING)
        log_refused(r, &w->facts[r->group]);
    else if (r->kind == RECORD_DECIDED || r->kind == RECORD_ABORTED)
        log_verdict(w, r);
    else if (r->kind == RECORD_SETTLED)
        log_settled(w, r);
    else if (r->kind == RECORD_END)
        w->ended = true;
}

/* The vote is there; whether its yes arrives is another matter. */
void world_vote(struct world *w, uint32_t group, uint32_t slot, enum guarantee guarantee)
{
    struct tenant *t = tenant_of(w, group, slot);

    if (t->in)
        world_wrong(w, "group %u prepares slot %u, which group %u still has", group, slot, t->in);
    if (t->at == is_up(&w->facts[group]))
        world_wrong(w, "group %u prepares slot %u, which has nothing to do", group, slot);
    *t = (struct tenant){.at = t->at, .guarantee = (uint8_t)guarantee, .in = group, .held = true};
    if (guarantee == GUARANTEE_COMPENSATED)
        t->at = is_up(&w->facts[group]);
}

void world_seal(struct world *w, uint32_t group, uint32_t slot)
{
    struct tenant *t = tenant_of(w, group, slot);

    if (t->in == group && (t->guarantee == GUARANTEE_ATOMIC || t->guarantee == GUARANTEE_PREPARED))
        t->sealed = true;
}

void world_decide(struct world *w, uint32_t group)
{
    struct fact *f = &w->facts[group];

    if (!f->files.super || !f->files.anchor)
        world_wrong(w, "group %u decides without decision files", group);
    fall(w, group);
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
        world_wrong(w, "slot %u of group %u commits without decision", slot, group);
    if (!f->yes[slot] || f->out[slot])
        world_wrong(w, "slot %u of group %u commits without its yes", slot, group);
    if (must_forward(w, group, slot) && t->guarantee != GUARANTEE_LOGGED)
        world_wrong(w, "slot %u of group %u lost its vote: torn", slot, group);
    t->at = is_up(f);
    if (t->in == group)
        let_go(t);
}

void world_roll_back(struct world *w, uint32_t group, uint32_t slot)
{
    struct fact *f = &w->facts[group];
    struct tenant *t = tenant_of(w, group, slot);

    if (f->committed)
        world_wrong(w, "slot %u of group %u goes back after the decision", slot, group);
    f->taken_back = true;
    if (t->in != group)
        return;
    if (t->guarantee == GUARANTEE_COMPENSATED)
        t->at = !is_up(f);
    if (tenant_at(w, f->branches[slot]) == is_up(f))
        world_wrong(w, "slot %u of group %u cannot go back any more", slot, group);
    let_go(t);
}

void world_refuse(struct world *w, uint32_t group, uint32_t slot)
{
    struct tenant *t = tenant_of(w, group, slot);

    if (!world_may_refuse(w, group, slot))
        world_wrong(w, "slot %u of group %u refuses what it has done", slot, group);
    if (t->in == group)
        let_go(t);
}

/* Super-journal first, then the anchor. */
void world_open(struct world *w, uint32_t group, uint32_t step)
{
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
        world_wrong(w, "group %u is closed before its verdict is recorded", group);
    for (uint32_t i = 0; i < f->n; i++)
        if (tenant_of(w, group, i)->in == group)
            world_wrong(w, "group %u is closed before slot %u is settled", group, i);
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

void world_check(struct world *w)
{
    for (uint32_t id = 1; id <= w->last_group; id++) {
        const struct fact *f = &w->facts[id];
        int seen = -1;

        if (!f->branches || f->logged_settled)
            continue;
        for (uint32_t i = 0; i < f->n; i++) {
            uint32_t branch = f->branches[i];

            if (w->tenants[branch].guarantee != GUARANTEE_ATOMIC || !f->yes[i] || f->out[i])
                continue;
            if (seen >= 0 && seen != tenant_at(w, branch))
                world_wrong(w, "the atomic tenants of group %u are torn", id);
            seen = tenant_at(w, branch);
        }
    }
}

void world_check_clean(struct world *w)
{
    for (uint32_t i = 0; i < w->script->tenants; i++)
        if (w->tenants[i].in || w->tenants[i].held)
            world_wrong(w, "tenant %u is still held by group %u", i, w->tenants[i].in);
    for (uint32_t id = 1; id <= w->last_group; id++)
        if (w->facts[id].files.super || w->facts[id].files.anchor)
            world_wrong(w, "decision files of group %u are left", id);
}
