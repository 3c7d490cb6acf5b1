/*
 * Turns: no more threads than a server takes are at work on it. In a run the machine sees to that
 * (run_policy.widths); surveys and the second phase come with all threads there are, and wait here.
 */
#ifndef ENGINE_TURNS_H
#define ENGINE_TURNS_H

#include <stdatomic.h>
#include <stdint.h>

void turns_take(atomic_uint *at_work, uint32_t width);
void turns_give(atomic_uint *at_work);

#endif
