/*
 * The machine: takes one run from its plan to its end. Pure: events in, actions out; no clock, no
 * threads, no I/O. The runtime carries it through the real world, the simulator through imagined
 * ones.
 *
 *   run     -> groups in order; when one fails, the committed ones are undone in reverse order by
 *              undo groups, so that the run ends all or none
 *   group   -> name, open, prepare every member, record the intent, seal, decide, record, finish,
 *              close, end; or roll back, record, close, end
 *   member  -> one branch; prepared in a window, retried while busy
 *
 * Invariants
 *   1. A group decides only when every member that it still has voted yes and all is sealed.
 *   2. No member commits before the decision; nothing is closed before its record is durable.
 *   3. A group has one decision. What cannot be known is in doubt, never guessed.
 *   4. After a crash, run_replay() and the participants' answers rebuild the same states.
 *
 * Single-threaded. The caller drains run_next() after every run_handle().
 */
#ifndef CORE_RUN_H
#define CORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/port.h"
#include "core/state.h"

enum run_scope {
    RUN_SCOPE_FLEET,  /* one refusal and nobody keeps it */
    RUN_SCOPE_GROUP,  /* one refusal aborts its group only */
    RUN_SCOPE_TENANT, /* a refusing member drops out, the others go on */
};

struct run_policy {
    enum run_scope scope;
    bool undoable;           /* committed groups can be taken back */
    bool files;              /* participant 0 has decision files, and they decide */
    uint16_t participants;   /* 0 counts as 1 */
    const uint16_t *placed;  /* [branch] its participant, borrowed; NULL: all are participant 0's */
    uint32_t window;         /* members being prepared at once, > 0 */
    const uint32_t *widths;  /* [participant] of them, in it alone; borrowed; 0, NULL: no bound */
    int64_t lock_timeout_ms; /* how long a member or a seal may be kept waiting */
    int64_t max_hold_ms;     /* a group that prepares longer is cut; 0: no bound */
    int64_t deadline_ms;     /* from EV_BEGIN on; 0: none */
};

struct member {
    uint32_t branch;
    uint16_t participant;
    uint16_t tries;
    uint32_t waited_ms;
    uint8_t state;     /* enum member_state */
    uint8_t guarantee; /* planned, then what its vote said */
    bool went_on;      /* replayed: in a part of its group, which was cut */
};

enum awaits { AWAITS_NOTHING, AWAITS_ANSWER, AWAITS_TIMER };

struct share { /* one participant of a group */
    uint32_t members;
    uint32_t next, under_way; /* prepares: where to go on, and those not answered */
    uint32_t waited_ms;       /* in the step the group is in */
    uint16_t tries;
    uint8_t awaits;
};

struct group {
    uint32_t id;     /* 1, 2, ...; never used twice within a run */
    uint32_t undoes; /* id of the group it takes back; 0: none */
    enum group_state state;
    struct member *members;
    uint32_t n;
    struct share *shares;
    uint16_t participants;
    uint16_t pending; /* participants that are not through with the step */
    uint32_t under_way, waiting, yes, refused;
    uint32_t kept;    /* members that are committed and not taken back; of a group that undoes: 0 */
    enum found found; /* what participant 0 answered after a crash */
    bool compensating; /* the second wave: members whose effects show before the decision */
    bool aborting, decided, held_too_long, not_settled, not_closed;
    bool undone;                                          /* its undo is under way, or was tried */
    bool logged_deciding, logged_decided, logged_aborted; /* replayed */
};

struct failure {            /* a member that said no, or a group that could not go on */
    uint32_t group, branch; /* branch UINT32_MAX: the group itself */
    struct error cause;
};

enum machine { MACHINE_RUN, MACHINE_GROUP, MACHINE_MEMBER };

/* A state move, as it happens; rows of state.h. */
struct move {
    enum machine machine;
    uint32_t group, slot;
    unsigned from, to;
};

struct run {
    struct run_policy policy;
    void (*watch)(void *ctx, const struct move *move); /* NULL, or told of every move */
    void *watch_ctx;
    enum run_state state, outcome;
    struct group **groups; /* in the order they run */
    size_t n_groups, cap_groups;
    struct group **by_id; /* [id], NULL where there is none */
    size_t cap_by_id;
    size_t current; /* the group under way */
    uint32_t last_id;
    uint64_t wanted;   /* members of the plan */
    uint64_t kept;     /* those at the target */
    size_t undo_below; /* while undoing: groups from here on are through */
    size_t ask_from;   /* while recovering: groups before are through */
    bool stop;         /* somebody asked */
    bool turned;       /* all committed groups are to be taken back */
    bool doubt, recovering;
    bool log_dead; /* the run log cannot be written */
    struct error stop_cause;
    struct failure *failures;
    size_t n_failures, cap_failures;
    uint32_t decisions; /* groups decided so far */
    struct action *actions;
    size_t first_action, n_actions, cap_actions;
    bool out_of_memory;
};

struct run *run_new(const struct run_policy *policy);
/* One group of the plan, in order, before EV_BEGIN. guarantees: planned, one a branch.
 * E_OK or E_NOMEM. */
int run_add_group(struct run *run, const uint32_t *branches, const uint8_t *guarantees, uint32_t n);
void run_free(struct run *run);

/* E_OK; <0 when the machine cannot go on (out of memory): the groups are then as the world has
 * them, and recovery settles them. */
int run_handle(struct run *run, const struct event *event);
bool run_next(struct run *run, struct action *action);

/*
 * Recovery: a machine with the plan's groups is told the run log's records in order, and then gets
 * EV_BEGIN. A RECORD_GROUP carries id, undoes and its branches (a group of the plan, a cut part of
 * one, or an undo group), in the order of the group they come from; RECORD_DECIDING and
 * RECORD_SETTLED the branches that refused, which no recovery may take along.
 */
struct replayed {
    enum record_kind kind;
    uint32_t group, undoes;
    const uint32_t *branches;  /* GROUP: its members; DECIDING, SETTLED: those that refused */
    const uint8_t *guarantees; /* GROUP: planned, one a branch; NULL: all atomic */
    uint32_t n;
};
/* E_OK; E_NOMEM; E_INVALID: no run can have written this record here. */
int run_replay(struct run *run, const struct replayed *record);

struct group *run_group(const struct run *run, uint32_t id); /* NULL when there is none */

/* What a participant's settle gets for ACT_SETTLE: SETTLE_NOT_YET for members that are to be
 * settled by it, SETTLE_DONE for all others. slots: one a member of the group. */
void group_slots(const struct group *g, uint16_t participant, uint8_t *slots);

#endif
