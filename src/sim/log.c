/* The run log: what is durable, and what each record says of its group. */
#include "sim/world.h"

static void log_group(struct world *w, const struct replayed *r)
{
    struct fact *f = &w->facts[r->group];

    if (f->branches)
        world_wrong(w, PROMISE_RECORD, "the id of group %u was used twice", r->group);
    if (r->group > w->last_group)
        w->last_group = r->group;
    f->n = r->n;
    f->undoes = r->undoes;
    f->branches = r->branches;
    f->yes = arena_array(&w->arena, r->n, sizeof *f->yes);
    f->out = arena_array(&w->arena, r->n, sizeof *f->out);
    f->left = arena_array(&w->arena, r->n, sizeof *f->left);
    if (r->undoes)
        world_undoes(w, r->group);
}

static void log_deciding(const struct replayed *r, struct fact *f)
{
    f->logged_deciding = true;
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
            world_fall(w, r->group);
        if (!f->committed || f->logged_aborted)
            world_wrong(w, PROMISE_DECISION, "group %u is recorded as decided and is not",
                        r->group);
        f->logged_decided = true;
    } else {
        if (f->committed)
            world_wrong(w, PROMISE_ONCE, "group %u is recorded as aborted and is decided",
                        r->group);
        f->logged_aborted = true;
    }
}

static void log_settled(struct world *w, const struct replayed *r)
{
    struct fact *f = &w->facts[r->group];

    f->logged_settled = true;
    if (f->files.super || f->files.anchor)
        world_wrong(w, PROMISE_RECORD, "group %u is recorded as settled and has decision files",
                    r->group);
    for (uint32_t i = 0; i < f->n; i++)
        if (w->tenants[f->branches[i]].in == r->group)
            world_wrong(w, PROMISE_RECORD, "group %u is recorded as settled and slot %u is not",
                        r->group, i);
}

void world_log(struct world *w, const struct replayed *r)
{
    if (!array_room(&w->log, w->n_log, &w->cap_log, sizeof *w->log))
        return;
    w->log[w->n_log++] = *r;
    if (w->ended)
        world_wrong(w, PROMISE_RECORD, "a record follows the end of the run");
    if (r->kind == RECORD_GROUP)
        log_group(w, r);
    else if (r->kind == RECORD_DECIDING)
        log_deciding(r, &w->facts[r->group]);
    else if (r->kind == RECORD_DECIDED || r->kind == RECORD_ABORTED)
        log_verdict(w, r);
    else if (r->kind == RECORD_SETTLED)
        log_settled(w, r);
    else if (r->kind == RECORD_END)
        w->ended = true;
}
