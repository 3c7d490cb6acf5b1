/*
 * A file as one look found it. Two equal stamps of a database that was left alone mean equal
 * content; what a coarse clock can hide is the business of who compares (store/cache.h).
 */
#ifndef BASE_STAMP_H
#define BASE_STAMP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { STAMP_HEADER = 100 }; /* bytes: an SQLite header, where changes are counted */

struct file_stamp {
    dev_t dev;
    ino_t ino; /* 0: no stamp was taken */
    int64_t size, mtime_ns, ctime_ns;
    unsigned char header[STAMP_HEADER]; /* zeros behind the end of a shorter file */
};

struct stat;

void stamp_stat(const struct stat *st, struct file_stamp *stamp);
bool stamp_same(const struct file_stamp *a, const struct file_stamp *b);
/* Takes both. 0 or an errno; then *stamp is all zero. */
int stamp_take(int fd, struct file_stamp *stamp);

#endif
