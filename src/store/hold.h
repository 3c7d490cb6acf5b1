/*
 * Who holds the fleet, and what is asked of it.
 *
 * The hold is a lock on a file in the store's folder (an OFD lock: it ends with the process, so a
 * dead holder never blocks); beside the lock stands who it is, for the others to read. Requests are
 * rows that the live run polls.
 */
#ifndef STORE_HOLD_H
#define STORE_HOLD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct error;
struct hold;
struct store;

struct holder {
    pid_t pid; /* 0: it has not said who it is */
    char host[64];
    char command[16];
    char run[40]; /* "" until the run has its id */
    int64_t since_us;
};

/*
 * Takes the hold; waits up to wait_ms (0: one attempt), polling. E_HELD names the holder.
 * E_FATAL: the folder cannot be written.
 */
int hold_take(const char *dir, const char *command, int64_t wait_ms, struct hold **hold,
              struct error *e);
void hold_set_run(struct hold *hold, const char *run); /* shown to the others */
void hold_release(struct hold *hold);
/* 0 and *holder: somebody holds it now; E_MISSING: nobody does. Takes nothing, writes nothing.
 * pid 0: it does not say who it is. */
int hold_look(const char *dir, struct holder *holder, struct error *e);

/* Asks the live run to abort; the run sees it at its next poll. */
int request_abort(struct store *store, const char *run, struct error *e);
bool request_aborted(struct store *store, const char *run);
void request_clear(struct store *store, const char *run);

#endif
