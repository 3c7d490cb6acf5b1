/*
 * The run log: append-only, hash-chained events of all runs.
 *
 * hash(n) = SHA-256 over hash(n-1), seq, run, at, kind, format and body (each with its length); so
 * an event that is edited, removed or moved breaks the chain at its place. A cut tail leaves a
 * whole chain: it shows against the heads that tenants carry in their history rows (log_head).
 *
 * Forced events are durable when log_append returns: one fsync, which covers all events before it.
 * Lazy ones are written without a sync: readers see them at once and a kill does not lose them, but
 * a power failure may; recovery concludes nothing from their absence.
 */
#ifndef STORE_LOG_H
#define STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

struct error;
struct store;

struct log_event {
    int64_t seq;      /* 1, 2, ... over all runs; set by log_append */
    const char *run;  /* run id */
    int64_t at_us;    /* wall clock, for people */
    const char *kind; /* "plan", "group", "decided"... */
    const char *body; /* one JSON object */
    size_t body_len;
    int format;           /* LOG_FORMAT; set by the caller */
    char hash[HASH_TEXT]; /* set by log_append */
};

#define LOG_FORMAT 1

/* Appends; seq and hash are filled in. <0 (E_FATAL) when it cannot be written. */
int log_append(struct store *store, struct log_event *event, bool forced, struct error *e);
/* Hash of the last event (64 zeros for an empty log); NULL when it cannot be read. */
const char *log_head(struct store *store);

/*
 * Reads events in order: all of run (NULL: of all runs) from seq `from` on. `visit` returns 0 to
 * go on, anything else ends the reading and is returned. The event is valid during the call only.
 */
int log_read(struct store *store, const char *run, int64_t from,
             int (*visit)(void *arg, const struct log_event *event), void *arg, struct error *e);

/* What the event says, for the caller. E_INVALID: it is not JSON; E_FATAL: out of memory. Who
 * leaves such an event out tells a history that never was. */
struct json_t;
int log_body(const struct log_event *event, struct json_t **body, struct error *e);

/*
 * One line a run, kept up to date by log_append from its "plan" and "end" events (whose bodies must
 * be JSON objects). A run without a plan event is in the log and not here.
 */
struct log_run {
    char run[40];
    int64_t first_seq, last_seq;
    int64_t started_us, ended_us; /* ended 0: not ended (live, killed, or in doubt) */
    char command[16];             /* up, down, undo, adopt...: body.command of the plan event */
    char outcome[16];             /* body.outcome of the end event; "" while open */
    int64_t tenants;              /* body.tenants of the plan event */
    char target[32];              /* body.target of the plan event */
    char undoes[40];              /* body.undoes of the plan event: the run an undo run undoes */
};
/* Newest first. open_only: runs without an end event (an index serves it). */
int log_runs(struct store *store, bool open_only,
             int (*visit)(void *arg, const struct log_run *run), void *arg, struct error *e);
/* Finds a run by id, unique prefix, or "last". E_MISSING / E_INVALID (ambiguous, both named). */
int log_find_run(struct store *store, const char *text, struct log_run *run, struct error *e);

struct log_verdict {
    int64_t events;     /* read and good */
    int64_t broken_seq; /* 0: the chain holds; else the first event that does not fit */
    char why[200];
};
/* Checks the whole chain. Returns 0 also when it is broken; the verdict says so. */
int log_verify(struct store *store, struct log_verdict *verdict, struct error *e);
/* Is this head (from a tenant's history row) in the chain? 0 yes, E_MISSING no. */
int log_has_head(struct store *store, const char *head, struct error *e);

/* Was a down script of this hash ever part of a plan event of this run? 0 yes, E_MISSING no. The
 * plan event's body has "scripts": [hash, ...]. */
int log_has_script(struct store *store, const char *run, const char *hash, struct error *e);

#endif
