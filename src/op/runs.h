/* Looking at runs: the list, one run as a tree, asking a live one to stop, a tenant's past, the
 * log. */
#ifndef OP_RUNS_H
#define OP_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"
#include "store/log.h"

struct session;

struct group_view {
    uint32_t id, undoes;
    size_t tenants;
    char state[16]; /* "waiting", "open", "committed", "aborted", "in doubt" */
};
struct failure_view {
    uint32_t group;
    const char *tenant; /* NULL: the group */
    const char *text;   /* rendered error */
};
struct run_view {
    struct arena arena;
    struct log_run run;
    const char *state; /* "running", "done", "not done", "partial", "in doubt" */
    const char *digest, *scope;
    struct group_view *groups;
    size_t n_groups;
    struct failure_view *failures;
    size_t n_failures;
    const char **migrations; /* "003_add_tier up" */
    size_t n_migrations;
    uint32_t decisions;
};

/* E_MISSING: no such run. state tells a live run from one in doubt by who holds the fleet. */
int run_show(struct session *s, const char *run, struct run_view *view, struct error *e);
void run_view_free(struct run_view *view);

/* The state of a run as a word, from its line in the log and who holds the fleet. */
const char *run_state_word(const struct session *s, const struct log_run *run);

/* Asks a live run to abort; run NULL: the live one. E_MISSING: none is live. */
int run_abort(struct session *s, const char *run, char named[40], struct error *e);

struct history_line {
    int64_t seq;
    uint64_t version;
    const char *name, *direction, *checksum, *run, *applied_at, *down_sql, *log_head;
    uint32_t group;
    int64_t duration_us;
};
/* E_MISSING: no such tenant. */
int tenant_history(struct session *s, const char *tenant, const char *row,
                   int (*visit)(void *arg, const struct history_line *line), void *arg,
                   struct error *e);

/* The chain of the log, and the heads that the selected tenants carry. */
struct log_check {
    struct log_verdict chain;
    size_t tenants;          /* looked at */
    size_t heads_missing;    /* tenants whose head is not in the log: the tail was cut */
    char first_missing[200]; /* one of them */
    size_t unread;           /* tenants that could not be asked */
    char first_unread[200];
    struct error why_unread; /* of that one; the caller's to clear */
};
int log_check(struct session *s, struct log_check *check, struct error *e);

#endif
