/*
 * The rollback journal of one tenant in a group: SQLite writes it into memory, we put it on disk
 * in one piece, with the record that names the group's super-journal behind it, and with a record
 * count of 0 until the content is durable (`armed`).
 *
 *   memory      SQLite writes here; nothing exists on disk
 *   on disk     put or spilled; the count on disk is 0 unless armed
 *   armed       the count is on disk: from now on a stock SQLite would play it back
 *
 * A journal larger than JOURNAL_MEMORY goes to disk early and grows there.
 */
#ifndef ENGINE_SQLITE_JOURNAL_H
#define ENGINE_SQLITE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/str.h"
#include "engine/sqlite/side.h"

enum { JOURNAL_MEMORY = 1 << 20, JOURNAL_HEADER = 28 };

struct journal {
    char *path;
    struct owner owner;
    struct str memory;
    int fd;           /* -1 while in memory, or after close */
    bool memory_only; /* a rehearsal: never on disk, however large */
    bool on_disk;
    bool armed;
    bool recorded;  /* the super-journal record stands at its end */
    bool disguised; /* the tenant is in WAL mode: page 1 goes in with its own mode bytes */
    off_t size;     /* as SQLite sees it */
    unsigned char header[JOURNAL_HEADER]; /* as SQLite wrote it, with the count */
    off_t page_one; /* where the content of page 1 is about to be written; -1 unknown */
};

#define JOURNAL_INIT                                                                               \
    {                                                                                              \
        .fd = -1, .page_one = -1                                                                   \
    }

/* 0, or -1 with errno; -2 out of memory. */
int journal_write(struct journal *j, const void *bytes, size_t n, off_t at);
/* Like pread: *got may be short at the end. */
int journal_read(struct journal *j, void *bytes, size_t n, off_t at, size_t *got);
/* Appends the record that names the super-journal, behind the end, at a sector boundary. */
int journal_record(struct journal *j, const char *super);
/* Everything to disk; the count stays 0. The file must not exist yet (EEXIST). */
int journal_put(struct journal *j);
/* Writes the count. The caller has made the content durable before. */
int journal_arm(struct journal *j);
void journal_close(struct journal *j); /* descriptor and memory; what is on disk stays */
void journal_free(struct journal *j);

/* The record itself, as it stands at the end of journals and of the anchor. */
void journal_add_record(struct str *out, uint32_t lock_page, const char *super);

#endif
