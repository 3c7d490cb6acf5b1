/* Opening, checking and locking a tenant file; its end. The model is in the header. */
#include "engine/sqlite/tenant_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

enum {
    MOST_DESCRIPTORS = 1 << 20,
    OTHER_DESCRIPTORS = 200
}; /* left for threads, the store and SQLite's temporary files */

uint32_t tenant_file_room(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur > MOST_DESCRIPTORS)
        return MOST_DESCRIPTORS - OTHER_DESCRIPTORS;
    return limit.rlim_cur > OTHER_DESCRIPTORS ? (uint32_t)limit.rlim_cur - OTHER_DESCRIPTORS : 0;
}

void file_room_init(struct file_room *room, size_t held_cap)
{
    memset(room, 0, sizeof *room);
    room->held_cap = held_cap;
    room->open_cap = (int)tenant_file_room();
}

enum { CLOCK_TICK_US = 50000 }; /* the times of a file lag behind the clock by less */

static bool changed_after(const struct stat *st, int64_t us)
{
    int64_t modified = st->st_mtim.tv_sec * (int64_t)1000000 + st->st_mtim.tv_nsec / 1000;
    int64_t touched = st->st_ctim.tv_sec * (int64_t)1000000 + st->st_ctim.tv_nsec / 1000;

    return (modified > touched ? modified : touched) + CLOCK_TICK_US >= us;
}

static int check_stat(struct tenant_file *f, dev_t dev, ino_t ino, struct error *e)
{
    struct stat st;

    if (fstat(f->lock.fd, &st) != 0)
        return error_errno(e, E_REFUSED, "look at", f->path);
    if (!S_ISREG(st.st_mode))
        return error_set(e, E_REFUSED, "not a regular file");
    if (dev && (st.st_dev != dev || st.st_ino != ino))
        return error_set(e, E_CHANGED, "the file was replaced since the plan");
    if (st.st_nlink != 1)
        return error_set(e, E_REFUSED, "has %lu names (hard links); its journal would not be found",
                         (unsigned long)st.st_nlink);
    f->changed_since_survey = changed_after(&st, f->room->surveyed_us);
    f->size = st.st_size;
    f->dev = st.st_dev;
    f->ino = st.st_ino;
    f->owner = (struct owner){st.st_uid, st.st_gid, st.st_mode & 0777};
    return E_OK;
}

static char *journal_path(const char *path)
{
    struct str journal = STR_INIT;

    str_addf(&journal, "%s-journal", path);
    return str_take(&journal);
}

int tenant_file_open(struct tenant_file *f, const char *path, const char *super, dev_t dev,
                     ino_t ino, struct file_room *room, struct error *e)
{
    memset(f, 0, sizeof *f);
    f->path = path;
    f->super = super;
    f->room = room;
    f->cut = -1;
    f->lock = (struct tenant_lock)TENANT_LOCK_INIT;
    f->journal = (struct journal)JOURNAL_INIT;
    f->lock.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (f->lock.fd < 0)
        return error_errno(e, errno == ENOENT ? E_CHANGED : E_REFUSED, "open", path);
    atomic_fetch_add(&room->open_files, 1);
    if (check_stat(f, dev, ino, e) != E_OK)
        return e ? e->code : E_REFUSED;
    f->journal.memory_only = !super;
    f->journal.path = journal_path(path);
    f->journal.owner = f->owner;
    return f->journal.path ? E_OK : error_oom(e);
}

/* A journal with a zero first byte, or none, is what PERSIST and TRUNCATE mode leave: not hot. */
static bool journal_is_hot(const char *path)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char first = 0;
    size_t got;

    return fd >= 0 && file_pread(fd, &first, 1, 0, &got) == 0 && got == 1 && first != 0;
}

static bool has_wal(const char *path)
{
    char wal[4096];
    size_t n = strlen(path);

    if (n + sizeof "-wal" > sizeof wal)
        return false;
    memcpy(wal, path, n);
    memcpy(wal + n, "-wal", sizeof "-wal");
    return access(wal, F_OK) == 0;
}

/* Bytes 18 and 19 say the journal mode, 20 the reserved bytes of each page. */
static int read_mode(struct tenant_file *f, bool *wal)
{
    unsigned char mode[3] = {1, 1, 0};
    size_t got;

    if (file_pread(f->lock.fd, mode, 3, 18, &got) != 0)
        return E_REFUSED;
    *wal = got == 3 && mode[0] == 2 && mode[1] == 2;
    return E_OK;
}

static int busy(struct tenant_file *f)
{
    f->holder = tenant_lock_holder(f->lock.fd);
    return E_BUSY;
}

/* A WAL tenant: the real EXCLUSIVE lock is itself the test for "nobody else is connected". */
static int lock_wal(struct tenant_file *f)
{
    int r = tenant_lock_exclusive(&f->lock, f->path);
    bool wal = false;

    if (r != E_OK) {
        f->live = r == E_BUSY;
        return r == E_BUSY ? busy(f) : r;
    }
    f->readers_since_us = f->writers_since_us = clock_mono_us();
    if (read_mode(f, &wal) != E_OK)
        return E_REFUSED;
    f->hot = !wal || has_wal(f->path) || journal_is_hot(f->journal.path);
    if (f->hot)
        return E_BUSY;
    f->wal = f->journal.disguised = true;
    return E_OK;
}

static int lock_rollback(struct tenant_file *f)
{
    int r = tenant_lock_shared(&f->lock);

    if (r == E_BUSY)
        return busy(f);
    if (r != E_OK || access(f->journal.path, F_OK) != 0 || !journal_is_hot(f->journal.path))
        return r;
    /* A journal whose writer lives is in use, not left over. */
    f->hot = !tenant_lock_is_reserved(f->lock.fd, &f->holder);
    return E_BUSY;
}

static int first_lock(struct tenant_file *f)
{
    struct stat st;
    bool wal;
    int r;

    if (read_mode(f, &wal) != E_OK)
        return E_REFUSED;
    r = wal ? lock_wal(f) : lock_rollback(f);
    if (r != E_OK)
        return r;
    if (fstat(f->lock.fd, &st) != 0)
        return E_REFUSED;
    f->size = st.st_size;
    return E_OK;
}

/* Left over by PERSIST mode: now that nobody else can use it, it goes; ours must be made afresh. */
static int drop_leftover(struct tenant_file *f)
{
    if (!f->super || access(f->journal.path, F_OK) != 0)
        return E_OK;
    f->hot = journal_is_hot(f->journal.path);
    if (f->hot)
        return E_BUSY;
    return unlink(f->journal.path) == 0 ? E_OK : E_REFUSED;
}

static int reserve(struct tenant_file *f)
{
    int r = f->lock.level < LEVEL_RESERVED ? tenant_lock_reserved(&f->lock) : E_OK;

    if (r == E_BUSY)
        return busy(f);
    f->writers_since_us = f->writers_since_us ? f->writers_since_us : clock_mono_us();
    f->reserved = r == E_OK;
    return r == E_OK ? drop_leftover(f) : r;
}

int tenant_file_lock(struct tenant_file *f, int level)
{
    int r = E_OK;

    if (level >= LEVEL_SHARED && f->lock.level < LEVEL_SHARED)
        r = first_lock(f);
    if (r == E_OK && level >= LEVEL_RESERVED && !f->reserved)
        r = reserve(f);
    f->sys = r == E_REFUSED ? errno : f->sys;
    return r;
}

static void forget_held(struct tenant_file *f)
{
    atomic_fetch_sub(&f->room->held_bytes, f->held.bytes);
    held_free(&f->held);
}

void tenant_file_release(struct tenant_file *f)
{
    if (!f->room)
        return;
    if (f->lock.fd >= 0)
        atomic_fetch_sub(&f->room->open_files, 1);
    journal_free(&f->journal);
    forget_held(f);
    tenant_lock_release(&f->lock);
}
