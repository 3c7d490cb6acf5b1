#include "engine/mysql/acts.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"
#include "engine/mysql/ledger.h"
#include "sql/escape.h"
#include "sql/mysql_effect.h"

/* What runs of the step; back: what takes that back. */
static const struct script *script_of(const struct step *step, bool undo, bool back)
{
    if (step->mark)
        return NULL;
    return undo != back ? step->inverse : step->script;
}

static const struct step *step_at(const struct branch_spec *spec, bool undo, uint32_t i)
{
    return &spec->steps[undo ? spec->n - 1 - i : i];
}

bool my_acts_are_data(const struct branch_spec *spec, bool undo)
{
    for (uint32_t i = 0; i < spec->n; i++) {
        const struct script *script = script_of(&spec->steps[i], undo, false);

        if (script && !script->data_only)
            return false;
    }
    return true;
}

static bool add(struct my_acts *acts, struct my_act act)
{
    size_t cap = acts->cap;
    bool ok = array_room(&acts->list, acts->n, &cap, sizeof *acts->list);

    acts->cap = (uint32_t)cap;
    if (ok)
        acts->list[acts->n++] = act;
    return ok;
}

static bool is_data(const struct script *script, uint32_t i)
{
    return sql_mysql_is_data(script->statements[i].sql, script->statements[i].len);
}

static bool add_step(struct my_acts *acts, const struct step *step, const struct script *script)
{
    uint32_t n = script ? (uint32_t)script->n : 0, first = acts->n;
    bool ok = true;

    for (uint32_t i = 0, to; i < n && ok; i = to) {
        bool data = is_data(script, i);

        for (to = i + 1; data && to < n && is_data(script, to);)
            to++;
        ok = add(acts, (struct my_act){step, script, i, to, data, false});
    }
    if (ok && acts->n == first)
        ok = add(acts, (struct my_act){.step = step, .data = true});
    if (ok)
        acts->list[acts->n - 1].last = true;
    return ok;
}

int my_acts_forward(const struct branch_spec *spec, bool undo, struct my_acts *acts,
                    struct error *e)
{
    for (uint32_t i = 0; i < spec->n; i++) {
        const struct step *step = step_at(spec, undo, i);

        if (undo && !step->mark && !step->inverse)
            return error_set(e, E_REFUSED, "%s_%s has no down script", step->digits, step->name);
        if (!add_step(acts, step, script_of(step, undo, false)))
            return error_oom(e);
    }
    return E_OK;
}

/* --- back --- */

/* The acts [first, end) of one step. */
struct part {
    uint32_t first, end;
    bool over; /* all of them are done, and so is the history row */
    bool idle; /* one of those done had nothing to do */
    bool done; /* one of them took effect */
};

static struct part part_of(const struct my_acts *acts, uint32_t end, const struct my_ledger *ledger)
{
    struct part p = {.end = end, .first = end};

    while (p.first > 0 && acts->list[p.first - 1].step == acts->list[end - 1].step)
        p.first--;
    p.over = ledger->act >= end;
    for (uint32_t i = p.first; i < end && i < my_ledger_effective(ledger); i++) {
        bool idle = my_ledger_is_idle(ledger, i);

        p.idle = p.idle || idle;
        p.done = p.done || (!idle && acts->list[i].to > acts->list[i].from);
    }
    return p;
}

static int read_done(struct arena *arena, const struct my_acts *acts, const struct part *p,
                     const struct my_ledger *ledger, struct effects *done)
{
    int r = E_OK;

    for (uint32_t i = p->first; i < p->end && i < my_ledger_effective(ledger); i++) {
        const struct my_act *act = &acts->list[i];

        for (uint32_t k = act->from; k < act->to && r == E_OK && !my_ledger_is_idle(ledger, i); k++)
            r = mysql_effects(arena, act->script->statements[k].sql, act->script->statements[k].len,
                              done);
    }
    return r;
}

/* Does one of these effects undo one that was done, or fill what the inverse makes again? */
static bool is_wanted(const struct effects *of, const struct effects *done,
                      const struct effects *made)
{
    for (size_t i = 0; i < of->n; i++) {
        for (size_t k = 0; k < done->n; k++)
            if (effect_undoes(&of->list[i], &done->list[k]))
                return true;
        for (size_t k = 0; k < made->n; k++)
            if (effect_within(&of->list[i], &made->list[k]))
                return true;
    }
    return false;
}

static bool add_statement(struct my_acts *back, const struct step *step,
                          const struct script *script, uint32_t i)
{
    return add(back, (struct my_act){step, script, i, i + 1, is_data(script, i), false});
}

/* Those statements of the inverse that belong to what was done. */
static int add_paired(struct my_acts *back, const struct step *step, const struct script *inverse,
                      const struct effects *done)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects made = {0};

    for (uint32_t i = 0; i < inverse->n; i++) {
        CLEANUP_EFFECTS struct effects of = {0};

        if (mysql_effects(&arena, inverse->statements[i].sql, inverse->statements[i].len, &of) !=
            E_OK)
            return E_NOMEM;
        if (!is_wanted(&of, done, &made))
            continue;
        if (!add_statement(back, step, inverse, i) ||
            mysql_effects(&arena, inverse->statements[i].sql, inverse->statements[i].len, &made) !=
                E_OK)
            return E_NOMEM;
    }
    return E_OK;
}

static int add_part(struct my_acts *back, const struct my_acts *forward, const struct part *p,
                    const struct script *inverse, const struct my_ledger *ledger)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects done = {0};
    const struct step *step = forward->list[p->end - 1].step;
    int r = E_OK;

    if (p->done && p->over && !p->idle) {
        for (uint32_t i = 0; i < inverse->n && r == E_OK; i++)
            r = add_statement(back, step, inverse, i) ? E_OK : E_NOMEM;
    } else if (p->done) {
        r = read_done(&arena, forward, p, ledger, &done);
        if (r == E_OK)
            r = add_paired(back, step, inverse, &done);
    }
    return r;
}

/* The row that says it went back goes with the last of it, or alone. */
static int end_part(struct my_acts *back, uint32_t first, const struct step *step)
{
    if (back->n == first && !add(back, (struct my_act){.step = step, .data = true}))
        return E_NOMEM;
    back->list[back->n - 1].last = true;
    return E_OK;
}

int my_acts_back(bool undo, const struct my_acts *forward, const struct my_ledger *ledger,
                 struct my_acts *back, struct error *e)
{
    for (uint32_t end = forward->n; end > 0;) {
        struct part p = part_of(forward, end, ledger);
        const struct step *step = forward->list[end - 1].step;
        const struct script *inverse = script_of(step, undo, true);
        uint32_t first = back->n;
        int r;

        if (p.done && !inverse)
            return error_set(e, E_REFUSED,
                             "%s_%s took effect in part, and has no script that takes it back",
                             step->digits, step->name);
        r = add_part(back, forward, &p, inverse, ledger);
        if (r == E_OK && p.over)
            r = end_part(back, first, step);
        if (r != E_OK)
            return error_oom(e);
        end = p.first;
    }
    return E_OK;
}

void my_acts_free(struct my_acts *acts)
{
    free(acts->list);
    *acts = (struct my_acts){0};
}
