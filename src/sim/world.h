/*
 * What outlives a process: tenants, decision files, the run log. Effects come through here, and
 * each is held against the promises; the first one broken is kept in `wrong`.
 *
 * How a vote is kept, and what a crash leaves of it:
 *   atomic       held pages; sealed, the decision files settle it, whoever looks first
 *   prepared     an open transaction; sealed, the server keeps it
 *   logged       an open transaction, gone with the process; recovery runs it again
 *   compensated  its effects show from its vote on; taken back by inverse statements
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/mem.h"
#include "base/str.h"
#include "sim/script.h"
#include "sim/sim.h"

enum { SIM_GROUP_IDS = 400 }; /* more than any schedule makes */

struct tenant {
    bool at;           /* the target, as its own file or server says */
    uint8_t guarantee; /* what its latest vote could promise */
    uint32_t in;       /* the group that something of is there; 0: none */
    bool held;         /* by the process that lives now */
    bool sealed;
    uint32_t vouched; /* the group whose seal found its vote there */
};

struct files { /* of one group */
    bool super, anchor;
};

/* What the world knows of a group, whatever the machine believes. */
struct fact {
    uint32_t n, undoes;
    const uint32_t *branches;
    bool *yes;       /* [slot] its vote was heard as yes */
    bool *out;       /* [slot] the run log says it refused */
    bool *left;      /* [slot] it refused its roll-forward */
    bool committed;  /* the decision fell */
    bool taken_back; /* somebody's yes was undone without decision */
    bool logged_deciding, logged_aborted, logged_decided, logged_settled;
    struct files files;
};

struct world {
    const struct script *script;
    struct tenant tenants[SIM_BRANCHES];
    struct fact facts[SIM_GROUP_IDS];
    uint32_t last_group;
    struct replayed *log; /* the durable records */
    size_t n_log, cap_log;
    bool ended; /* the log says so, and how: */
    enum run_state outcome;
    struct arena arena;
    enum promise broken;
    const char *how; /* the check, as its sentence before the numbers */
    struct str wrong;
};

void world_init(struct world *w, const struct script *script);
void world_free(struct world *w);
void world_crash(struct world *w);
void world_dies(struct world *w, uint16_t participant); /* what only it knew is gone */
/* Keeps the first broken promise. */
void world_wrong(struct world *w, enum promise promise, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool tenant_at(const struct world *w, uint32_t branch); /* what a stock client would see */
uint32_t world_count_at(const struct world *w);         /* of the run's tenants */

/* Effects. */
void world_vote(struct world *w, uint32_t group, uint32_t slot, enum guarantee guarantee);
void world_heard_yes(struct world *w, uint32_t group, uint32_t slot);
void world_open(struct world *w, uint32_t group, uint32_t step);
bool world_may_seal(const struct world *w, uint32_t group, uint32_t slot); /* its vote is there */
void world_seal(struct world *w, uint32_t group, uint32_t slot);
void world_decide(struct world *w, uint32_t group);
void world_commit(struct world *w, uint32_t group, uint32_t slot);
void world_roll_back(struct world *w, uint32_t group, uint32_t slot);
bool world_may_refuse(const struct world *w, uint32_t group,
                      uint32_t slot);                              /* after the decision */
void world_refuse(struct world *w, uint32_t group, uint32_t slot); /* its roll-forward */
void world_close(struct world *w, uint32_t group, enum verdict verdict, uint32_t step);
enum found world_ask(const struct world *w, uint32_t group);

/* log.c: the run log */
void world_log(struct world *w, const struct replayed *record);

/* promise.c: what must hold */
void world_fall(struct world *w, uint32_t group);      /* the decision falls: may it? */
void world_undoes(struct world *w, uint32_t group);    /* an undo group begins: of whom? */
void world_check(struct world *w);                     /* true in every moment */
void world_check_clean(struct world *w);               /* nothing is held, nothing is left */
void world_check_end(struct world *w, enum run_state); /* the run says how it ended; is it so? */
void world_check_finished(struct world *w);            /* the run log is closed: is all decided? */

#endif
