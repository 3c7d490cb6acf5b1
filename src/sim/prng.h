/* A small generator (splitmix64): the same seed draws the same schedule everywhere. */
#ifndef SIM_PRNG_H
#define SIM_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
    uint64_t state;
};

uint64_t prng_next(struct prng *p);
uint32_t prng_below(struct prng *p, uint32_t n); /* 0 .. n-1; 0 for n = 0 */
int64_t prng_range(struct prng *p, int64_t from, int64_t to);
bool prng_chance(struct prng *p, uint32_t per_mille);

#endif
