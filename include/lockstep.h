/*
 * The public face of liblockstep. Handles are opaque; there is no ABI promise before 1.0.
 *
 * A handle remembers which fleet is meant. Every call resolves it anew, does one thing as the
 * command of that name does, and leaves nothing open. Calls return what the command would exit
 * with; lockstep_error() says why. A handle is used by one thread at a time, and one process runs
 * one call on a fleet at a time. Nothing is printed and no signal is caught. A program that gives
 * jansson memory functions of its own keeps them; JSON cut short for want of memory is then not
 * told.
 */
#ifndef LOCKSTEP_H
#define LOCKSTEP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Marks what the shared library shows; everything else in it is hidden. */
#define LOCKSTEP_API __attribute__((visibility("default")))

enum lockstep_code {
    LOCKSTEP_DONE = 0,
    LOCKSTEP_NOT_DONE = 1, /* the fleet is as it was */
    LOCKSTEP_USAGE = 2,    /* a wrong value, or the configuration; no tenant found */
    LOCKSTEP_IN_DOUBT = 4, /* call lockstep_recover */
    LOCKSTEP_REFUSED = 5,  /* by the plan; nothing was changed */
    LOCKSTEP_HELD = 6,     /* another run holds the fleet */
    LOCKSTEP_SOME = 7,     /* some tenants are not at the target */
};

struct lockstep;

LOCKSTEP_API const char *lockstep_version(void); /* "0.1.0"; static, never NULL */

/* NULL when out of memory. A new handle means lockstep.conf in the working folder, if there is one.
 */
LOCKSTEP_API struct lockstep *lockstep_new(void);
LOCKSTEP_API void lockstep_free(struct lockstep *fleet); /* NULL is fine */
/* name: "config" (a file; paths in it are relative to its folder), "tenants" (a glob), "migrations"
 * (a folder) or "select" (an expression); value NULL: not given. */
LOCKSTEP_API int lockstep_set(struct lockstep *fleet, const char *name, const char *value);
/* What the last call that did not return 0 complained about; "" when there was none. */
LOCKSTEP_API const char *lockstep_error(const struct lockstep *fleet);

struct lockstep_status {
    size_t tenants, at_head, pending, never_migrated, unusable, in_doubt;
    uint64_t head; /* the highest migration; 0: there is none */
};
/* LOCKSTEP_IN_DOUBT when some tenant is; the counts are good then too. */
LOCKSTEP_API int lockstep_status(struct lockstep *fleet, struct lockstep_status *status);

struct lockstep_plan {
    size_t tenants;   /* with something to do */
    size_t decisions; /* 1: all or none without any help after a crash, where all are atomic */
    size_t atomic;    /* tenants that any stock engine settles after a crash */
    int reversible;
    double hold_estimate_s;
    uint64_t target;
    char digest[65];
};
/* target as for `lockstep up`; NULL: head. */
LOCKSTEP_API int lockstep_plan(struct lockstep *fleet, const char *target,
                               struct lockstep_plan *plan);

/* Called from the calling thread while tenants are worked on. */
typedef void (*lockstep_progress)(void *ctx, const char *phase, uint64_t done, uint64_t total);

struct lockstep_result {
    char run[40]; /* "" when there was nothing to do */
    size_t tenants, done, failed, in_doubt;
    uint32_t decisions;
    uint64_t target;
    double seconds;
};
/* All to the target or none. progress may be NULL. Where tenants failed, lockstep_error() has the
 * first of them. */
LOCKSTEP_API int lockstep_up(struct lockstep *fleet, const char *target, lockstep_progress progress,
                             void *ctx, struct lockstep_result *result);
/* Takes a run back: its id, a unique beginning of it, or "last". Asks nobody. */
LOCKSTEP_API int lockstep_undo(struct lockstep *fleet, const char *run, lockstep_progress progress,
                               void *ctx, struct lockstep_result *result);
/* Settles what a crash left in doubt. LOCKSTEP_DONE: nothing is, any more. */
LOCKSTEP_API int lockstep_recover(struct lockstep *fleet);

#ifdef __cplusplus
}
#endif

#endif
