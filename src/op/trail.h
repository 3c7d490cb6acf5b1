/* The trail of one run in one tenant's history: what it did there, and what came after it. */
#ifndef OP_TRAIL_H
#define OP_TRAIL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hash.h"

struct job;
struct lineage;
struct session;
struct tenant;

struct trail_row {
    uint64_t version;
    int balance;               /* +1: it applied it, -1: it took it back, 0: both */
    char down_hash[HASH_TEXT]; /* of the stored down script; "" for none */
};

struct trail {
    struct trail_row *rows;
    size_t n, cap;    /* n 0: the run left nothing in this tenant */
    char later[40];   /* a run that came after it; "" for none */
    struct error why; /* it could not be read */
};

/* path as for history_of. Several threads may read trails of one session. */
void trail_read(struct trail *trail, struct session *s, const struct tenant *t, const char *path,
                const char *run);
/* Of an external migrator's tenant: from the run's job and where the tenant is. */
void trail_of_revision(struct trail *trail, const struct job *job, const char *tenant,
                       const struct lineage *now);
const struct trail_row *trail_find(const struct trail *trail, uint64_t version);
void trail_free(struct trail *trail);

#endif
