/*
 * The participant: a group's tenants on one server.
 *
 *   open      nothing: what a bundle is called follows from the run log
 *   prepare   the slot's steps in the bundle of a lane
 *   seal      PREPARE TRANSACTION of every open bundle; without, a look whether it is still there
 *   decide    never asked: the run log or the files decide
 *   settle    COMMIT PREPARED, ROLLBACK PREPARED; without, COMMIT and ROLLBACK
 *   close     idle connections stay with the link
 */
#include "engine/postgres/group.h"

#include "engine/postgres/compensated.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "db/postgres.h"
#include "engine/no_files.h"
#include "engine/strands.h"

static struct pg_group *group_of(struct participant *p)
{
    return (struct pg_group *)p;
}

struct pg_work pg_group_work(const struct pg_group *g, const struct pg_slot *slot)
{
    return (struct pg_work){
        .spec = slot->spec,
        .undo = g->undo,
        .run = g->run->run,
        .group = g->id,
        .log_head = g->log_head,
        .lock_timeout_ms = g->run->lock_timeout_ms,
        .statement_timeout_ms = g->run->statement_timeout_ms,
    };
}

static int group_open(struct participant *p, struct error *e)
{
    struct pg_group *g = group_of(p);
    int r = pg_link_ask(g->link, e);

    g->two_phase = g->link->two_phase;
    return r;
}

static int group_prepare(struct participant *p, uint32_t slot, enum guarantee *guarantee,
                         struct error *e)
{
    struct pg_group *g = group_of(p);
    struct pg_slot *s = &g->slots[slot];
    struct pg_work w = pg_group_work(g, s);
    bool outside = pg_work_is_outside(&w);
    int r = outside ? pg_compensated_prepare(g, s, e) : pg_lane_prepare(g, s, e);

    *guarantee = outside        ? GUARANTEE_COMPENSATED
                 : g->two_phase ? GUARANTEE_PREPARED
                                : GUARANTEE_LOGGED;
    if (r != E_OK)
        error_tenant(e, s->spec->id);
    return r;
}

struct sealing {
    struct pg_group *g;
    atomic_int outcome;
    atomic_bool told;
    struct error cause;
};

static void seal_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct sealing *s = arg;
    int r = pg_bundle_seal(s->g, &s->g->bundles[i], &e);
    int busy = E_BUSY;

    if (r == E_OK)
        return;
    if (r == E_BUSY)
        atomic_compare_exchange_strong(&s->outcome, &(int){E_OK}, busy);
    else
        atomic_store(&s->outcome, r);
    if (!atomic_exchange(&s->told, true))
        error_move(&s->cause, &e);
}

static int group_seal(struct participant *p, struct error *e)
{
    struct pg_group *g = group_of(p);
    struct sealing s = {.g = g};

    strands_run(&g->run->each, g->link->width, atomic_load(&g->n_bundles), seal_one, &s);
    error_move(e, &s.cause);
    return atomic_load(&s.outcome);
}

static int group_settle(struct participant *p, enum verdict verdict, uint8_t *slots,
                        struct error *e)
{
    return pg_group_settle(group_of(p), verdict, slots, e);
}

static int group_ask(struct participant *p, enum found *found, struct error *e)
{
    *found = FOUND_NOTHING; /* there are no decision files here */
    return group_open(p, e);
}

static void group_free(struct participant *p)
{
    struct pg_group *g = group_of(p);

    for (uint32_t i = 0; g->bundles && i < atomic_load(&g->n_bundles); i++)
        pg_bundle_drop(g, &g->bundles[i]);
    free(g->bundles);
    free(g->databases);
    free(g->slots);
    free(g);
}

static const struct participant_ops ops = {
    .open = group_open,
    .prepare = group_prepare,
    .seal = group_seal,
    .decide = no_files_decide,
    .settle = group_settle,
    .close = no_files_close,
    .ask = group_ask,
    .free = group_free,
};

struct participant *pg_join(struct link *link, const struct link_run *run,
                            const struct link_group *group)
{
    struct pg_group *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    *g = (struct pg_group){.base.ops = &ops,
                           .link = (struct pg_link *)link,
                           .run = run,
                           .id = group->id,
                           .n = group->n,
                           .undo = group->undo,
                           .recovered = group->recovered};
    memcpy(g->log_head, group->log_head, HASH_TEXT);
    g->slots = calloc(g->n ? g->n : 1, sizeof *g->slots);
    g->bundles = calloc((size_t)g->n + LANES, sizeof *g->bundles);
    for (uint32_t i = 0; i < LANES; i++)
        g->lanes[i].busy = (atomic_flag)ATOMIC_FLAG_INIT;
    for (uint32_t i = 0; g->slots && i < g->n; i++)
        if (group->branches[i] != BRANCH_OTHERS)
            g->slots[i].spec = &run->branches[group->branches[i]];
    if (g->slots && g->bundles && pg_databases_make(g))
        return &g->base;
    group_free(&g->base);
    return NULL;
}
