/*
 * Inside engine/mysql: a group's tenants on one server. A slot is one member, and votes alone.
 *
 *   data          all its statements change rows only, and the server keeps prepared transactions:
 *                 the vote is an XA transaction of its own, prepared (prepared.c)
 *   compensated   else: its statements take effect one by one, under a ledger (compensated.c)
 *
 * Votes, by what is known of them:
 *   none       nothing is there
 *   begun      compensated: the ledger has a row, as far as we know
 *   prepared   the server keeps the transaction; any session ends it by its name
 *   unknown    the answer to the vote, or to its end, was lost: the server's list and the history
 *              row say what came of it, once the session that was asked is gone
 *   over
 */
#ifndef ENGINE_MYSQL_GROUP_H
#define ENGINE_MYSQL_GROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "core/port.h"
#include "engine/link.h"
#include "engine/mysql/link.h"
#include "engine/mysql/work.h"

enum my_vote { MY_VOTE_NONE, MY_VOTE_BEGUN, MY_VOTE_PREPARED, MY_VOTE_UNKNOWN, MY_VOTE_OVER };

enum { MY_XID = 320 };

struct my_slot {
    const struct branch_spec *spec; /* NULL: another participant's */
    uint32_t branch;                /* in the run */
    bool data;
    enum my_vote vote;
    bool announced;   /* its ledger has a row already, written with others' */
    bool chase;       /* a session that was lost may still be at work */
    char xid[MY_XID]; /* 'GTRID','BQUAL' */
    int64_t since_us;
};

struct my_group {
    struct participant base;
    struct my_link *link;
    const struct link_run *run;
    uint32_t id, n;
    bool undo, recovered;
    char log_head[HASH_TEXT];
    struct my_slot *slots;
};

struct my_work my_group_work(const struct my_group *g, const struct my_slot *slot);

/* announce.c */
void my_announce(struct my_group *g);

/* compensated.c */
int my_compensated_prepare(struct my_group *g, struct my_slot *slot, struct error *e);
int my_compensated_commit(struct my_group *g, struct my_slot *slot, struct error *e);
int my_compensated_back(struct my_group *g, struct my_slot *slot, struct error *e);

/* prepared.c */
int my_prepared_prepare(struct my_group *g, struct my_slot *slot, struct error *e);
/* By its name. E_OK also when it is not there any more: then the vote is unknown, or over. */
int my_prepared_end(struct my_group *g, struct my_slot *slot, enum verdict verdict,
                    struct error *e);
/* Of a vote that is unknown, or of an earlier process: what the tenant itself says. */
int my_prepared_witness(struct my_group *g, struct my_slot *slot, enum verdict verdict,
                        struct error *e);
/* In a later process: all that this group left prepared. */
int my_prepared_end_listed(struct my_group *g, enum verdict verdict, struct error *e);

/* settle.c */
int my_group_settle(struct my_group *g, enum verdict verdict, uint8_t *slots, struct error *e);

#endif
