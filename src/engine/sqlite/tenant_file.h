/*
 * One tenant file while it takes part in a group: what the VFS shows to SQLite, and what it keeps
 * from the disk until the group decides.
 *
 *   running     SQLite runs the migration; we hold SHARED, then RESERVED (WAL: EXCLUSIVE); a page
 *               written now is SQLite spilling its cache, and goes through
 *   committing  inside COMMIT: page writes and truncations are held, syncs are skipped, the journal
 *               gets its super-journal record
 *   voted       SQLite believes it committed; its connection is gone, the lock is ours, the journal
 *               lies on disk, not armed
 *   armed       the journal is armed and durable, the pages may be written
 *   applied     the pages are written (durable after the next barrier)
 *
 * `through`: where held pages are past their cap and relief.c has none to let go of, or when SQLite
 * spills its cache, the file goes to disk early: journal armed and durable, EXCLUSIVE for real,
 * then the pages. It can be rolled back all the same.
 *
 * Invariants
 *   1. No page reaches the database file before its journal is armed and durable, EXCLUSIVE held.
 *   2. The database file is never truncated before the decision: the cut pages are in no journal.
 *   3. The lock is held from SQLite's first read until the group has settled.
 *   4. The shim unlinks no journal; only settling does.
 *
 * Owned by its participant; one thread at a time works on one file.
 */
#ifndef ENGINE_SQLITE_TENANT_FILE_H
#define ENGINE_SQLITE_TENANT_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/stamp.h"
#include "engine/sqlite/held.h"
#include "engine/sqlite/journal.h"
#include "engine/sqlite/lock.h"

struct error;

/* What all files of a process share: the cap of held pages, room for descriptors. */
struct file_room {
    atomic_size_t held_bytes;
    size_t held_cap;
    atomic_size_t left_by_relief; /* held after the last one */
    atomic_bool relieving;        /* held pages are on their way to the disk: see relief.c */
    atomic_int open_files;
    int open_cap;
    int64_t surveyed_us; /* wall clock: what was written later the survey has not seen */
};

void file_room_init(struct file_room *room, size_t held_cap);
uint32_t tenant_file_room(void); /* how many files may stay open; more are parked */

enum file_phase { FILE_RUNNING, FILE_COMMITTING, FILE_VOTED, FILE_ARMED, FILE_APPLIED };

struct tenant_file {
    const char *path;  /* absolute, links resolved; as SQLite itself would spell it */
    const char *super; /* the group's super-journal; NULL in a rehearsal: nothing goes to disk */
    struct file_room *room;
    struct owner owner;
    dev_t dev; /* of the file that was locked: looked at again before pages are written */
    ino_t ino;
    struct tenant_lock lock;
    struct held held;
    struct journal journal;
    enum file_phase phase;
    off_t size;    /* as SQLite sees it */
    off_t cut;     /* held truncation; -1: none */
    bool wal;      /* in WAL mode, disguised as rollback mode */
    bool reserved; /* SQLite has had its RESERVED lock: the leftovers are gone */
    bool through;
    bool spoiled;       /* some of its pages could not be written: it cannot be sealed any more */
    bool journal_ended; /* SQLite deleted its journal: the commit point as it sees it */
    bool hot;           /* a journal that is not ours lies there: settle it and come again */
    bool changed_since_survey;                  /* or shortly before: its past is not certain */
    bool live;                                  /* WAL mode with somebody else connected */
    pid_t holder;                               /* who was in the way, where known */
    int sys;                                    /* errno of the last failure of ours */
    int64_t writers_since_us, readers_since_us; /* hold times; 0: not held */
};

/*
 * Opens and checks the file: regular, one name, the same dev and ino (0: any), no reserved bytes,
 * mode bytes known. E_REFUSED with the reason; E_CHANGED when it is another file than before.
 */
int tenant_file_open(struct tenant_file *f, const char *path, const char *super, dev_t dev,
                     ino_t ino, struct file_room *room, struct error *e);

/* Called by the VFS. 0, E_BUSY, E_NOMEM or E_REFUSED (f->sys). */
int tenant_file_lock(struct tenant_file *f, int level);
int tenant_file_read(struct tenant_file *f, void *bytes, unsigned n, off_t at, size_t *got);
int tenant_file_write(struct tenant_file *f, const void *bytes, unsigned n, off_t at);
void tenant_file_truncate(struct tenant_file *f, off_t size);
int tenant_file_sync_journal(struct tenant_file *f);

/* After COMMIT returned: was it really the whole of it? Puts the journal on disk; E_OK = voted. */
int tenant_file_vote(struct tenant_file *f, struct error *e);
/* Sealing, in this order, with a barrier before each of arm and apply. */
int tenant_file_arm(struct tenant_file *f, struct error *e);
int tenant_file_shut(struct tenant_file *f, struct error *e); /* EXCLUSIVE; E_BUSY: a reader */
int tenant_file_apply(struct tenant_file *f, struct error *e);
/* After the decision: truncation, journal away, then the lock. left (may be NULL): the file as it
 * is then, zero where it cannot be told. */
int tenant_file_finish(struct tenant_file *f, struct file_stamp *left, struct error *e);
/* Abort, first half: takes the journal away while no page was written. E_CHANGED: pages were
 * written; release it and let a stock SQLite roll it back. */
int tenant_file_withdraw(struct tenant_file *f, struct error *e);
/* Lets go of lock, memory and descriptors; what is on disk stays. */
void tenant_file_release(struct tenant_file *f);

#endif
