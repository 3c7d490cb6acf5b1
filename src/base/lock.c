#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"

static struct flock range(enum lock_kind kind, off_t start, off_t len)
{
    static const short types[] = {F_UNLCK, F_RDLCK, F_WRLCK};
    struct flock lock = {.l_type = types[kind], .l_whence = SEEK_SET};

    lock.l_start = start;
    lock.l_len = len;
    return lock;
}

int lock_set(int fd, enum lock_kind kind, off_t start, off_t len)
{
    struct flock lock = range(kind, start, len);

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return E_OK;
    return errno == EAGAIN || errno == EACCES ? E_BUSY : E_REFUSED;
}

int lock_test(int fd, enum lock_kind kind, off_t start, off_t len, pid_t *holder)
{
    struct flock lock = range(kind, start, len);

    if (holder)
        *holder = 0;
    if (fcntl(fd, F_OFD_GETLK, &lock) != 0)
        return E_REFUSED;
    if (lock.l_type == F_UNLCK)
        return E_OK;
    if (holder && lock.l_pid > 0)
        *holder = lock.l_pid;
    return E_BUSY;
}
