/* What a seed draws before anything happens. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include "base/guarantee.h"
#include "core/run.h"
#include "sim/prng.h"

/* Tenants are numbered as branches; some of them are no business of the run's. */
enum { SIM_TENANTS = 14, SIM_BRANCHES = 20, SIM_GROUPS = 4, SIM_PARTICIPANTS = 3 };

/* Chances in thousand, a call each unless said otherwise. */
struct weather {
    const char *name;
    uint16_t vote_no, vote_busy, vote_lost; /* a tenant each */
    uint16_t undo_no;                       /* a tenant each: its down script does not go through */
    uint16_t forward_no; /* a tenant each: an application changed it after a crash */
    uint16_t open_no, seal_no, seal_busy;
    uint16_t decide_no, decide_doubt;
    uint16_t settle_busy, settle_stuck; /* stuck: a tenant each, for a whole life */
    uint16_t close_no, ask_no;
    uint16_t log_dies;
    uint16_t crash;          /* a life each */
    uint16_t asked_to_stop;  /* a life each */
    uint16_t deadline, hold; /* a schedule each */
    uint16_t repeat;         /* an answer comes again, at once or much later */
    uint16_t answer_lost;    /* "nobody knows" arrives in its place, and later perhaps the truth */
    uint16_t silent;         /* no answer ever comes; somebody kills the process in the end */
    uint16_t dies;           /* a participant each, in a life: at some time, for some time */
};

struct script {
    struct run_policy policy;
    const struct weather *weather;
    uint32_t tenants, groups;
    uint32_t first[SIM_GROUPS + 1]; /* group i has branch[first[i]] .. branch[first[i+1]-1] */
    uint32_t branch[SIM_TENANTS];   /* the run's tenants, ascending */
    bool ours[SIM_BRANCHES];        /* they are the run's */
    bool there[SIM_BRANCHES];       /* not the run's: at the target already */
    uint16_t placed[SIM_BRANCHES];  /* by branch */
    uint32_t widths[SIM_PARTICIPANTS];
    uint8_t guarantee[SIM_BRANCHES]; /* by branch */
};

void script_draw(struct script *s, uint32_t cell, struct prng *p);
const struct weather *weather_clear(void); /* everything has healed */

#endif
