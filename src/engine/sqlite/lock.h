/*
 * The locks of one tenant file, on SQLite's own byte ranges, so that every stock SQLite respects
 * them, and kept when nobody has the file open any more.
 *
 *   level      bytes we lock                       what others can still do
 *   SHARED     read: the last shared byte          everything but write pages
 *   RESERVED   + write: the RESERVED byte          read
 *   EXCLUSIVE  write: PENDING and all shared       nothing
 *
 * SHARED takes one byte only, so that a second descriptor can take the other 509 for writing while
 * the first still guards the last one: a parked lock is widened without ever being let go.
 *
 * Parked: the descriptor is closed, the lock stays, because a PROT_NONE mapping of the file keeps
 * its open file description alive. That is what lets a group be larger than RLIMIT_NOFILE. One
 * mapping a parked tenant: vm.max_map_count is the bound then.
 *
 * Waiting: parked, and readers are in the way of EXCLUSIVE. A second description is open that holds
 * PENDING, so that no new readers come; the parked one holds what it held.
 */
#ifndef ENGINE_SQLITE_LOCK_H
#define ENGINE_SQLITE_LOCK_H

#include <stdbool.h>
#include <sys/types.h>

struct error;

enum tenant_level { LEVEL_NONE, LEVEL_SHARED, LEVEL_RESERVED, LEVEL_EXCLUSIVE };

struct tenant_lock {
    int fd;       /* -1 when parked or not open; with `parked`: waiting */
    void *parked; /* the mapping; NULL when not parked */
    enum tenant_level level;
};

#define TENANT_LOCK_INIT                                                                           \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* One attempt each; E_OK, E_BUSY or E_REFUSED (errno). A failed attempt leaves what was held. */
int tenant_lock_shared(struct tenant_lock *lock);
int tenant_lock_reserved(struct tenant_lock *lock);
/* Keeps PENDING when readers are in the way, so that no new ones come. Reopens a parked file. */
int tenant_lock_exclusive(struct tenant_lock *lock, const char *path);

/* Closes the descriptor, keeps the lock. E_NOMEM: no mapping to be had; the descriptor stays. */
int tenant_lock_park(struct tenant_lock *lock);
/* Gives a waiting lock's descriptor, and with it PENDING, up; what was parked stays. */
void tenant_lock_stop_waiting(struct tenant_lock *lock);
/* A descriptor for reading and writing: the open one, or a new one that the caller must close. */
int tenant_lock_reopen(const struct tenant_lock *lock, const char *path, bool *to_close);
/* Lets everything go. */
void tenant_lock_release(struct tenant_lock *lock);

/* The pid in the way of a writer of this file, 0 where the system does not tell. */
pid_t tenant_lock_holder(int fd);
/* The pid of a reader that keeps a waiting lock waiting; 0 where it is not known. */
pid_t tenant_lock_reader(int fd);
/* E_BUSY, with the holder named where it is known. */
int tenant_lock_refused(pid_t holder, struct error *e);
/* Is another connection writing? *holder is its pid, 0 where the system does not tell. */
bool tenant_lock_is_reserved(int fd, pid_t *holder);
/* Does anybody else hold a lock that an EXCLUSIVE one would meet (a live connection in WAL mode)?
 */
bool tenant_lock_is_live(int fd);

#endif
