/*
 * The decision files of one group: the super-journal, whose unlink commits every tenant whose
 * journal names it, and the anchor, which the super-journal lists first.
 *
 *   both           undecided: not committed
 *   anchor alone   committed
 *   super alone    not begun, or aborted and almost closed
 *   neither        nothing open
 *
 * The anchor refers to the super-journal and is never settled by a stock SQLite: so none ever finds
 * the list without a journal that still needs it, and none deletes the super-journal on its own. It
 * also carries the list of all journals, so that what is left to clean can be found from it alone.
 * The super-journal, which is read by whoever rolls back, lists the first of them only.
 *
 * Names are lockstep-KEY-GROUP.super and .anchor; KEY is 128 random bits of the run. No name is
 * ever used twice.
 */
#ifndef ENGINE_SQLITE_DECISION_H
#define ENGINE_SQLITE_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"
#include "core/port.h"

struct error;
struct str;

enum { DECISION_PATH_MAX = 500 }; /* SQLite reads no longer name from a journal (mxPathname 512) */

struct decision {
    char *dir, *super, *anchor;
    int lock; /* descriptor that holds the anchor locked while its run lives; 0: none */
};

/* dir must be absolute, without links. E_INVALID when the path would be too long for SQLite. */
int decision_init(struct decision *d, const char *dir, const char *key, uint32_t group,
                  struct error *e);
void decision_free(struct decision *d);

/* Super-journal first, then the anchor, each durable before the next. journals: paths, each
 * terminated, one behind the other. A failure leaves nothing, or what decision_close closes. */
int decision_make(struct decision *d, const struct str *journals, struct error *e);
/* Does a living process hold this group (from decision_make to decision_free)? */
bool decision_is_live(const struct decision *d);
/* The decision. E_REFUSED: certainly not fallen; E_DOUBT: it may be durable or not. */
int decision_fall(const struct decision *d, struct error *e);
int decision_close(const struct decision *d, enum verdict verdict, struct error *e);
/* What lies there. FOUND_COMMITTED is durable when it is answered. */
int decision_ask(const struct decision *d, enum found *found, struct error *e);

/* The journals that the anchor lists, terminated one behind the other. Without a whole anchor no
 * journal needs the super-journal, not yet or not any more; what it lists is given then. E_MISSING:
 * neither is there. E_INVALID: damaged, in a way no crash leaves; what still reads as a name is
 * given all the same. */
int decision_journals(const struct decision *d, struct str *journals, struct error *e);

/* Finds decision files by their name alone: key and group of each, super or anchor there. */
struct decision_trace {
    char key[33];
    uint32_t group;
};
int decision_scan(const char *dir, struct decision_trace **traces, size_t *n, struct error *e);

#endif
