/* Timers of a drive: a heap of events by the time they are due. */
#ifndef RUNTIME_TIMERS_H
#define RUNTIME_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/port.h"

struct timer_entry {
    int64_t due_us;
    struct event event;
};

struct timers {
    struct timer_entry *heap;
    size_t n, cap;
};

bool timers_add(struct timers *t, int64_t due_us, const struct event *event);
/* The earliest of all, or `otherwise` when that comes first. */
int64_t timers_next(const struct timers *t, int64_t otherwise);
/* Takes one that is due; false when none is. */
bool timers_take(struct timers *t, int64_t now_us, struct event *event);
void timers_free(struct timers *t);

#endif
