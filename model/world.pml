/* What outlives a process, what a stock client reads of it, and what crashes do to it. */
c_decl {
\#include "flaws.h"
\#include "moves.h"
};

#define FLAWED(name) c_expr { flaw == name }
#define WRONG(text)  c_code { wrong(text); }; assert(false)
#define ALL(of)      (of(0) && of(1) && of(2))
#define ANY(of)      (of(0) || of(1) || of(2))

/* pages of a tenant */
#define OLD  0
#define NEW  1
#define TORN 2

#if FILES
/* its journal */
#define NONE    0
#define WRITTEN 1 /* the content is there, the record count is not: plays nothing back */
#define ARMED   2
#define RUBBISH 3 /* armed, and its content was lost */
#define STALE   4 /* of an earlier run, whose super-journal is gone for good */

byte page_disk[3], journal[3], journal_disk[3];
bool super, super_disk, anchor, anchor_disk;
#else
/* its transaction */
#define NONE   0
#define OPEN   1 /* gone with the connection */
#define SEALED 2 /* prepared: the server keeps it */

byte tx[3];
#endif
byte page[3];
bool log_plan, log_group, log_deciding, log_decided, log_aborted, log_settled, log_end;
bool fell; /* the decision fell, whoever knows it */
byte runs, crashes;
bool healed, over;

/* What a process knows. */
#define FREE      0
#define RESERVED  1 /* readers go on */
#define EXCLUSIVE 2

bool alive, recovering, log_dead, decided;
byte run_state, group_state, step;
byte member[3], lock[3];
bool done[3]; /* the hand is through with its part of the step */
hidden byte was;

#if FILES
#define HOT(i)       (lock[i] == FREE && super && (journal[i] == ARMED || journal[i] == RUBBISH))
#define READS(i, as) (lock[i] != EXCLUSIVE && \
    ((!HOT(i) && page[i] == as) || (HOT(i) && (journal[i] == ARMED -> OLD : TORN) == as)))
#define IS_SETTLED(i) (lock[i] == FREE && !HOT(i))
#define IS_DURABLE(i) (page[i] == page_disk[i])
#else
#define READS(i, as)    (page[i] == as)
#define VOTE_IS_GONE(i) (page[i] == OLD && tx[i] == NONE)
#define IS_SETTLED(i)   (tx[i] == NONE)
#endif
#define READS_OLD(i)  READS(i, OLD)
#define READS_NEW(i)  READS(i, NEW)
#define READS_TORN(i) READS(i, TORN)

#define each_to(list, value) list[0] = value; list[1] = value; list[2] = value

/* What only the process knew; locks end with it. */
inline die()
{
    alive = false; recovering = false; log_dead = false; decided = false;
    run_state = RUN_PLANNED; group_state = GROUP_WAITING; step = 0;
    each_to(member, MEMBER_IDLE);
    each_to(lock, FREE);
    each_to(done, false);
#if !FILES
    tx[0] = (tx[0] == SEALED -> SEALED : NONE);
    tx[1] = (tx[1] == SEALED -> SEALED : NONE);
    tx[2] = (tx[2] == SEALED -> SEALED : NONE);
#endif
}

#if FILES
/* A journal of the run before names a super-journal that is gone: SQLite deletes it unread. */
#define AGED(value) (value == NONE -> NONE : STALE)

inline age(i)
{
    journal[i] = AGED(journal[i]);
    journal_disk[i] = AGED(journal_disk[i]);
    page_disk[i] = OLD
}

/* The folder of the decision files. */
inline sync_folder()
{
    super_disk = super;
    anchor_disk = anchor
}

/* All that the group wrote beside its tenants. */
inline barrier()
{
    journal_disk[0] = journal[0]; journal_disk[1] = journal[1]; journal_disk[2] = journal[2];
    page_disk[0] = page[0]; page_disk[1] = page[1]; page_disk[2] = page[2]
}

/*
 * Any SQLite that opens a tenant which nobody holds. It plays an armed journal back if the
 * super-journal is there, and deletes it. Then, as it finds nobody else who refers to the
 * super-journal (it need not see all journals, but the anchor it sees), it deletes that too.
 */
inline stock_settle(i)
{
    if
    :: super && (journal[i] == ARMED || journal[i] == RUBBISH) ->
        page[i] = (journal[i] == ARMED -> OLD : TORN);
        page_disk[i] = page[i]
    :: else
    fi;
    if
    :: super && journal[i] != NONE && journal[i] != STALE && (!anchor || FLAWED(no_anchor)) ->
        super = false
    :: true
    fi;
    journal[i] = NONE
}

inline lose_entry(cached, disk)
{
    if
    :: cached = disk
    :: cached != disk
    fi;
    disk = cached
}

inline lose_tenant(i, in_order)
{
    if
    :: journal[i] = journal_disk[i]
    :: journal[i] != journal_disk[i] && !(in_order && journal_disk[i] == ARMED)
    :: journal[i] == ARMED && journal_disk[i] != WRITTEN && journal_disk[i] != ARMED ->
        journal[i] = RUBBISH
    fi;
    journal_disk[i] = journal[i];
    if
    :: page[i] = page_disk[i]
    :: page[i] != page_disk[i]
    :: page[i] != page_disk[i] -> page[i] = TORN
    fi;
    page_disk[i] = page[i]
}

/*
 * Of what is not durable any part may be lost. But where the super-journal comes back, journals
 * come back that were removed after it: "the order of removals" (doc/protocol.md, 6. deciding).
 */
inline lose_power()
{
    was = !super && super_disk;
    lose_entry(super, super_disk);
    lose_entry(anchor, anchor_disk);
    was = was && super && !FLAWED(unordered);
    lose_tenant(0, was);
    lose_tenant(1, was);
    lose_tenant(2, was);
    fell = fell && !super;
    was = 0
}
#endif

/* The next run begins with what this one left; its target is one version further. */
inline next_run()
{
    log_plan = false; log_group = false; log_deciding = false; log_decided = false;
    log_aborted = false; log_settled = false; log_end = false;
    fell = false;
#if FILES
    age(0); age(1); age(2);
#endif
    each_to(page, OLD)
}
