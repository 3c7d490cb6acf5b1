#include "sim/prng.h"

#include "base/mem.h"

static uint64_t next(struct prng *p)
{
    uint64_t z = p->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* A tape made for other questions still answers: what is too large is the largest there is. */
static uint32_t play(struct tape *t, uint32_t n)
{
    uint32_t value = t->at < t->n ? t->values[t->at] : 0;

    t->at++;
    return value < n ? value : n - 1;
}

static void record(struct tape *t, uint32_t value)
{
    if (array_room(&t->values, t->n, &t->cap, sizeof *t->values))
        t->values[t->n++] = value;
    t->at++;
}

uint32_t prng_below(struct prng *p, uint32_t n)
{
    uint32_t value;

    if (n == 0)
        return 0;
    if (p->tape && p->tape->playing)
        return play(p->tape, n);
    value = (uint32_t)(next(p) >> 32) % n;
    if (p->tape)
        record(p->tape, value);
    return value;
}

int64_t prng_range(struct prng *p, int64_t from, int64_t to)
{
    return from + prng_below(p, (uint32_t)(to - from + 1));
}

bool prng_chance(struct prng *p, uint32_t per_mille)
{
    return per_mille && prng_below(p, 1000) >= 1000 - per_mille;
}
