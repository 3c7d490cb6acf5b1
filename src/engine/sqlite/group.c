/*
 * The participant: a group of SQLite tenants. Its calls in the order of the protocol:
 *
 *   open      warm-up sync, super-journal, anchor
 *   prepare   each tenant to its vote: journal on disk, not armed; nothing else written
 *   seal      barrier | arm every journal | barrier | EXCLUSIVE everywhere | pages | barrier
 *   decide    unlink the super-journal, sync its folder
 *   settle    commit: truncations, journals away, locks; abort: journals away, barrier, locks
 *   close     the anchor away (abort: then the super-journal)
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/sqlite/group.h"
#include "engine/sqlite/stock.h"
#include "engine/sqlite/vfs.h"

static struct sqlite_group *group_of(struct participant *p)
{
    return (struct sqlite_group *)p;
}

int sqlite_engine_setup(void)
{
    db_setup();
    return sqlite3_initialize() == SQLITE_OK ? vfs_register() : E_NOMEM;
}

struct work group_work(const struct sqlite_group *g, const struct slot *slot)
{
    return (struct work){
        .steps = slot->spec->steps,
        .n = slot->spec->n,
        .undo = g->undo,
        .run = g->engine->run,
        .group = g->id,
        .log_head = g->log_head,
        .terms = {.values = &slot->spec->values,
                  .statement_timeout_ms = g->engine->statement_timeout_ms},
        .extensions = g->engine->extensions,
    };
}

/* --- barriers --- */

struct syncing {
    struct sqlite_group *g;
    atomic_bool failed, told;
    struct error cause;
};

static void sync_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str journal = STR_INIT;
    struct syncing *s = arg;
    const struct branch_spec *spec = s->g->slots[i].spec;
    int r;

    if (!spec || s->g->slots[i].db)
        return; /* logged: closing another descriptor of it would drop the connection's locks */
    str_addf(&journal, "%s-journal", spec->path);
    r = str_ok(&journal) ? barrier_file(str_text(&journal), &e) : error_oom(&e);
    if (r == E_OK)
        r = barrier_file(spec->path, &e);
    if (r == E_OK)
        return;
    atomic_store(&s->failed, true);
    if (!atomic_exchange(&s->told, true))
        error_move(&s->cause, &e);
}

int group_barrier(struct sqlite_group *g, struct error *e)
{
    struct syncing s = {.g = g};

    if (!g->barrier.one_by_one)
        return barrier_sync(&g->barrier, e);
    g->engine->each.run(g->engine->each.ctx, g->n, sync_one, &s);
    error_move(e, &s.cause);
    return atomic_load(&s.failed) ? E_REFUSED : E_OK;
}

/* A plan read back from the log does not know devices (they may change with a restart): ask. */
static dev_t device_of(const struct branch_spec *spec)
{
    struct stat st;

    return !spec->dev && stat(spec->path, &st) == 0 ? st.st_dev : spec->dev;
}

static int add_file_systems(struct sqlite_group *g, struct error *e)
{
    dev_t last = 0;
    int r = E_OK;

    for (uint32_t i = 0; i < g->n && r == E_OK; i++) {
        const struct branch_spec *spec = g->slots[i].spec;
        dev_t dev = spec ? device_of(spec) : 0;

        if (dev && dev != last)
            r = barrier_add(&g->barrier, dev, spec->path, e);
        last = dev ? dev : last;
    }
    if (g->engine->sync != SYNC_AUTO)
        g->barrier.one_by_one = g->engine->sync == SYNC_FILES;
    return r;
}

/* --- the participant --- */

static int group_open(struct participant *p, struct error *e)
{
    struct sqlite_group *g = group_of(p);
    CLEANUP_STR struct str journals = STR_INIT;
    int r = add_file_systems(g, e);

    if (r == E_OK && !g->barrier.one_by_one)
        r = barrier_sync(&g->barrier, e); /* what others left dirty is not to be waited for later */
    for (uint32_t i = 0; i < g->n; i++) {
        if (!g->slots[i].spec)
            continue;
        str_add(&journals, g->slots[i].spec->path);
        str_addn(&journals, "-journal", sizeof "-journal");
    }
    if (r == E_OK && !str_ok(&journals))
        r = error_oom(e);
    return r == E_OK ? decision_make(&g->decision, &journals, e) : r;
}

static int group_prepare(struct participant *p, uint32_t slot, enum guarantee *guarantee,
                         struct error *e)
{
    struct sqlite_group *g = group_of(p);
    int r = slot_prepare(g, &g->slots[slot], guarantee, e);

    if (r != E_OK)
        error_tenant(e, g->slots[slot].spec->id);
    else
        relief_note(g, slot);
    return r;
}

struct sealing {
    struct sqlite_group *g;
    int (*step)(struct tenant_file *f, struct error *e);
    atomic_int outcome;
    atomic_bool told;
    struct error cause;
};

static void seal_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct sealing *s = arg;
    struct slot *slot = &s->g->slots[i];
    int r;

    if (!slot->file)
        return;
    r = s->step(slot->file, &e);
    if (r == E_OK)
        return;
    if (r == E_BUSY && slot->file->holder)
        error_hint(&e, "pid %d holds it", (int)slot->file->holder);
    atomic_store(&s->outcome, r);
    error_tenant(&e, slot->spec->id);
    if (!atomic_exchange(&s->told, true))
        error_move(&s->cause, &e);
}

static int seal_all(struct sqlite_group *g, int (*step)(struct tenant_file *f, struct error *e),
                    struct error *e)
{
    struct sealing s = {.g = g, .step = step};

    g->engine->each.run(g->engine->each.ctx, g->n, seal_one, &s);
    error_move(e, &s.cause);
    return atomic_load(&s.outcome);
}

static int relief_failed(struct sqlite_group *g, struct error *e)
{
    error_move(e, &g->relief_failure);
    g->relief_failure.code = E_REFUSED; /* whoever asks again hears no again */
    return E_REFUSED;
}

static int group_seal(struct participant *p, struct error *e)
{
    struct sqlite_group *g = group_of(p);
    int r = g->relief_failure.code ? relief_failed(g, e) : group_barrier(g, e);

    if (r == E_OK)
        r = seal_all(g, tenant_file_arm, e);
    if (r == E_OK)
        r = group_barrier(g, e);
    if (r == E_OK)
        r = seal_all(g, tenant_file_shut, e);
    if (r == E_OK)
        r = seal_all(g, tenant_file_apply, e);
    return r == E_OK ? group_barrier(g, e) : r;
}

static int group_decide(struct participant *p, struct error *e)
{
    return decision_fall(&group_of(p)->decision, e);
}

static int group_settle(struct participant *p, enum verdict verdict, uint8_t *slots,
                        struct error *e)
{
    return group_settle_slots(group_of(p), verdict, slots, e);
}

/*
 * After a commit no barrier stands between the journals' unlinks and the anchor's: a journal that
 * comes back with the power names a super-journal that is gone, so any SQLite deletes it unread; a
 * truncation that is lost leaves pages behind the size in the header, which nobody reads.
 */
static int group_close(struct participant *p, enum verdict verdict, struct error *e)
{
    return decision_close(&group_of(p)->decision, verdict, e);
}

static int group_ask(struct participant *p, enum found *found, struct error *e)
{
    struct sqlite_group *g = group_of(p);
    int r = decision_ask(&g->decision, found, e);

    return r == E_OK ? add_file_systems(g, e) : r;
}

static void group_free(struct participant *p)
{
    struct sqlite_group *g = group_of(p);

    for (uint32_t i = 0; g->slots && i < g->n; i++) {
        if (g->slots[i].file)
            tenant_file_release(g->slots[i].file);
        free(g->slots[i].file);
        db_close(&g->slots[i].db);
    }
    error_clear(&g->relief_failure);
    decision_free(&g->decision);
    barrier_free(&g->barrier);
    free(g->slots);
    free(g);
}

static const struct participant_ops ops = {
    .open = group_open,
    .prepare = group_prepare,
    .seal = group_seal,
    .decide = group_decide,
    .settle = group_settle,
    .close = group_close,
    .ask = group_ask,
    .free = group_free,
};

struct participant *sqlite_group_new(struct sqlite_engine *engine, uint32_t group,
                                     const uint32_t *branches, uint32_t n, bool undo,
                                     bool recovered, const char *log_head)
{
    struct sqlite_group *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    *g = (struct sqlite_group){.base.ops = &ops,
                               .engine = engine,
                               .id = group,
                               .undo = undo,
                               .recovered = recovered,
                               .n = n};
    memcpy(g->log_head, log_head, HASH_TEXT);
    g->slots = calloc(n ? n : 1, sizeof *g->slots);
    if (!g->slots ||
        decision_init(&g->decision, engine->decisions, engine->key, group, NULL) != E_OK) {
        group_free(&g->base);
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++)
        if (branches[i] != BRANCH_OTHERS)
            g->slots[i].spec = &engine->branches[branches[i]];
    return &g->base;
}
