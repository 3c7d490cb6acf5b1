/*
 * Barriers: everything a group wrote so far becomes durable, content and names. One syncfs a file
 * system stands in for several fsyncs a tenant; it reports write errors of everything written since
 * its descriptor was opened, so the descriptors are opened before the first write (Linux 5.8).
 * Where syncfs is no good, the files are synced one by one.
 */
#ifndef ENGINE_SQLITE_BARRIER_H
#define ENGINE_SQLITE_BARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;

struct barrier_fs {
    dev_t dev;
    int fd;
};

struct barrier {
    struct barrier_fs *fs;
    size_t n, cap;
    bool one_by_one;
};

/* Adds the file system that the folder of `path` lies on, unless dev is known already. */
int barrier_add(struct barrier *b, dev_t dev, const char *path, struct error *e);
/* syncfs on each file system; also used once before the first lock, to write what others left. */
int barrier_sync(const struct barrier *b, struct error *e);
void barrier_free(struct barrier *b);

/* Does this kernel report errors through syncfs, and is the file system one where that holds? */
bool barrier_fits(const char *path);
/* fsync of a file and its folder; a missing file is fine (it was taken away). */
int barrier_file(const char *path, struct error *e);

#endif
