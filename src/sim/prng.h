/*
 * A small generator (splitmix64): the same seed draws the same schedule everywhere.
 *
 * With a tape, what is drawn is written down, or the tape is played instead of the generator: a
 * schedule is then a list of numbers, which can be shortened (shrink.c). 0 is always the dullest
 * draw, nothing fails, nothing waits; that is also what is drawn behind the end of a tape.
 */
#ifndef SIM_PRNG_H
#define SIM_PRNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tape {
    uint32_t *values;
    size_t n, cap;
    size_t at;    /* draws so far */
    bool playing; /* otherwise recording */
};

struct prng {
    uint64_t state;
    struct tape *tape; /* NULL: none */
};

uint32_t prng_below(struct prng *p, uint32_t n); /* 0 .. n-1; 0 for n = 0 */
int64_t prng_range(struct prng *p, int64_t from, int64_t to);
bool prng_chance(struct prng *p, uint32_t per_mille);

#endif
