#include "sim/prng.h"

uint64_t prng_next(struct prng *p)
{
    uint64_t z = p->state += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t prng_below(struct prng *p, uint32_t n)
{
    return n ? (uint32_t)(prng_next(p) >> 32) % n : 0;
}

int64_t prng_range(struct prng *p, int64_t from, int64_t to)
{
    return from + prng_below(p, (uint32_t)(to - from + 1));
}

bool prng_chance(struct prng *p, uint32_t per_mille)
{
    return per_mille && prng_below(p, 1000) < per_mille;
}
