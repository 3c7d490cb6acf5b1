/*
 * Work on a server, spread over as many threads as it takes at once: the runtime has more, and each
 * would want a connection. A strand takes the next piece until none is left.
 */
#ifndef ENGINE_STRANDS_H
#define ENGINE_STRANDS_H

#include <stdint.h>

#include "core/port.h"

/* fn(arg, 0..n-1), `width` of them at a time (0, not known yet: one); returns when all have run. */
void strands_run(const struct each *each, uint32_t width, uint32_t n,
                 void (*fn)(void *arg, uint32_t i), void *arg);

#endif
