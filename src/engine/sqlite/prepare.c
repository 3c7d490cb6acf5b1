/* A tenant up to its vote. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "db/sqlite.h"
#include "engine/sqlite/group.h"
#include "engine/sqlite/side.h"
#include "engine/sqlite/stock.h"
#include "engine/sqlite/vfs.h"

/* What SQLite calls "database is locked" or "disk I/O error" has a cause that we know better. */
static int explain(const struct tenant_file *f, int r, struct error *e)
{
    if (r == E_BUSY)
        return tenant_lock_refused(f->holder, e);
    if (r == E_REFUSED && f->sys && e) {
        error_set(e, r, "cannot read or write the file: %s", strerror(f->sys));
        e->sys = f->sys;
    }
    return r;
}

static int run_to_commit(struct tenant_file *f, sqlite3 *db, const struct work *w, struct error *e)
{
    int r = work_connect(db, w, e);

    if (r == E_OK)
        r = db_exec(db, "BEGIN IMMEDIATE", e);
    if (r == E_OK)
        r = work_run(db, w, e);
    if (r != E_OK)
        return r;
    f->phase = FILE_COMMITTING;
    r = db_exec(db, "COMMIT", e);
    if (r != E_OK)
        f->phase = FILE_RUNNING;
    return r;
}

/* Nothing of it is left: journal away, or, where pages were written, rolled back by a stock SQLite.
 */
static void give_up(struct tenant_file *f)
{
    bool by_stock = tenant_file_withdraw(f, NULL) == E_CHANGED;

    tenant_file_release(f);
    if (by_stock)
        stock_settle(f->path, NULL);
}

static bool lies_above(const char *super, const char *path)
{
    size_t dir = (size_t)(path_base(super) - super);

    return strncmp(super, path, dir) == 0;
}

/*
 * To a process that cannot see the super-journal it is gone, which means committed. Above its own
 * files a tenant's owner can look; elsewhere we try it in his place.
 */
static int check_reach(const struct tenant_file *f, struct error *e)
{
    struct stat st;
    int sys;

    if (!f->super || lies_above(f->super, f->path))
        return E_OK;
    side_act_as(&f->owner);
    sys = stat(f->super, &st) == 0 ? 0 : errno;
    side_self();
    if (!sys)
        return E_OK;
    error_set(e, E_REFUSED, "its owner (uid %u) cannot reach the decision file %s: %s",
              (unsigned)f->owner.uid, f->super, strerror(sys));
    error_hint(e, "set decisions in lockstep.conf to a folder that every tenant's user can search");
    return E_REFUSED;
}

int slot_prepare_atomic(struct sqlite_engine *engine, const struct branch_spec *spec,
                        const struct work *w, const char *super, struct tenant_file *f,
                        struct error *e)
{
    int r = tenant_file_open(f, spec->path, super, spec->dev, spec->ino, &engine->room, e);
    sqlite3 *db = NULL;

    if (r == E_OK)
        r = check_reach(f, e);
    if (r == E_OK)
        r = vfs_open(f, &db, e);
    if (r == E_OK)
        r = explain(f, run_to_commit(f, db, w, e), e);
    db_close(&db);
    if (r == E_OK)
        r = tenant_file_vote(f, e);
    if (r != E_OK)
        give_up(f);
    return r;
}

static int prepare_logged(struct slot *slot, const struct work *w, enum guarantee *guarantee,
                          struct error *e)
{
    if (!slot->spec->may_log)
        return error_set(e, E_BUSY,
                         "an application is connected (WAL mode), so it can only be promised "
                         "\"logged\", and this run cannot be undone");
    *guarantee = GUARANTEE_LOGGED;
    return logged_prepare(slot, w, e);
}

static int prepare_atomic(struct sqlite_group *g, struct slot *slot, const struct work *w,
                          struct tenant_file *f, struct error *e)
{
    int r = slot_prepare_atomic(g->engine, slot->spec, w, g->decision.super, f, e);

    if (r != E_BUSY || !f->hot)
        return r;
    /* Left by a crashed application: any SQLite would settle it on open. */
    r = stock_settle(slot->spec->path, e);
    if (r == E_OK)
        r = slot_prepare_atomic(g->engine, slot->spec, w, g->decision.super, f, e);
    return r;
}

int slot_prepare(struct sqlite_group *g, struct slot *slot, enum guarantee *guarantee,
                 struct error *e)
{
    struct work w = group_work(g, slot);
    struct tenant_file *f;
    int r;

    w.terms.stop = g->undo ? NULL : &g->engine->stop; /* what goes back, goes back */
    if (work_is_outside(&w)) {
        *guarantee = GUARANTEE_COMPENSATED;
        return compensated_prepare(slot, &w, e);
    }
    *guarantee = GUARANTEE_ATOMIC;
    f = malloc(sizeof *f);
    if (!f)
        return error_oom(e);
    r = prepare_atomic(g, slot, &w, f, e);
    if (r == E_OK) {
        slot->file = f;
        return E_OK;
    }
    if (r == E_BUSY && f->live)
        r = prepare_logged(slot, &w, guarantee, e);
    free(f);
    return r;
}

int sqlite_rehearse(struct sqlite_engine *engine, uint32_t branch, struct error *e)
{
    const struct branch_spec *spec = &engine->branches[branch];
    struct sqlite_group g = {.engine = engine};
    struct slot slot = {.spec = spec};
    struct work w = group_work(&g, &slot);
    struct tenant_file f = {0};
    int r;

    w.terms.stop = &engine->stop;
    if (work_is_outside(&w))
        return E_OK; /* it would take effect; the plan says so */
    r = slot_prepare_atomic(engine, spec, &w, NULL, &f, e);
    if (r == E_BUSY && f.live) {
        r = logged_prepare(&slot, &w, e);
        logged_roll_back(&slot);
    } else if (r == E_OK) {
        tenant_file_release(&f);
    }
    return r;
}
