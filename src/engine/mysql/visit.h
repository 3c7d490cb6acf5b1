/*
 * Inside engine/mysql: one visit to a compensated tenant, and how it moves through acts and ledger.
 *
 *   forward.c   act a begun, with a fingerprint  ->  ran  ->  act a + 1 begun, with a's history row
 *   back.c      turn: did the act under way take effect?  ->  inverse 0 begun  ->  ...  ->  no row
 *
 * What a crash left in the middle is settled from the ledger alone: every function begins where the
 * row says.
 */
#ifndef ENGINE_MYSQL_VISIT_H
#define ENGINE_MYSQL_VISIT_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/mysql/acts.h"
#include "engine/mysql/fingerprint.h"
#include "engine/mysql/group.h"
#include "engine/mysql/ledger.h"
#include "engine/mysql/work.h"

struct visit {
    struct my_group *g;
    struct my_slot *slot;
    struct my_work w;
    struct my_session s;
    struct my_ledger ledger;
    struct my_acts acts, back;
    struct my_look look;   /* what the first act is about */
    bool looked;           /* it was looked at in coming in, and nothing was done since */
    char shown[HASH_TEXT]; /* its fingerprint then */
    int64_t started_us;
    bool resumed;  /* the inverse that comes first may have run already */
    bool answered; /* what was under way failed, says the server */
    bool voting;   /* its last act ends the visit */
};

/* Comes in, and reads the ledger (where there is a history: without, it seems to have no row); with
 * `look` also looks at what the first act is about. v is to be left in any case. */
int my_visit_enter(struct my_group *g, struct my_slot *slot, bool look, struct visit *v,
                   struct error *e);
void my_visit_leave(struct visit *v);
/* The ledger as the tenant has it: what we think of it may be one answer behind. */
int my_visit_read(struct visit *v, struct error *e);

/* Of an act that commits on its own. */
const struct statement *my_visit_statement(const struct my_act *act);
/* Notes in the ledger which act is next: its fingerprint when it is one that needs it. */
int my_visit_aim(struct visit *v, const struct my_acts *acts, uint32_t next, struct error *e);
/* Did what was under way take effect? What no look shows is taken to have, unless it failed. */
int my_visit_took_effect(struct visit *v, const struct my_act *act, bool *did, struct error *e);
/* Statements that change rows, and the text behind them, in one transaction. */
int my_visit_run_data(struct visit *v, const struct my_act *act, const struct str *text,
                      struct error *e);
/* Text: the ledger's row moves; it goes (in a later process a fence takes its place); the history
 * row, where the act is the last of its step. */
void my_visit_add_move(struct str *sql, struct visit *v);
void my_visit_add_end(struct str *sql, struct visit *v, bool fence);
void my_visit_add_row(struct str *sql, struct visit *v, const struct my_act *act, bool back);

/* forward.c */
int my_forward_begin(struct visit *v, struct error *e);
int my_forward_run(struct visit *v, struct error *e);
int my_forward_resume(struct visit *v, struct error *e);

/* back.c: from where the ledger says; the fence of a tenant that has no ledger row. */
int my_back_run(struct visit *v, struct error *e);
int my_back_fence(struct visit *v, struct error *e);

#endif
