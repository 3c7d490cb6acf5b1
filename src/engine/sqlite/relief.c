/*
 * Relief: the held pages of all groups come near their cap, so the tenants that have voted so far
 * go to the disk early, together, by the steps of sealing: barrier, arm, barrier, EXCLUSIVE, pages.
 * That is two syncs a cap-full; without it each further tenant would go through on its own.
 *
 * One relief at a time, run by the thread whose vote made it due, while the others go on; who finds
 * the cap full meanwhile waits for it (tenant_io.c). It runs within a prepare, and the machine
 * seals or settles only when every prepare has answered: nobody else touches a file that has voted.
 *
 * A tenant that cannot be shut (a reader stays) is put back for the next relief, or the sealing. A
 * barrier that fails speaks against the group: syncfs tells of a lost page once, so a later barrier
 * that succeeds proves nothing.
 */
#include <stdlib.h>

#include "base/error.h"
#include "engine/sqlite/group.h"

struct relieving {
    struct sqlite_group *g;
    uint32_t *slots;
};

static void push(struct sqlite_group *g, uint32_t slot)
{
    uint32_t head = atomic_load(&g->voted);

    do
        g->slots[slot].next_voted = head;
    while (!atomic_compare_exchange_weak(&g->voted, &head, slot + 1));
}

/* All that have voted, each once. */
static uint32_t take_all(struct relieving *r)
{
    uint32_t n = 0;

    for (uint32_t at = atomic_exchange(&r->g->voted, 0); at; at = r->g->slots[at - 1].next_voted)
        r->slots[n++] = at - 1;
    return n;
}

static void arm_one(void *arg, uint32_t i)
{
    struct relieving *r = arg;

    tenant_file_arm(r->g->slots[r->slots[i]].file, NULL);
}

static void apply_one(void *arg, uint32_t i)
{
    struct relieving *r = arg;
    struct tenant_file *f = r->g->slots[r->slots[i]].file;

    if (f->phase == FILE_ARMED && tenant_file_shut(f, NULL) == E_OK)
        tenant_file_apply(f, NULL); /* a failure is remembered */
}

static bool barrier(struct sqlite_group *g)
{
    return group_barrier(g, g->relief_failure.code ? NULL : &g->relief_failure) == E_OK;
}

static void relieve(struct sqlite_group *g)
{
    struct relieving r = {.g = g, .slots = malloc(g->n * sizeof *r.slots)};
    const struct each *each = &g->engine->each;
    uint32_t n = r.slots ? take_all(&r) : 0;

    if (n && barrier(g)) {
        each->run(each->ctx, n, arm_one, &r);
        if (barrier(g))
            each->run(each->ctx, n, apply_one, &r);
    }
    for (uint32_t i = 0; i < n; i++)
        if (g->slots[r.slots[i]].file->phase != FILE_APPLIED)
            push(g, r.slots[i]);
    free(r.slots);
}

/* Full enough, and by a good part fuller than what the last one could not help. */
static bool is_due(struct file_room *room)
{
    size_t held = atomic_load(&room->held_bytes), left = atomic_load(&room->left_by_relief);

    return held >= room->held_cap / 4 * 3 && held >= left + room->held_cap / 4;
}

void relief_note(struct sqlite_group *g, uint32_t slot)
{
    struct file_room *room = &g->engine->room;

    /* Where files are synced one by one a relief would sync all of the group's: no gain. */
    if (!g->slots[slot].file || g->barrier.one_by_one)
        return;
    push(g, slot);
    if (!is_due(room) || atomic_load(&g->engine->stop) || atomic_exchange(&room->relieving, true))
        return;
    relieve(g);
    atomic_store(&room->left_by_relief, atomic_load(&room->held_bytes));
    atomic_store(&room->relieving, false);
}
