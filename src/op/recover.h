/*
 * Recovery: settles what a crash or a failed sync left open, from the run log where there is one,
 * and from what lies beside the tenants. Run commands do it first; `recover` does only this.
 */
#ifndef OP_RECOVER_H
#define OP_RECOVER_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct session;
struct migrate_options;

enum recovered { RECOVERED_FORWARD, RECOVERED_BACK, RECOVERED_UNDONE, RECOVERED_DOUBT };

struct recovered_run {
    char run[40]; /* "" when only files were found, without a log */
    char key[40];
    enum recovered how;
    size_t tenants;
    char why[400];   /* for doubt */
    char **doubtful; /* ids of tenants in doubt */
    size_t n_doubtful;
};

struct recovery {
    struct recovered_run *runs;
    size_t n;
    size_t leftovers; /* tenants with side files of others that were settled on the way */
};

/* Needs the hold (session_store_run), unless dry. exit 0 or 4 by recovery_exit(). */
int recover(struct session *s, bool dry, const struct migrate_options *options,
            struct recovery *recovery, struct error *e);
/* For the files of recovery: one more line, zeroed; NULL when out of memory. */
struct recovered_run *recovery_add(struct recovery *recovery);
int recovery_exit(const struct recovery *recovery);
void recovery_free(struct recovery *recovery);

#endif
