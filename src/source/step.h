/* A step: one migration, up or down, on one tenant; and what the history row says of it. */
#ifndef SOURCE_STEP_H
#define SOURCE_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "source/migration.h"

struct step {
    uint64_t version;
    const char *digits, *name;
    const char *checksum;
    bool down;                    /* direction of this step */
    bool mark;                    /* adopt: only the history row, nothing runs, either way */
    const struct script *script;  /* what runs: the up or the down script */
    const struct script *inverse; /* what undoes it; NULL: cannot be undone */
};

/* Runs outside a transaction, so that nothing better than compensated can be promised. */
static inline bool step_is_outside(const struct step *step)
{
    return !step->mark && script_is_outside(step->script);
}

#endif
