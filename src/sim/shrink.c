/*
 * Shortens a schedule. A schedule is the list of what was drawn for it (prng.h); parts of the list
 * are left out, set to 0, made smaller or moved to the front, and what still breaks the same
 * promise at the same check is kept when it is cheaper: fewer events, then fewer draws that are not
 * 0, then smaller ones. Every step makes it cheaper, so it ends; nothing is drawn, so it always
 * ends the same way.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "sim/sim.h"

enum { MAX_TRIES = 50000 };

struct cost {
    uint64_t events, draws, sum;
};

struct shrinker {
    struct sim_task task;
    const char *how;   /* the check that must fail again */
    struct tape best;  /* values, n */
    uint32_t *attempt; /* room for as many values */
    struct cost cost;
    uint32_t tries;
};

static struct cost cost_of(const struct tape *t, uint64_t events)
{
    struct cost cost = {.events = events};

    for (size_t i = 0; i < t->n; i++) {
        cost.draws += t->values[i] != 0;
        cost.sum += t->values[i];
    }
    return cost;
}

static bool is_cheaper(const struct cost *a, const struct cost *b)
{
    if (a->events != b->events)
        return a->events < b->events;
    return a->draws != b->draws ? a->draws < b->draws : a->sum < b->sum;
}

/* What was not drawn and what is 0 behind the last other draw needs not be on the tape. */
static void trim(struct tape *t)
{
    if (t->n > t->at)
        t->n = t->at;
    while (t->n && !t->values[t->n - 1])
        t->n--;
}

static const char *run_tape(const struct shrinker *s, struct tape *tape, uint64_t *events)
{
    static struct sim_cover unused;
    struct sim_task task = s->task;
    struct sim_result result;

    task.tape = tape;
    sim_run(&task, &unused, &result);
    *events = result.events;
    str_free(&result.wrong);
    return result.how;
}

/* True when the first n values of s->attempt are the new best. */
static bool is_better(struct shrinker *s, size_t n)
{
    struct tape tape = {.values = s->attempt, .n = n, .playing = true};
    struct cost cost;
    uint64_t events;

    if (s->tries >= MAX_TRIES)
        return false;
    s->tries++;
    if (run_tape(s, &tape, &events) != s->how)
        return false;
    trim(&tape);
    cost = cost_of(&tape, events);
    if (!is_cheaper(&cost, &s->cost))
        return false;
    s->cost = cost;
    s->best.n = tape.n;
    memcpy(s->best.values, tape.values, tape.n * sizeof *tape.values);
    return true;
}

static bool leave_out(struct shrinker *s, size_t at, size_t n)
{
    const struct tape *best = &s->best;

    memcpy(s->attempt, best->values, at * sizeof *best->values);
    memcpy(s->attempt + at, best->values + at + n, (best->n - at - n) * sizeof *best->values);
    return is_better(s, best->n - n);
}

static bool set_to_0(struct shrinker *s, size_t at, size_t n)
{
    memcpy(s->attempt, s->best.values, s->best.n * sizeof *s->attempt);
    memset(s->attempt + at, 0, n * sizeof *s->attempt);
    return is_better(s, s->best.n);
}

static bool set_value(struct shrinker *s, size_t at, uint32_t value)
{
    memcpy(s->attempt, s->best.values, s->best.n * sizeof *s->attempt);
    s->attempt[at] = value;
    return is_better(s, s->best.n);
}

/* Halves first, single draws last. */
static void in_parts(struct shrinker *s, bool (*change)(struct shrinker *, size_t, size_t))
{
    for (size_t part = s->best.n; part > 0; part /= 2)
        for (size_t at = 0; at + part <= s->best.n;)
            if (!change(s, at, part))
                at += part;
}

static void smaller(struct shrinker *s)
{
    for (size_t at = 0; at < s->best.n; at++) {
        while (at < s->best.n && s->best.values[at] && set_value(s, at, s->best.values[at] / 2))
            ;
        while (at < s->best.n && s->best.values[at] && set_value(s, at, s->best.values[at] - 1))
            ;
    }
}

/* And another draw, `zero`, becomes 0; `at` itself where it is not to be another. */
static bool move_to(struct shrinker *s, size_t at, size_t to, size_t zero)
{
    memcpy(s->attempt, s->best.values, s->best.n * sizeof *s->attempt);
    s->attempt[zero] = 0;
    s->attempt[to] = s->best.values[at];
    s->attempt[at] = 0;
    return is_better(s, s->best.n);
}

/* What befalls a late tenant, or a late call, may as well befall an early one. */
static bool earlier(struct shrinker *s, size_t zero)
{
    for (size_t at = s->best.n; at-- > 0;)
        for (size_t to = 0; to < at && s->best.values[at]; to++)
            if (!s->best.values[to] && move_to(s, at, to, zero < s->best.n ? zero : at))
                return true;
    return false;
}

/* With one group fewer everything comes earlier: neither change alone would break the promise. */
static bool both(struct shrinker *s)
{
    for (size_t zero = 0; zero < s->best.n; zero++)
        if (s->best.values[zero] && earlier(s, zero))
            return true;
    return false;
}

static void shrink(struct shrinker *s)
{
    struct cost before;

    do {
        before = s->cost;
        in_parts(s, leave_out);
        in_parts(s, set_to_0);
        smaller(s);
    } while (is_cheaper(&s->cost, &before) || earlier(s, SIZE_MAX) || both(s));
}

bool sim_shrink(uint64_t seed, enum sim_lie lie, struct sim_shrunk *out)
{
    struct shrinker s = {.task = {.seed = seed, .lie = lie}};
    uint64_t events;

    memset(out, 0, sizeof *out);
    s.how = run_tape(&s, &s.best, &events);
    s.attempt = calloc(s.best.n + 1, sizeof *s.attempt);
    if (s.how && s.attempt) {
        s.cost = cost_of(&s.best, events);
        out->events_before = events;
        out->draws_before = s.cost.draws;
        shrink(&s);
        out->events = s.cost.events;
        out->draws = s.cost.draws;
        out->tries = s.tries;
    }
    free(s.attempt);
    out->tape = s.best;
    out->tape.playing = true;
    return s.how != NULL;
}
