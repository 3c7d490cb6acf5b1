/*
 * The participant: a group's tenants on one server.
 *
 *   open      what the server allows; ledger rows of those that will need one, together
 *   prepare   data: an XA transaction up to XA PREPARE; else the statements, which take effect
 *   seal      nothing: a vote is as durable as the server makes a commit
 *   decide    never asked: the run log or the files decide
 *   settle    XA COMMIT, XA ROLLBACK; ledger rows go; inverses run
 *   close     idle connections stay with the link
 */
#include "engine/mysql/group.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/mysql/acts.h"
#include "engine/no_files.h"

static struct my_group *group_of(struct participant *p)
{
    return (struct my_group *)p;
}

struct my_work my_group_work(const struct my_group *g, const struct my_slot *slot)
{
    return (struct my_work){
        .link = g->link,
        .spec = slot->spec,
        .undo = g->undo,
        .run = g->run->run,
        .key = g->run->key,
        .group = g->id,
        .log_head = g->log_head,
        .lock_timeout_ms = g->run->lock_timeout_ms,
        .statement_timeout_ms = g->run->statement_timeout_ms,
        .stop = g->undo ? NULL : g->run->stop, /* what goes back, goes back */
    };
}

static int learn(struct my_group *g, struct error *e)
{
    int r = my_link_ask(g->link, e);

    for (uint32_t i = 0; i < g->n && r == E_OK; i++)
        if (g->slots[i].spec)
            g->slots[i].data = g->link->xa && my_acts_are_data(g->slots[i].spec, g->undo);
    return r;
}

static int group_open(struct participant *p, struct error *e)
{
    struct my_group *g = group_of(p);
    int r = learn(g, e);

    if (r == E_OK && !g->recovered)
        my_announce(g);
    return r;
}

static int group_prepare(struct participant *p, uint32_t slot, enum guarantee *guarantee,
                         struct error *e)
{
    struct my_group *g = group_of(p);
    struct my_slot *s = &g->slots[slot];
    int r = s->data ? my_prepared_prepare(g, s, e) : my_compensated_prepare(g, s, e);

    *guarantee = s->data ? GUARANTEE_PREPARED : GUARANTEE_COMPENSATED;
    if (r != E_OK)
        error_tenant(e, s->spec->id);
    return r;
}

static int group_settle(struct participant *p, enum verdict verdict, uint8_t *slots,
                        struct error *e)
{
    return my_group_settle(group_of(p), verdict, slots, e);
}

static int group_ask(struct participant *p, enum found *found, struct error *e)
{
    *found = FOUND_NOTHING; /* there are no decision files here */
    return learn(group_of(p), e);
}

static void group_free(struct participant *p)
{
    struct my_group *g = group_of(p);

    free(g->slots);
    free(g);
}

static const struct participant_ops ops = {
    .open = group_open,
    .prepare = group_prepare,
    .seal = no_files_seal,
    .decide = no_files_decide,
    .settle = group_settle,
    .close = no_files_close,
    .ask = group_ask,
    .free = group_free,
};

struct participant *my_join(struct link *link, const struct link_run *run,
                            const struct link_group *group)
{
    struct my_group *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    *g = (struct my_group){.base.ops = &ops,
                           .link = (struct my_link *)link,
                           .run = run,
                           .id = group->id,
                           .n = group->n,
                           .undo = group->undo,
                           .recovered = group->recovered};
    memcpy(g->log_head, group->log_head, HASH_TEXT);
    g->slots = calloc(g->n ? g->n : 1, sizeof *g->slots);
    if (!g->slots) {
        free(g);
        return NULL;
    }
    for (uint32_t i = 0; i < g->n; i++)
        if (group->branches[i] != BRANCH_OTHERS) {
            g->slots[i].spec = &run->branches[group->branches[i]];
            g->slots[i].branch = group->branches[i];
        }
    return &g->base;
}
