/*
 * The statement ledger in a tenant: how far a group of a run has got there. One row a group, which
 * moves: what it says is behind it is done, and at most one statement is under way. It is written
 * before each statement that commits on its own, with a fingerprint of what that statement is about
 * (fingerprint.h), so that after a crash a look at the schema says whether it took effect. One row
 * instead of two for each statement, because each write is a commit: "k is done" and "k + 1 begins"
 * are one.
 *
 *   phase forward   acts before `act` are done; a fingerprint: act number `act` is under way
 *   phase back      of the acts those before `act` had taken effect, but for the idle ones, and
 * (tail) number `act` too, without what goes with it; of their inverses those before `inverse` have
 * run; a fingerprint: that one is under way
 *
 * Idle acts are those that found nothing to do (IF NOT EXISTS ...): nothing of them goes back.
 *
 * The row goes when the group is settled; the table stays, empty.
 */
#ifndef ENGINE_MYSQL_LEDGER_H
#define ENGINE_MYSQL_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include <mysql.h>

#include "base/str.h"

struct error;
struct my;
struct my_history;

#define MY_LEDGER_TABLE "lockstep_ledger"

struct my_ledger {
    bool table; /* it was asked, and there is one */
    bool there; /* the row */
    bool back, tail;
    uint32_t act, inverse;
    uint64_t version; /* for whoever reads the table: which statement is under way */
    uint32_t statement;
    char fingerprint[HASH_TEXT]; /* "": nothing is under way */
    struct str idle;             /* " 3 7 " */
};

int my_ledger_create(struct my *my, const char *database, struct error *e);
/* Text of the question for the row, which fails where there is no table; and what it gave. */
void my_ledger_add_question(struct str *sql, struct my *my, const char *database, const char *run,
                            uint32_t group);
int my_ledger_found(struct my_ledger *ledger, MYSQL_RES *rows, struct error *e);
int my_ledger_read(struct my *my, const char *database, const char *run, uint32_t group,
                   struct my_ledger *ledger, struct error *e);
void my_ledger_free(struct my_ledger *ledger);
/* Acts before this one took effect, but for the idle ones. */
static inline uint32_t my_ledger_effective(const struct my_ledger *ledger)
{
    return ledger->act + ledger->tail;
}
bool my_ledger_is_idle(const struct my_ledger *ledger, uint32_t act);
void my_ledger_add_idle(struct my_ledger *ledger, uint32_t act);

/* Statements as text, without a semicolon. The first is only made where no fence is: it changes no
 * row then. */
void my_ledger_add_begin(struct str *sql, struct my_history *h, const char *run, uint32_t group,
                         const struct my_ledger *ledger);
void my_ledger_add_move(struct str *sql, struct my_history *h, const char *run, uint32_t group,
                        const struct my_ledger *ledger);
void my_ledger_add_end(struct str *sql, struct my *my, const char *database, const char *run,
                       uint32_t group);
void my_ledger_add_name(struct str *sql, const char *database);

#define CLEANUP_MY_LEDGER __attribute__((cleanup(my_ledger_free)))

#endif
