/*
 * The work on one tenant: its steps, with the history rows, inside a transaction that somebody else
 * has opened and will end.
 */
#ifndef ENGINE_SQLITE_WORK_H
#define ENGINE_SQLITE_WORK_H

#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#include "engine/sqlite/script.h"
#include "source/step.h"

struct error;

struct work {
    const struct step *steps;
    uint32_t n;
    bool undo; /* the steps' inverses, in reverse */
    const char *run;
    uint32_t group;
    const char *log_head;
    struct script_terms terms;
    const char *const *extensions; /* NULL-terminated; may be NULL */
};

/* Extensions, foreign keys, cache: what a connection needs before its transaction begins. */
int work_connect(sqlite3 *db, const struct work *w, struct error *e);
/* Runs it all; before that, each step must still fit (E_CHANGED: the tenant moved since the plan).
 */
int work_run(sqlite3 *db, const struct work *w, struct error *e);
/* Whether its steps can run in a transaction at all. */
bool work_is_outside(const struct work *w);

#endif
