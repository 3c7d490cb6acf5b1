/*
 * A look at one tenant file: what it is, whether it can take part, what was applied to it. Changes
 * no content; settles only what any reader would (a hot journal, a left-over WAL).
 *
 *   look_open()   opens, checks what the first bytes tell, stamps it: a cache may know the rest
 *   look_read()   its past. Without SQLite where page 1 shows that there is no history table; with
 * a stock connection otherwise
 */
#ifndef ENGINE_SQLITE_LOOK_H
#define ENGINE_SQLITE_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stamp.h"
#include "base/str.h"

struct error;

struct look {
    int fd;
    bool wal;     /* journal mode WAL */
    bool live;    /* ... and somebody is connected: only "logged" can be promised */
    bool quiet;   /* no journal or WAL beside it: what the file says is all */
    bool history; /* has a history table */
    bool foreign; /* has tables, but no history */
    uint32_t page_size;
    struct file_stamp stamp;
    struct str past; /* look_read: one record a history row that still counts, see engine/past.h */
};

#define LOOK_INIT                                                                                  \
    {                                                                                              \
        .fd = -1                                                                                   \
    }

/* path: absolute; a link in its last component is E_CHANGED (resolve it and come again).
 * known_quiet: a listing of the folder showed no journal and no WAL. E_REFUSED: cannot be a tenant,
 * with the reason. */
int look_open(const char *path, bool known_quiet, struct look *look, struct error *e);
int look_read(const char *path, int64_t wait_ms, struct look *look, struct error *e);
void look_close(struct look *look);

#endif
