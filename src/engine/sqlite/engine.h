/*
 * The SQLite engine of one run: what all its groups share, and the participants it makes.
 *
 * A participant is one group's SQLite tenants, on whatever file systems they lie; it has the
 * decision files. How each tenant takes part is found out when it prepares:
 *
 *   atomic       rollback-journal mode, or WAL mode with nobody else connected (tenant_file.h)
 *   logged       WAL mode with live connections: its transaction is held open by a stock connection
 *   compensated  its steps cannot run in a transaction
 */
#ifndef ENGINE_SQLITE_ENGINE_H
#define ENGINE_SQLITE_ENGINE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/stamp.h"
#include "core/port.h"
#include "engine/branch.h"
#include "engine/sqlite/tenant_file.h"

struct error;

enum sync_choice { SYNC_AUTO, SYNC_FILE_SYSTEM, SYNC_FILES };

struct sqlite_engine {
    const char *run;       /* id, for the history rows */
    const char *key;       /* 32 hex digits, for the decision files */
    const char *decisions; /* folder for the decision files; absolute, links resolved */
    const struct branch_spec *branches;
    const char *const *extensions;
    int64_t statement_timeout_ms;
    enum sync_choice sync;
    struct file_stamp *left; /* by branch: as an atomic commit left the file; may be NULL */
    struct each each;
    struct file_room room;
    atomic_bool stop;                                    /* long statements end soon */
    atomic_llong longest_writers_us, longest_readers_us; /* holds, over all tenants */
};

/* Once a process, before any engine. E_OK or E_NOMEM. */
int sqlite_engine_setup(void);

/*
 * The participant of one group, which may have no file of its own: the files decide for all groups
 * of a run. `branches` maps slots to branches (BRANCH_OTHERS: not a file) and is copied.
 * `recovered`: the group began in a process that is gone; settling then looks at what lies there.
 * log_head is kept. NULL when out of memory. Freed by its own ops->free.
 */
struct participant *sqlite_group_new(struct sqlite_engine *engine, uint32_t group,
                                     const uint32_t *branches, uint32_t n, bool undo,
                                     bool recovered, const char *log_head);

/* Runs the branch's steps up to its vote and takes everything back: what `rehearse` does. */
int sqlite_rehearse(struct sqlite_engine *engine, uint32_t branch, struct error *e);

#endif
