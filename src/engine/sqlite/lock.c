#include "engine/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "base/lock.h"

/* SQLite's lock bytes (its file format fixes them): os.h, "PENDING_BYTE" and its neighbours. */
enum {
    PENDING_BYTE = 0x40000000,
    RESERVED_BYTE = PENDING_BYTE + 1,
    SHARED_FIRST = PENDING_BYTE + 2,
    SHARED_SIZE = 510,
    SHARED_LAST = SHARED_FIRST + SHARED_SIZE - 1,
    MAPPED_SIZE = 1,
};

int tenant_lock_shared(struct tenant_lock *lock)
{
    int r = lock_set(lock->fd, LOCK_SHARED, SHARED_LAST, 1);

    if (r == E_OK)
        lock->level = LEVEL_SHARED;
    return r;
}

int tenant_lock_reserved(struct tenant_lock *lock)
{
    int r = lock_set(lock->fd, LOCK_EXCLUSIVE, RESERVED_BYTE, 1);

    if (r == E_OK)
        lock->level = LEVEL_RESERVED;
    return r;
}

static int widen(struct tenant_lock *lock)
{
    int r = lock_set(lock->fd, LOCK_EXCLUSIVE, PENDING_BYTE, 1);

    if (r == E_OK)
        r = lock_set(lock->fd, LOCK_EXCLUSIVE, SHARED_FIRST, SHARED_SIZE);
    return r;
}

/*
 * The parked description still guards RESERVED and the last shared byte while the new one takes
 * all the rest; only then it goes. In between no stock SQLite can get in: it needs every shared
 * byte. While readers are in the way both stay: the new one keeps PENDING, and is tried again.
 */
static int widen_parked(struct tenant_lock *lock, const char *path)
{
    int r;

    if (lock->fd < 0)
        lock->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (lock->fd < 0)
        return E_REFUSED;
    r = lock_set(lock->fd, LOCK_EXCLUSIVE, PENDING_BYTE, 1);
    if (r == E_OK)
        r = lock_set(lock->fd, LOCK_EXCLUSIVE, SHARED_FIRST, SHARED_SIZE - 1);
    if (r != E_OK)
        return r;
    munmap(lock->parked, MAPPED_SIZE);
    lock->parked = NULL;
    return lock_set(lock->fd, LOCK_EXCLUSIVE, SHARED_FIRST, SHARED_SIZE);
}

int tenant_lock_exclusive(struct tenant_lock *lock, const char *path)
{
    int r;

    if (lock->level == LEVEL_EXCLUSIVE)
        return E_OK;
    r = lock->parked ? widen_parked(lock, path) : widen(lock);
    if (r == E_OK)
        lock->level = LEVEL_EXCLUSIVE;
    return r;
}

int tenant_lock_park(struct tenant_lock *lock)
{
    void *mapping;

    if (lock->fd < 0)
        return E_OK;
    mapping = mmap(NULL, MAPPED_SIZE, PROT_NONE, MAP_PRIVATE, lock->fd, 0);
    if (mapping == MAP_FAILED)
        return E_NOMEM;
    close(lock->fd);
    lock->fd = -1;
    lock->parked = mapping;
    return E_OK;
}

void tenant_lock_stop_waiting(struct tenant_lock *lock)
{
    if (!lock->parked || lock->fd < 0)
        return;
    close(lock->fd);
    lock->fd = -1;
}

int tenant_lock_reopen(const struct tenant_lock *lock, const char *path, bool *to_close)
{
    *to_close = lock->fd < 0;
    return lock->fd >= 0 ? lock->fd : open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

void tenant_lock_release(struct tenant_lock *lock)
{
    if (lock->parked)
        munmap(lock->parked, MAPPED_SIZE);
    if (lock->fd >= 0)
        close(lock->fd);
    *lock = (struct tenant_lock)TENANT_LOCK_INIT;
}

pid_t tenant_lock_holder(int fd)
{
    pid_t holder = 0;

    if (lock_test(fd, LOCK_EXCLUSIVE, PENDING_BYTE, SHARED_SIZE + 2, &holder) == E_BUSY)
        return holder;
    return 0;
}

/* Not the last byte: our own parked description holds it. */
pid_t tenant_lock_reader(int fd)
{
    pid_t holder = 0;

    if (lock_test(fd, LOCK_EXCLUSIVE, SHARED_FIRST, SHARED_SIZE - 1, &holder) == E_BUSY)
        return holder;
    return 0;
}

int tenant_lock_refused(pid_t holder, struct error *e)
{
    if (holder)
        return error_set(e, E_BUSY, "locked by another process (pid %d)", (int)holder);
    return error_set(e, E_BUSY, "locked by another process");
}

bool tenant_lock_is_reserved(int fd, pid_t *holder)
{
    return lock_test(fd, LOCK_EXCLUSIVE, RESERVED_BYTE, 1, holder) == E_BUSY;
}

bool tenant_lock_is_live(int fd)
{
    return lock_test(fd, LOCK_EXCLUSIVE, PENDING_BYTE, SHARED_SIZE + 2, NULL) == E_BUSY;
}
