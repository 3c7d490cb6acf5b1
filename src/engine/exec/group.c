/*
 * The participant: a group's tenants of one external migrator. All of it is compensated: a command
 * takes effect at once, and another one takes it back.
 *
 *   prepare   is it where the plan found it? the command; is it where it was to go? Where either
 *             says no, it is brought back at once
 *   settle    commit: nothing is left to be done; abort: those that voted are brought back
 *
 * In a later process nobody knows who had been begun. Each tenant is asked where it is: at the
 * target it was done, at the start it was not, anywhere else only the way back can tell. A command
 * that outlived the process that began it holds the tenant's lock, and is ended.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "engine/exec/link.h"
#include "engine/no_files.h"
#include "source/step.h"

struct exec_slot {
    const struct branch_spec *spec; /* NULL: another participant's */
    char from[REVISION_MAX], to[REVISION_MAX];
    bool down;  /* which command goes there */
    bool begun; /* a command may have changed something */
};

struct exec_group {
    struct participant base;
    struct exec_link *link;
    const struct link_run *run;
    uint32_t n;
    bool undo, recovered;
    struct exec_slot *slots;
};

struct settling {
    struct exec_group *g;
    enum verdict verdict;
    uint8_t *slots;
    atomic_bool busy, refused, told;
    struct error cause;
};

static struct exec_group *group_of(struct participant *p)
{
    return (struct exec_group *)p;
}

/* --- from where to where --- */

/* The steps follow each other: the first says where they begin, the last where they end. */
static int find_ends(struct exec_slot *slot, bool undo, struct error *e)
{
    const struct branch_spec *spec = slot->spec;
    const struct step *first = &spec->steps[0], *last = &spec->steps[spec->n - 1];
    char ignored[REVISION_MAX];
    int r;

    slot->down = first->down != undo;
    r = revision_read(first->script->text, undo ? slot->to : slot->from, ignored, e);
    if (r == E_OK)
        r = revision_read(last->script->text, ignored, undo ? slot->from : slot->to, e);
    return r;
}

static struct exec_call call_for(const struct exec_group *g, const struct exec_slot *slot)
{
    return (struct exec_call){
        .link = g->link, .id = slot->spec->id, .lock = -1, .revision = REVISION_BASE};
}

static bool is_at(const struct exec_call *c, const char *revision)
{
    return str_same(c->revision, revision);
}

static int probe(struct exec_call *c, const struct exec_slot *slot, struct error *e)
{
    return exec_probe(c, slot->from, slot->to, e);
}

/* It failed, and what it started outside its process group must not go on with what it began. */
static void end_rest(const struct exec_call *c)
{
    CLEANUP_STR struct str path = STR_INIT;

    if (exec_lock_path(c->link->exec, c->id, &path) == E_OK)
        exec_end_survivors(str_text(&path), false);
}

/* The command, and where it led; not E_OK: it failed, wherever the tenant is. */
static int move(struct exec_call *c, const struct exec_slot *slot, bool forth, struct error *e)
{
    const struct exec_block *b = &c->link->exec->block;
    bool down = slot->down == forth;
    int r;

    c->target = forth ? slot->to : slot->from;
    if (down && !b->down[0])
        return error_set(e, E_REFUSED, "cannot go back: %s has no `down`", b->name);
    r = exec_run(c, down ? b->down : b->up, NULL, e);
    if (r != E_OK)
        end_rest(c);
    if (r == E_OK)
        r = probe(c, slot, e);
    if (r != E_OK || is_at(c, c->target))
        return r;
    error_set(e, E_REFUSED, "is at %.80s and not at %.80s, though the command says nothing of it",
              c->revision, c->target);
    error_at(e, b->file, b->line);
    error_hint(e,
               "what `current` prints (on stdout) is believed: if it is the one that is wrong, so "
               "is \"as it was\"");
    return E_REFUSED;
}

/* --- up to the vote --- */

static int check_start(struct exec_call *c, const struct exec_slot *slot, struct error *e)
{
    int r = probe(c, slot, e);

    if (r != E_OK || is_at(c, slot->from))
        return r;
    return error_set(e, E_CHANGED, "changed since the plan: it is at %.80s, not at %.80s",
                     c->revision, slot->from);
}

/* Where it was, by the way back or because nothing had happened? */
static int bring_back(struct exec_call *c, struct exec_slot *slot, struct error *e)
{
    int r = probe(c, slot, e);

    c->stop = NULL; /* what goes back, goes back */
    if (r != E_OK || !is_at(c, slot->from))
        r = move(c, slot, false, e);
    if (r == E_OK)
        slot->begun = false;
    return r;
}

static int prepare(struct exec_call *c, struct exec_slot *slot, struct error *e)
{
    CLEANUP_ERROR struct error ignored = ERROR_INIT;
    int r = exec_lock(c->link->exec, c->id, false, &c->lock, e);

    if (r == E_OK)
        r = check_start(c, slot, e);
    if (r != E_OK)
        return r;
    slot->begun = true;
    r = move(c, slot, true, e);
    if (r == E_OK)
        return E_OK;
    c->stop = NULL;
    return bring_back(c, slot, &ignored) == E_OK ? r : E_DOUBT;
}

static int group_prepare(struct participant *p, uint32_t slot, enum guarantee *guarantee,
                         struct error *e)
{
    struct exec_group *g = group_of(p);
    struct exec_slot *s = &g->slots[slot];
    struct exec_call c = call_for(g, s);
    int r = find_ends(s, g->undo, e);

    *guarantee = GUARANTEE_COMPENSATED;
    c.stop = g->undo ? NULL : g->run->stop;
    if (r == E_OK)
        r = s->spec->steps[0].mark ? error_set(e, E_REFUSED, "cannot be adopted")
                                   : prepare(&c, s, e);
    close_fd(&c.lock);
    if (r != E_OK)
        error_tenant(e, s->spec->id);
    if (e && r != E_OK)
        e->code = r;
    return r;
}

/* --- after the verdict --- */

/* Decided, and not there any more: forward once more. It refuses for good, and stays behind when
 * the run takes all others back, only where it was seen to be at the start: a tenant that cannot
 * be asked, or is elsewhere, may well have what was decided. */
static int settle_forth(struct exec_call *c, struct exec_slot *slot, bool *refuses, struct error *e)
{
    int r = probe(c, slot, e);

    if (r != E_OK || is_at(c, slot->to))
        return r;
    if (!is_at(c, slot->from)) {
        error_set(e, E_CHANGED,
                  "is at %.80s, neither at %.80s nor at %.80s: somebody else changed it",
                  c->revision, slot->from, slot->to);
        error_hint(e, "bring it to %.80s by hand, then `lockstep recover`", slot->to);
        return E_CHANGED;
    }
    r = move(c, slot, true, e);
    *refuses = r != E_OK && bring_back(c, slot, NULL) == E_OK;
    return r;
}

static int settle_slot(struct settling *s, struct exec_slot *slot, bool *refuses, struct error *e)
{
    struct exec_call c = call_for(s->g, slot);
    int r = E_OK;

    if (!s->g->recovered && (s->verdict == VERDICT_COMMIT || !slot->begun))
        return E_OK;
    r = find_ends(slot, s->g->undo, e);
    if (r == E_OK)
        r = exec_lock(c.link->exec, c.id, s->g->recovered, &c.lock, e);
    if (r == E_OK)
        r = s->verdict == VERDICT_COMMIT ? settle_forth(&c, slot, refuses, e)
                                         : bring_back(&c, slot, e);
    close_fd(&c.lock);
    return r;
}

static void settle_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;
    bool refuses = false;
    int r;

    if (!s->g->slots[i].spec || s->slots[i] != SETTLE_NOT_YET)
        return;
    r = settle_slot(s, &s->g->slots[i], &refuses, &e);
    if (r == E_OK) {
        s->slots[i] = SETTLE_DONE;
        return;
    }
    if (refuses)
        s->slots[i] = SETTLE_REFUSED;
    atomic_store(r == E_BUSY ? &s->busy : &s->refused, true);
    error_tenant(&e, s->g->slots[i].spec->id);
    if (!atomic_exchange(&s->told, true))
        error_move(&s->cause, &e);
}

static int group_settle(struct participant *p, enum verdict verdict, uint8_t *slots,
                        struct error *e)
{
    struct exec_group *g = group_of(p);
    struct settling s = {.g = g, .verdict = verdict};

    s.slots = slots;
    g->run->each.run(g->run->each.ctx, g->n, settle_one, &s);
    error_move(e, &s.cause);
    return atomic_load(&s.busy) ? E_BUSY : atomic_load(&s.refused) ? E_REFUSED : E_OK;
}

/* --- the rest of the port --- */

static int group_open(struct participant *p, struct error *e)
{
    return exec_link_ask(group_of(p)->link, e);
}

/* What this group goes between is known without them; when they can be had, more is understood. */
static int group_ask(struct participant *p, enum found *found, struct error *e)
{
    (void)e;
    *found = FOUND_NOTHING; /* there are no decision files here */
    exec_link_ask(group_of(p)->link, NULL);
    return E_OK;
}

static void group_free(struct participant *p)
{
    free(group_of(p)->slots);
    free(p);
}

struct participant *exec_join(struct link *link, const struct link_run *run,
                              const struct link_group *group)
{
    static const struct participant_ops ops = {.open = group_open,
                                               .prepare = group_prepare,
                                               .seal = no_files_seal,
                                               .decide = no_files_decide,
                                               .settle = group_settle,
                                               .close = no_files_close,
                                               .ask = group_ask,
                                               .free = group_free};
    struct exec_group *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    *g = (struct exec_group){.base.ops = &ops,
                             .link = (struct exec_link *)link,
                             .run = run,
                             .n = group->n,
                             .undo = group->undo,
                             .recovered = group->recovered};
    g->slots = calloc(g->n ? g->n : 1, sizeof *g->slots);
    if (!g->slots) {
        free(g);
        return NULL;
    }
    for (uint32_t i = 0; i < g->n; i++)
        if (group->branches[i] != BRANCH_OTHERS)
            g->slots[i].spec = &run->branches[group->branches[i]];
    return &g->base;
}
