/*
 * A branch's work as a list of acts, in the order they run: an act is one statement that commits on
 * its own, or all statements that follow each other and change rows only, which run in one
 * transaction. The last act of a step takes its history row with it; a step without statements is
 * an act without statements.
 *
 * And the other way: which statements of the inverses take back what has been done so far, in the
 * order of the inverse scripts. Of a step that is done, all; of one that failed in the middle,
 * those that undo an effect of a statement that is done, and those that fill again what these make.
 */
#ifndef ENGINE_MYSQL_ACTS_H
#define ENGINE_MYSQL_ACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/branch.h"

struct error;
struct my_ledger;

struct my_act {
    const struct step *step;
    const struct script *script; /* that the statements are of; NULL with none */
    uint32_t from, to;           /* statements [from, to) */
    bool data;                   /* rows only: in a transaction */
    bool last;                   /* the step's history row goes with it */
};

struct my_acts {
    struct my_act *list;
    uint32_t n, cap;
};

/* Does all of it change rows only? */
bool my_acts_are_data(const struct branch_spec *spec, bool undo);
int my_acts_forward(const struct branch_spec *spec, bool undo, struct my_acts *acts,
                    struct error *e);
/* Of the acts those before ledger->act took effect, but for the idle ones. E_REFUSED: something of
 * that has no inverse. */
int my_acts_back(bool undo, const struct my_acts *forward, const struct my_ledger *ledger,
                 struct my_acts *back, struct error *e);
void my_acts_free(struct my_acts *acts);

#define CLEANUP_MY_ACTS __attribute__((cleanup(my_acts_free)))

#endif
