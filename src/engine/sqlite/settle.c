/* A group's slots after the verdict, in the process that prepared them or in a later one. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "db/sqlite.h"
#include "engine/sqlite/group.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/stock.h"

/* What the threads share while they settle: the first cause is kept. */
struct settling {
    struct sqlite_group *g;
    enum verdict verdict;
    uint8_t *slots;
    atomic_bool busy, refused, told;
    struct error cause;
};

static void tell(struct settling *s, const struct slot *slot, struct error *e)
{
    if (!atomic_exchange(&s->told, true)) {
        error_tenant(e, slot->spec->id);
        error_move(&s->cause, e);
    }
}

static void note(struct settling *s, uint32_t i, int r, struct error *e)
{
    if (r == E_OK) {
        s->slots[i] = SETTLE_DONE;
        return;
    }
    if (r == E_CHANGED && s->verdict == VERDICT_COMMIT)
        s->slots[i] = SETTLE_REFUSED;
    atomic_store(s->slots[i] == SETTLE_REFUSED ? &s->refused : &s->busy, true);
    tell(s, &s->g->slots[i], e);
}

static void note_hold(struct sqlite_group *g, const struct tenant_file *f)
{
    clock_longest(&g->engine->longest_writers_us, f->writers_since_us);
    clock_longest(&g->engine->longest_readers_us, f->readers_since_us);
}

static void drop_file(struct slot *slot)
{
    tenant_file_release(slot->file);
    free(slot->file);
    slot->file = NULL;
}

static int finish_file(struct sqlite_group *g, struct slot *slot, struct error *e)
{
    struct file_stamp *left = g->engine->left;
    int r;

    note_hold(g, slot->file);
    r = tenant_file_finish(slot->file, left ? left + (slot->spec - g->engine->branches) : NULL, e);
    if (r == E_OK)
        drop_file(slot);
    return r;
}

/* COMMIT failed: the transaction is gone, so it is run once more, like after a crash. */
static int finish_logged(struct sqlite_group *g, struct slot *slot, struct error *e)
{
    struct work w = group_work(g, slot);
    int r = logged_commit(slot, e);

    if (r == E_OK || r == E_BUSY)
        return r;
    logged_roll_back(slot);
    return logged_roll_forward(slot, &w, e);
}

/* A tenant without a held transaction: its history says whether the commit is in it. */
static int commit_if_missing(struct sqlite_group *g, struct slot *slot, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    struct work w = group_work(g, slot);
    bool done = false;
    int r = stock_open(slot->spec->path, &db, e);

    if (r != E_OK)
        return r;
    r = history_has_group(db, w.run, w.group, &done, e);
    db_close(&db);
    if (r != E_OK || done)
        return r;
    return logged_roll_forward(slot, &w, e);
}

static int settle_recovered(struct sqlite_group *g, struct slot *slot, enum verdict verdict,
                            struct error *e)
{
    struct work w = group_work(g, slot);
    int r = stock_settle(slot->spec->path, e);

    if (r == E_MISSING && stock_is_gone(slot->spec->path, g->engine->decisions))
        return E_OK; /* the tenant itself is gone: nothing of it can be in doubt */
    if (r == E_OK)
        r = stock_drop_dead_journal(slot->spec->path, true, e);
    if (r != E_OK)
        return r;
    if (work_is_outside(&w))
        return verdict == VERDICT_COMMIT ? compensated_commit(slot, &w, e)
                                         : compensated_roll_back(slot, &w, e);
    return verdict == VERDICT_COMMIT ? commit_if_missing(g, slot, e) : E_OK;
}

static int settle_slot(struct sqlite_group *g, struct slot *slot, enum verdict verdict,
                       struct error *e)
{
    struct work w = group_work(g, slot);

    if (g->recovered)
        return settle_recovered(g, slot, verdict, e);
    if (slot->compensated)
        return verdict == VERDICT_COMMIT ? compensated_commit(slot, &w, e)
                                         : compensated_roll_back(slot, &w, e);
    if (verdict == VERDICT_ABORT) {
        logged_roll_back(slot);
        return E_OK;
    }
    if (slot->file)
        return finish_file(g, slot, e);
    return slot->db ? finish_logged(g, slot, e) : commit_if_missing(g, slot, e);
}

static void settle_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;

    if (s->slots[i] == SETTLE_NOT_YET)
        note(s, i, settle_slot(s->g, &s->g->slots[i], s->verdict, &e), &e);
}

/* Held transactions first: if one refuses, as few as possible have to be undone. */
static void settle_logged(void *arg, uint32_t i)
{
    struct settling *s = arg;

    if (s->g->slots[i].db)
        settle_one(arg, i);
}

/* Abort, first half: the journals of untouched files go. */
static void withdraw_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;
    struct slot *slot = &s->g->slots[i];
    int r;

    if (s->slots[i] != SETTLE_NOT_YET || !slot->file)
        return;
    r = tenant_file_withdraw(slot->file, &e);
    slot->by_stock = r == E_CHANGED;
    if (r != E_OK && r != E_CHANGED) {
        atomic_store(&s->busy, true);
        tell(s, slot, &e);
    }
}

/* Second half, when that is durable: the locks go; touched files are rolled back. */
static void release_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;
    struct slot *slot = &s->g->slots[i];

    if (s->slots[i] != SETTLE_NOT_YET)
        return;
    if (slot->file) {
        note_hold(s->g, slot->file);
        drop_file(slot);
    }
    if (slot->by_stock) {
        note(s, i, stock_settle(slot->spec->path, &e), &e);
        return;
    }
    settle_one(arg, i);
}

/*
 * The barrier between the halves is what a later run may rely on: no journal of this group comes
 * back on a file somebody has changed since. When the last one fails the group stays open and is
 * settled again; every step may be repeated.
 */
static int abort_files(struct settling *s)
{
    const struct each *each = &s->g->engine->each;
    int r;

    each->run(each->ctx, s->g->n, withdraw_one, s);
    if (atomic_load(&s->busy))
        return E_BUSY;
    r = group_barrier(s->g, &s->cause);
    if (r != E_OK)
        return E_BUSY;
    each->run(each->ctx, s->g->n, release_one, s);
    return atomic_load(&s->busy) ? E_BUSY : group_barrier(s->g, &s->cause);
}

static void settle_in_order(struct settling *s)
{
    const struct each *each = &s->g->engine->each;

    each->run(each->ctx, s->g->n, settle_logged, s);
    each->run(each->ctx, s->g->n, settle_one, s);
}

/* slots is written, through struct settling. NOLINTNEXTLINE(readability-non-const-parameter) */
int group_settle_slots(struct sqlite_group *g, enum verdict verdict, uint8_t *slots,
                       struct error *e)
{
    struct settling s = {.g = g, .verdict = verdict, .slots = slots};
    int r = E_OK;

    if (verdict == VERDICT_ABORT && !g->recovered)
        r = abort_files(&s);
    else
        settle_in_order(&s);
    if (r == E_OK)
        r = atomic_load(&s.busy) ? E_BUSY : atomic_load(&s.refused) ? E_REFUSED : E_OK;
    if (r == E_OK && g->recovered)
        r = group_barrier(g, &s.cause);
    error_move(e, &s.cause);
    return r;
}
