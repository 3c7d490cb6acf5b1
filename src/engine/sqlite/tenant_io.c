/* What SQLite reads and writes of a tenant file, and what of it reaches the disk when. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/sqlite/tenant_file.h"

enum { MODE_AT = 18, MODE_END = 20, MODE_ROLLBACK = 1, MODE_WAL = 2 };

static void set_mode(void *bytes, unsigned n, off_t at, unsigned char mode)
{
    for (off_t i = MODE_AT; i < MODE_END; i++)
        if (i >= at && i < at + (off_t)n)
            ((unsigned char *)bytes)[i - at] = mode;
}

int tenant_file_read(struct tenant_file *f, void *bytes, unsigned n, off_t at, size_t *got)
{
    *got = n;
    if (!held_get(&f->held, at, bytes, n) && file_pread(f->lock.fd, bytes, n, at, got) != 0) {
        f->sys = errno;
        return E_REFUSED;
    }
    if (f->wal)
        set_mode(bytes, (unsigned)*got, at, MODE_ROLLBACK);
    return E_OK;
}

static int hold(struct tenant_file *f, const void *bytes, unsigned n, off_t at)
{
    size_t before = f->held.bytes;

    if (held_put(&f->held, at, bytes, n) != E_OK)
        return E_NOMEM;
    atomic_fetch_add(&f->room->held_bytes, f->held.bytes - before);
    if (f->wal)
        for (size_t i = 0; i < f->held.n && f->held.pages[i].at == 0; i++)
            set_mode(f->held.pages[i].bytes, f->held.pages[i].n, 0, MODE_WAL);
    return E_OK;
}

static int write_through(struct tenant_file *f, const void *bytes, unsigned n, off_t at)
{
    unsigned char page[65536];

    if (f->wal && at < MODE_END) {
        memcpy(page, bytes, n);
        set_mode(page, n, at, MODE_WAL);
        bytes = page;
    }
    return file_pwrite(f->lock.fd, bytes, n, at) == 0 ? E_OK : E_REFUSED;
}

static int sync_folder_of(const char *path)
{
    CLEANUP_STR struct str dir = STR_INIT;

    path_dir(&dir, path);
    return str_ok(&dir) ? dir_sync(str_text(&dir), NULL) : E_NOMEM;
}

/* Content first, then the count, each durable: what the barriers do for a whole group. */
static int journal_to_disk(struct tenant_file *f)
{
    if (journal_put(&f->journal) != 0 || fsync(f->journal.fd) != 0 ||
        sync_folder_of(f->journal.path) != E_OK)
        return E_REFUSED;
    if (journal_arm(&f->journal) != 0 || fsync(f->journal.fd) != 0)
        return E_REFUSED;
    return E_OK;
}

/* Room for held pages is gone, or SQLite spills: this file goes to disk now (invariant 1 holds). */
static int go_through(struct tenant_file *f)
{
    int r = tenant_lock_exclusive(&f->lock, f->path);

    if (r != E_OK)
        return r;
    if (!f->readers_since_us)
        f->readers_since_us = clock_mono_us();
    r = journal_to_disk(f);
    if (r != E_OK)
        return r;
    /* From the first byte on only the journal knows the old pages: a failed write is a touched
     * file. */
    f->through = true;
    if (held_write(&f->held, f->lock.fd) != 0)
        return E_REFUSED;
    atomic_fetch_sub(&f->room->held_bytes, f->held.bytes);
    held_free(&f->held);
    return E_OK;
}

static bool is_full(const struct file_room *room)
{
    return atomic_load(&room->held_bytes) > room->held_cap;
}

static bool must_go_through(const struct tenant_file *f)
{
    if (f->through || !f->super)
        return false;
    while (f->phase != FILE_RUNNING && is_full(f->room) && atomic_load(&f->room->relieving))
        clock_nap_ms(1);
    return f->phase == FILE_RUNNING || is_full(f->room);
}

int tenant_file_write(struct tenant_file *f, const void *bytes, unsigned n, off_t at)
{
    int r = must_go_through(f) ? go_through(f) : E_OK;

    if (r == E_OK)
        r = f->through ? write_through(f, bytes, n, at) : hold(f, bytes, n, at);
    if (r == E_OK && at + (off_t)n > f->size)
        f->size = at + (off_t)n;
    f->sys = r == E_REFUSED ? errno : f->sys;
    return r;
}

void tenant_file_truncate(struct tenant_file *f, off_t size)
{
    size_t before = f->held.bytes;

    if (size >= f->size)
        return;
    f->cut = size;
    f->size = size;
    held_cut(&f->held, size);
    atomic_fetch_sub(&f->room->held_bytes, before - f->held.bytes);
}

/*
 * Within COMMIT the first sync of the journal is where the super-journal record goes in. Held files
 * skip the sync itself: the group's barrier does it for all.
 */
int tenant_file_sync_journal(struct tenant_file *f)
{
    int r = 0;

    if (f->phase == FILE_COMMITTING && !f->journal.recorded && f->super)
        r = journal_record(&f->journal, f->super);
    if (r == 0 && f->through)
        r = fsync(f->journal.fd);
    f->sys = r == -1 ? errno : f->sys;
    return r == 0 ? E_OK : r == -2 ? E_NOMEM : E_REFUSED;
}
