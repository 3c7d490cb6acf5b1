/*
 * The port: what the machine asks of the world (actions), what it is told (events), what it wants
 * remembered (records), and what an engine must be able to do (participants). The runtime, the
 * simulator, the engines and the store all speak these words and no others.
 *
 * A group's members are addressed by slot: their position in the group.
 */
#ifndef CORE_PORT_H
#define CORE_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/guarantee.h"

enum verdict { VERDICT_ABORT, VERDICT_COMMIT };

/* What lies there after a crash, as a participant with decision files finds it. */
enum found {
    FOUND_NOTHING,   /* no decision files: closed, or never begun */
    FOUND_UNDECIDED, /* super-journal there: not committed */
    FOUND_COMMITTED, /* anchor alone: committed */
    FOUND_UNKNOWN,   /* the folder cannot be read */
};

/* What a member still needs when its participant settles. */
enum settled {
    SETTLE_NOT_YET, /* to be tried (again) */
    SETTLE_DONE,
    SETTLE_REFUSED, /* commit only, logged: its roll-forward does not go through any more */
};

/*
 * One engine on one server or file system, for one group. Every call is one attempt with one
 * answer; waiting and repeating are the machine's. Calls for one participant come one after the
 * other, but for prepare, which runs for several slots at once.
 */
struct participant;

struct participant_ops {
    /* Makes what must exist before the first vote (decision files). */
    int (*open)(struct participant *p, struct error *e);
    /* Runs the member's steps up to its vote. E_OK: it votes yes and *guarantee says what it now
     * can promise. E_BUSY: somebody holds it. E_DOUBT: the answer was lost, something may be there;
     * it counts as no, and settle looks after it. Anything else leaves nothing held or changed. */
    int (*prepare)(struct participant *p, uint32_t slot, enum guarantee *guarantee,
                   struct error *e);
    /* Makes all votes durable and takes the last locks. E_BUSY: a member is held (named in e);
     * may be called again and goes on where it was. */
    int (*seal)(struct participant *p, struct error *e);
    /* The decision, if it has the decision files. E_REFUSED: certainly not decided; anything else:
     * it may be. */
    int (*decide)(struct participant *p, struct error *e);
    /* Finishes or takes back every slot that is SETTLE_NOT_YET; idempotent, also after a crash.
     * E_OK: all are done; E_BUSY: some are not; E_REFUSED: some refuse for good. */
    int (*settle)(struct participant *p, enum verdict verdict, uint8_t *slots, struct error *e);
    /* Takes the decision files away, in the order of the verdict. */
    int (*close)(struct participant *p, enum verdict verdict, struct error *e);
    /* After a crash: what lies there? */
    int (*ask)(struct participant *p, enum found *found, struct error *e);
    void (*free)(struct participant *p);
};

struct participant {
    const struct participant_ops *ops;
};

/* Lets an engine use the runtime's threads: runs fn(arg, 0..n-1), returns when all have. */
struct each {
    void (*run)(void *ctx, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg);
    void *ctx;
};

enum record_kind {
    RECORD_GROUP,    /* forced: a group begins; its members */
    RECORD_DECIDING, /* forced: from here on the decision may fall */
    RECORD_DECIDED,  /* forced: it fell; without decision files this is the decision */
    RECORD_ABORTED,  /* forced: it fell the other way, members are settled */
    RECORD_SETTLED,  /* forced: nothing of the group is open */
    RECORD_REFUSED,  /* lazy: a member said no, with the cause */
    RECORD_END,      /* forced: the run ended, with its outcome */
    RECORDS
};

const char *record_name(enum record_kind kind);
bool record_is_forced(enum record_kind kind);

enum action_kind {
    ACT_LOG,     /* append a record (REFUSED: of slot); EV_LOGGED when forced, none when lazy */
    ACT_OPEN,    /* participant: EV_OPENED */
    ACT_PREPARE, /* participant, slot: EV_VOTED */
    ACT_SEAL,    /* participant: EV_SEALED */
    ACT_DECIDE,  /* participant: EV_DECIDED */
    ACT_SETTLE,  /* participant, verdict: EV_SETTLED */
    ACT_CLOSE,   /* participant, verdict: EV_CLOSED */
    ACT_ASK,     /* participant: EV_FOUND */
    ACT_TIMER,   /* after ms: EV_TIMER with the same timer, group, participant, slot */
    ACT_END,     /* the run is over */
};

enum timer { TIMER_RETRY, TIMER_SEAL, TIMER_SETTLE, TIMER_HOLD, TIMER_DEADLINE };

struct action {
    enum action_kind kind;
    uint32_t group;
    uint32_t slot;
    uint16_t participant;
    uint16_t attempt; /* PREPARE, SEAL, SETTLE: which one at the same call */
    enum verdict verdict;
    enum record_kind record;
    enum timer timer;
    int64_t ms;
};

enum event_kind {
    EV_BEGIN, /* start, or go on after a crash */
    EV_LOGGED,
    EV_OPENED,
    EV_VOTED,
    EV_SEALED,
    EV_DECIDED,
    EV_SETTLED,
    EV_CLOSED,
    EV_FOUND,
    EV_TIMER,
    EV_ABORT, /* somebody asks the run to stop: signal, request, deadline */
};

/* An answer that nobody waits for (a repeated one, a late one, that of an earlier attempt) changes
 * nothing. */
struct event {
    enum event_kind kind;
    uint32_t group;
    uint32_t slot;
    uint16_t participant;
    uint16_t attempt;         /* as in the action that this answers */
    int outcome;              /* enum outcome of the call */
    enum record_kind record;  /* EV_LOGGED */
    enum guarantee guarantee; /* EV_VOTED yes */
    enum found found;         /* EV_FOUND */
    enum timer timer;         /* EV_TIMER */
    const uint8_t *slots;     /* EV_SETTLED: enum settled, one a member of the group */
    struct error *cause;      /* moved from when the machine keeps it; may be NULL */
};

#endif
