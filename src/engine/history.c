#include "engine/history.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "source/step.h"

struct history_row history_row_of(const struct step *step, bool undo, int64_t started_us)
{
    const struct script *inverse = undo ? step->script : step->inverse;
    bool down = step->down != undo;

    return (struct history_row){
        .version = step->version,
        .name = step->name,
        .down = down,
        .checksum = step->checksum,
        .down_sql = !down && inverse ? inverse->text : NULL,
        .duration_us = clock_mono_us() - started_us,
    };
}

void history_add_to_head(struct hash *hash, const char *before, const struct history_row *row)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRIu64, row->version);
    hash_add_text(hash, before);
    hash_add_text(hash, number);
    hash_add_text(hash, row->down ? "down" : "up");
    hash_add_text(hash, row->name);
    hash_add_text(hash, row->checksum);
    hash_add_text(hash, row->down_sql ? row->down_sql : "");
    hash_add_text(hash, row->down_sql ? "has" : "none");
}

int history_fits(const struct step *step, bool down, bool applied, struct error *e)
{
    if (applied == down)
        return E_OK;
    return error_set(e, E_CHANGED, "changed since the plan: %s_%s is %s", step->digits, step->name,
                     applied ? "applied already" : "not applied any more");
}
