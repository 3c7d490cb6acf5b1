/* A group's slots, as the files of the participant share them. See engine.h. */
#ifndef ENGINE_SQLITE_GROUP_H
#define ENGINE_SQLITE_GROUP_H

#include <sqlite3.h>

#include "base/error.h"
#include "base/hash.h"
#include "engine/sqlite/barrier.h"
#include "engine/sqlite/decision.h"
#include "engine/sqlite/engine.h"
#include "engine/sqlite/work.h"

struct slot {
    const struct branch_spec *spec;
    struct tenant_file *file; /* atomic: from its vote to its end */
    sqlite3 *db;              /* logged: the held transaction */
    bool compensated;         /* its effects are there */
    bool untouched;           /* ... or not: its first statement failed and changed nothing */
    bool by_stock;            /* abort: a stock SQLite rolls it back */
    uint32_t next_voted;      /* in the list of the group */
};

struct sqlite_group {
    struct participant base;
    struct sqlite_engine *engine;
    uint32_t id;
    bool undo, recovered;
    char log_head[HASH_TEXT];
    struct decision decision;
    struct barrier barrier;
    struct slot *slots;
    uint32_t n;
    struct error relief_failure; /* a barrier failed: the group must not be sealed */
    atomic_uint voted; /* list of atomic slots that voted since the last relief: slot + 1; 0: end */
};

struct work group_work(const struct sqlite_group *g, const struct slot *slot);

/* group.c: all that the group wrote so far becomes durable. */
int group_barrier(struct sqlite_group *g, struct error *e);

/* prepare.c */
int slot_prepare(struct sqlite_group *g, struct slot *slot, enum guarantee *guarantee,
                 struct error *e);
/* Up to the vote on the shim; super NULL: a rehearsal. f is released unless E_OK. */
int slot_prepare_atomic(struct sqlite_engine *engine, const struct branch_spec *spec,
                        const struct work *w, const char *super, struct tenant_file *f,
                        struct error *e);

/* logged.c */
int logged_prepare(struct slot *slot, const struct work *w, struct error *e);
int logged_commit(struct slot *slot, struct error *e);
void logged_roll_back(struct slot *slot);
/* One transaction on a stock connection, whole: what recovery does to the rest. E_CHANGED: it will
 * never go through any more; E_BUSY: it may, later. */
int logged_roll_forward(const struct slot *slot, const struct work *w, struct error *e);

/* relief.c: this slot has voted; when the held pages near their cap, those who have go to disk. */
void relief_note(struct sqlite_group *g, uint32_t slot);

/* compensated.c */
int compensated_prepare(struct slot *slot, const struct work *w, struct error *e);
int compensated_roll_back(const struct slot *slot, const struct work *w, struct error *e);
int compensated_commit(const struct slot *slot, const struct work *w, struct error *e);

/* settle.c */
int group_settle_slots(struct sqlite_group *g, enum verdict verdict, uint8_t *slots,
                       struct error *e);

#endif
