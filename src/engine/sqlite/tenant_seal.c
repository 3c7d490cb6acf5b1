/* The life of a tenant file after COMMIT: vote, arm, shut, apply, and then finish or withdraw. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/sqlite/tenant_file.h"

static bool is_crowded(const struct tenant_file *f)
{
    return atomic_load(&f->room->open_files) > f->room->open_cap;
}

static void park_when_crowded(struct tenant_file *f)
{
    if (!is_crowded(f) || f->lock.fd < 0)
        return;
    if (tenant_lock_park(&f->lock) == E_OK)
        atomic_fetch_sub(&f->room->open_files, 1);
}

/* A tenant_lock that changed between parked and open changes the count. */
static void recount(struct tenant_file *f, bool was_open)
{
    bool is_open = f->lock.fd >= 0;

    if (is_open != was_open)
        atomic_fetch_add(&f->room->open_files, is_open ? 1 : -1);
}

int tenant_file_vote(struct tenant_file *f, struct error *e)
{
    if (!f->super)
        return E_OK;
    if (!f->journal.recorded || !f->journal_ended)
        return error_set(e, E_REFUSED, "SQLite ended the transaction without its journal");
    if (journal_put(&f->journal) != 0)
        return error_errno(e, E_REFUSED, "write the journal", f->journal.path);
    journal_close(&f->journal);
    f->phase = f->through ? FILE_APPLIED : FILE_VOTED;
    park_when_crowded(f);
    return E_OK;
}

int tenant_file_arm(struct tenant_file *f, struct error *e)
{
    if (f->phase != FILE_VOTED)
        return E_OK;
    if (journal_arm(&f->journal) != 0)
        return error_errno(e, E_REFUSED, "write the journal", f->journal.path);
    f->phase = FILE_ARMED;
    return E_OK;
}

/* A file moved over the tenant since its vote must not get its pages. */
static int check_same(const struct tenant_file *f, struct error *e)
{
    struct stat named, opened;

    if (stat(f->path, &named) != 0 || (f->lock.fd >= 0 && fstat(f->lock.fd, &opened) != 0))
        return error_errno(e, E_REFUSED, "look at", f->path);
    if (named.st_dev != f->dev || named.st_ino != f->ino ||
        (f->lock.fd >= 0 && (opened.st_dev != f->dev || opened.st_ino != f->ino)))
        return error_set(e, E_REFUSED, "the file was replaced while it was being migrated");
    return E_OK;
}

/* What is in the way is named; too many descriptors that only wait are given up again. */
static int wait_for_readers(struct tenant_file *f, struct error *e)
{
    f->holder = tenant_lock_reader(f->lock.fd);
    if (!f->readers_since_us)
        f->readers_since_us = clock_mono_us(); /* new ones are shut out already */
    if (is_crowded(f))
        tenant_lock_stop_waiting(&f->lock);
    return error_set(e, E_BUSY, "a reader does not leave");
}

int tenant_file_shut(struct tenant_file *f, struct error *e)
{
    bool was_open = f->lock.fd >= 0;
    int r = tenant_lock_exclusive(&f->lock, f->path);

    if (r != E_OK && r != E_BUSY)
        error_errno(e, r, "lock", f->path);
    if (r == E_BUSY)
        r = wait_for_readers(f, e);
    recount(f, was_open);
    if (r != E_OK)
        return r;
    if (!f->readers_since_us)
        f->readers_since_us = clock_mono_us();
    r = check_same(f, e);
    park_when_crowded(f);
    return r;
}

/* A descriptor for the file that was locked, also when it is parked; E_REFUSED when it is gone. */
static int reopen(const struct tenant_file *f, int *fd, bool *to_close, struct error *e)
{
    struct stat st;

    *fd = tenant_lock_reopen(&f->lock, f->path, to_close);
    if (*fd < 0)
        return error_errno(e, E_REFUSED, "open", f->path);
    if (!*to_close || (fstat(*fd, &st) == 0 && st.st_dev == f->dev && st.st_ino == f->ino))
        return E_OK;
    close(*fd);
    return error_set(e, E_REFUSED, "the file was replaced while it was being migrated");
}

int tenant_file_apply(struct tenant_file *f, struct error *e)
{
    bool to_close;
    int fd, r;

    if (f->spoiled)
        return error_set(e, E_REFUSED, "its pages could not be written");
    if (f->phase == FILE_APPLIED)
        return E_OK;
    r = reopen(f, &fd, &to_close, e);
    if (r != E_OK)
        return r;
    /* From the first byte on the file is touched: a failed write is rolled back like a whole one.
     */
    f->phase = FILE_APPLIED;
    r = held_write(&f->held, fd);
    f->spoiled = r != 0;
    if (r != 0)
        error_errno(e, E_REFUSED, "write", f->path);
    if (to_close)
        close(fd);
    atomic_fetch_sub(&f->room->held_bytes, f->held.bytes);
    held_free(&f->held);
    return r == 0 ? E_OK : E_REFUSED;
}

static int truncate_now(struct tenant_file *f, struct error *e)
{
    bool to_close;
    int fd, r;

    if (f->cut < 0)
        return E_OK;
    r = reopen(f, &fd, &to_close, e);
    if (r != E_OK)
        return r;
    r = ftruncate(fd, f->size);
    if (r != 0)
        error_errno(e, E_REFUSED, "truncate", f->path);
    if (to_close)
        close(fd);
    return r == 0 ? E_OK : E_REFUSED;
}

static int unlink_journal(struct tenant_file *f, struct error *e)
{
    if (f->journal.on_disk && unlink(f->journal.path) != 0 && errno != ENOENT)
        return error_errno(e, E_REFUSED, "remove", f->journal.path);
    f->journal.on_disk = false;
    return E_OK;
}

static void take_stamp(const struct tenant_file *f, struct file_stamp *left)
{
    bool to_close;
    int fd;

    if (f->changed_since_survey || reopen(f, &fd, &to_close, NULL) != E_OK)
        return;
    stamp_take(fd, left);
    if (to_close)
        close(fd);
}

int tenant_file_finish(struct tenant_file *f, struct file_stamp *left, struct error *e)
{
    int r = truncate_now(f, e);

    if (r == E_OK)
        r = unlink_journal(f, e);
    if (r == E_OK && left)
        take_stamp(f, left); /* while nobody else can write */
    if (r == E_OK)
        tenant_file_release(f);
    return r;
}

int tenant_file_withdraw(struct tenant_file *f, struct error *e)
{
    if (f->through || f->phase == FILE_APPLIED)
        return E_CHANGED;
    return unlink_journal(f, e);
}
