/*
 * Plans that do not come from migrations and a target (adopt, undo): made by hand, of the same
 * shape, carried out the same way. One group a segment; max_hold still cuts.
 */
#ifndef OP_HANDMADE_H
#define OP_HANDMADE_H

#include <stdbool.h>
#include <stdint.h>

#include "op/survey.h"
#include "plan/plan.h"

struct error;
struct session;

/* Room for so many branches and recipes (also skips), in the plan's arena. E_OK or E_NOMEM. */
int handmade_room(struct plan *plan, size_t tenants, size_t recipes);
/* An unusable tenant: skipped when allowed, otherwise E_POLICY or E_DOUBT with its reason. */
int handmade_usable(const struct session *s, const struct survey *survey, uint32_t tenant,
                    bool skip, struct plan *plan, struct error *e);
void handmade_branch(struct plan *plan, const struct survey *survey, uint32_t tenant,
                     uint32_t recipe, uint16_t from, uint16_t to);
/* Ends a group of the branches added since the last one; none: nothing. */
void handmade_group(struct plan *plan, uint16_t segment);
/* Counts, reversibility, digest; the last group. */
int handmade_end(struct plan *plan, struct error *e);

#endif
