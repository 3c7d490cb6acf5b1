/*
 * The states of a run, a group and a member (a branch within a group), as tables: name, what may
 * come next, and the sentence for people. Diagrams are drawn from them; only set_*() in this layer
 * assigns a state, and it checks the table.
 */
#ifndef CORE_STATE_H
#define CORE_STATE_H

#include <stdbool.h>

enum run_state {
    RUN_PLANNED,
    RUN_RECOVERING, /* asks the world about its open groups */
    RUN_RUNNING,
    RUN_UNDOING, /* takes committed groups back */
    RUN_ENDING,  /* its end is being made durable */
    RUN_DONE,
    RUN_NOT_DONE, /* the fleet is as it was */
    RUN_PARTIAL,  /* some tenants are not at the target, by choice of scope */
    RUN_DOUBT,
    RUN_STATES
};

enum group_state {
    GROUP_WAITING,
    GROUP_NAMING,    /* its record is being made durable */
    GROUP_OPENING,   /* participants make what votes refer to */
    GROUP_PREPARING, /* members run up to their votes */
    GROUP_DRAINING,  /* it will abort; answers under way are awaited */
    GROUP_INTENDING, /* the record before the decision is being made durable */
    GROUP_SEALING,   /* votes become durable, the last locks are taken */
    GROUP_DECIDING,
    GROUP_RECORDING, /* the decision is being recorded */
    GROUP_FINISHING, /* members commit */
    GROUP_ROLLING_BACK,
    GROUP_NOTING,  /* the abort is being recorded */
    GROUP_CLOSING, /* decision files go */
    GROUP_ENDING,  /* its end is being recorded */
    GROUP_ASKING,  /* after a crash: participants look */
    GROUP_COMMITTED,
    GROUP_ABORTED,
    GROUP_DOUBT,
    GROUP_STATES
};

enum member_state {
    MEMBER_IDLE,
    MEMBER_PREPARING,
    MEMBER_WAITING, /* somebody holds it; a timer runs */
    MEMBER_PREPARED,
    MEMBER_REFUSED, /* it said no and holds nothing */
    MEMBER_LOST,    /* nobody knows what it said: no yes, but there may be something to take back */
    MEMBER_COMMITTED,
    MEMBER_BACK, /* rolled back, as it was */
    MEMBER_DOUBT,
    MEMBER_STATES
};

struct state_row {
    const char *name;
    unsigned next;        /* bit set of states that may follow */
    const char *sentence; /* "group 3 SENTENCE" */
};

const struct state_row *run_state_row(enum run_state state);
const struct state_row *group_state_row(enum group_state state);
const struct state_row *member_state_row(enum member_state state);

#endif
