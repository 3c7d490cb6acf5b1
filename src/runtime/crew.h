/*
 * The crew: a fixed set of worker threads with one queue. Drivers block, so there may be many more
 * threads than cores. A task may itself spread work with crew_each(); it then takes part, so the
 * crew never waits for itself.
 */
#ifndef RUNTIME_CREW_H
#define RUNTIME_CREW_H

#include <stdint.h>

struct crew;

struct crew *crew_new(int threads); /* NULL when not even one thread can be had: errno says why */
void crew_free(struct crew *crew);  /* waits for all tasks */

/* E_OK or E_NOMEM. */
int crew_submit(struct crew *crew, void (*fn)(void *arg), void *arg);
/* fn(arg, 0..n-1) over the crew and the caller; returns when all have run. Fits struct each. */
void crew_each(void *of, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg);

#endif
