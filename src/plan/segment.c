/*
 * Segments: the versions of all recipes in the order they run, cut before and behind each that runs
 * outside a transaction for any tenant, and where a migration of the shared databases asks to be
 * committed before the tenants go on, or after they have.
 */
#include <stdio.h>
#include <string.h>

#include "plan/cut.h"

/* Does version a run before version b? */
static bool before(const struct work *w, uint64_t a, uint64_t b)
{
    return w->plan->direction == PLAN_UP ? a < b : a > b;
}

static size_t find_mark(const struct cut *c, uint64_t version)
{
    size_t from = 0, to = c->n_marks;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (before(c->w, c->marks[middle].version, version))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static bool mark_step(struct cut *c, const struct step *step)
{
    size_t i = find_mark(c, step->version);

    if (i == c->n_marks || c->marks[i].version != step->version) {
        if (!array_room(&c->marks, c->n_marks, &c->cap_marks, sizeof *c->marks))
            return false;
        memmove(&c->marks[i + 1], &c->marks[i], (c->n_marks - i) * sizeof *c->marks);
        c->marks[i] = (struct mark){.version = step->version,
                                    .step = step,
                                    .sharing = step->mark ? SHARED_NOT : step->script->sharing};
        c->n_marks++;
    }
    c->marks[i].outside = c->marks[i].outside || step_is_outside(step);
    return true;
}

/* The one of two neighbours that cuts them apart; NULL: they are decided together. */
static const struct mark *cuts(const struct cut *c, const struct mark *first,
                               const struct mark *second)
{
    bool up = before(c->w, 0, 1);
    const struct mark *lower = up ? first : second, *higher = up ? second : first;

    if (lower->sharing == SHARED_BEFORE)
        return lower;
    if (higher->sharing == SHARED_AFTER)
        return higher;
    return second->outside ? second : first->outside ? first : NULL;
}

static int mark_all(struct cut *c, struct error *e)
{
    const struct plan *plan = c->w->plan;

    for (size_t r = 0; r < plan->n_recipes; r++)
        for (size_t i = 0; i < plan->recipes[r].n; i++)
            if (!mark_step(c, &plan->recipes[r].steps[i]))
                return error_oom(e);
    if (c->n_marks > UINT16_MAX)
        return error_set(e, E_INVALID, "%zu migrations at once are too many", c->n_marks);
    for (size_t i = 0; i < c->n_marks; i++) {
        c->n_segments += i == 0 || cuts(c, &c->marks[i - 1], &c->marks[i]) != NULL;
        c->marks[i].segment = (uint16_t)(c->n_segments - 1);
    }
    return E_OK;
}

static int make_ranges(struct cut *c, struct error *e)
{
    const struct plan *plan = c->w->plan;

    c->ranges = arena_array(&c->w->scratch, plan->n_recipes * c->n_segments, sizeof *c->ranges);
    if (!c->ranges)
        return error_oom(e);
    for (size_t r = 0; r < plan->n_recipes; r++) {
        for (size_t i = 0; i < plan->recipes[r].n; i++) {
            size_t mark = find_mark(c, plan->recipes[r].steps[i].version);
            struct range *range = &c->ranges[r * c->n_segments + c->marks[mark].segment];

            if (range->to == 0)
                range->from = (uint16_t)i;
            range->to = (uint16_t)(i + 1);
        }
    }
    return E_OK;
}

static const char *why(const struct mark *mark)
{
    if (mark->sharing == SHARED_BEFORE)
        return "is shared, and comes before the tenants' later ones";
    if (mark->sharing == SHARED_AFTER)
        return "is shared, and comes after the tenants' earlier ones";
    return "runs outside a transaction";
}

const char *cut_segment_reason(const struct cut *c, uint32_t segment, struct error *e)
{
    const struct mark *mark = c->marks;
    char text[256];
    const char *copy;

    while (mark->segment != segment)
        mark++;
    mark = cuts(c, mark - 1, mark);
    snprintf(text, sizeof text, "migration %s_%.150s %s", mark->step->digits, mark->step->name,
             why(mark));
    copy = arena_copy(&c->w->plan->arena, text);
    if (!copy)
        error_oom(e);
    return copy;
}

int cut_segments(struct cut *c, struct error *e)
{
    int r = mark_all(c, e);

    return r == E_OK ? make_ranges(c, e) : r;
}
