/*
 * A row of the history table that every tenant has: append-only, one row a step, written in the
 * migration's own transaction where there is one. A version is applied when its latest row says
 * "up". What it says of a tenant is true whatever happened to the run log. The same columns with
 * every engine.
 */
#ifndef ENGINE_HISTORY_H
#define ENGINE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#define HISTORY_TABLE "lockstep_history"

struct error;
struct hash;
struct step;

struct history_row {
    int64_t seq; /* given when it is appended */
    uint64_t version;
    const char *name;
    bool down;
    const char *checksum;
    const char *run;
    uint32_t group;
    const char *down_sql;   /* what undoes an up; NULL: nothing does */
    const char *applied_at; /* UTC text; NULL when appended: now */
    int64_t duration_us;
    const char *log_head; /* hash of the run log's last event when the group began */
};

/* What a step that ran since then (clock_mono_us) leaves; undo: its inverse ran. Run, group and
 * log_head are the caller's to fill. */
struct history_row history_row_of(const struct step *step, bool undo, int64_t started_us);
/* What the next head is a hash of: the head before it ("": none), and what the row says was done.
 * Tenants that went through the same have the same. */
void history_add_to_head(struct hash *hash, const char *before, const struct history_row *row);
/* E_CHANGED: the version is applied, or is not, against what the plan went by. */
int history_fits(const struct step *step, bool down, bool applied, struct error *e);

/* Called for the rows in order; a row is valid during the call; non-zero ends and is returned. */
typedef int (*history_visit)(void *arg, const struct history_row *row);

#endif
