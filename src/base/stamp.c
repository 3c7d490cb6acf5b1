#include "base/stamp.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"

static int64_t ns(const struct timespec *t)
{
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

void stamp_stat(const struct stat *st, struct file_stamp *stamp)
{
    stamp->dev = st->st_dev;
    stamp->ino = st->st_ino;
    stamp->size = st->st_size;
    stamp->mtime_ns = ns(&st->st_mtim);
    stamp->ctime_ns = ns(&st->st_ctim);
}

bool stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns &&
           memcmp(a->header, b->header, STAMP_HEADER) == 0;
}

int stamp_take(int fd, struct file_stamp *stamp)
{
    struct stat st;
    size_t got;

    memset(stamp, 0, sizeof *stamp);
    if (file_pread(fd, stamp->header, STAMP_HEADER, 0, &got) != 0 || fstat(fd, &st) != 0) {
        memset(stamp, 0, sizeof *stamp);
        return errno;
    }
    stamp_stat(&st, stamp);
    return 0;
}
