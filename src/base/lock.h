/*
 * Open-file-description locks (F_OFD_*): they belong to the descriptor, not to the process, so a
 * stray close of another descriptor of the same file never drops them. They conflict with the
 * POSIX locks that a stock SQLite takes, as they must.
 */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <sys/types.h>

/* Not LOCK_READ and LOCK_WRITE: <fcntl.h> has macros of these names. */
enum lock_kind { LOCK_NONE, LOCK_SHARED, LOCK_EXCLUSIVE };

/* One attempt, never waits. 0, E_BUSY, or E_REFUSED with errno set (the file system cannot). */
int lock_set(int fd, enum lock_kind kind, off_t start, off_t len);
/*
 * Would lock_set succeed? 0 yes; E_BUSY no, *holder is then the pid in the way (0 where the kernel
 * does not tell: an OFD lock); E_REFUSED as above. holder may be NULL.
 */
int lock_test(int fd, enum lock_kind kind, off_t start, off_t len, pid_t *holder);

#endif
