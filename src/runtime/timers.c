#include "runtime/timers.h"

#include <stdlib.h>

#include "base/mem.h"

static void swap(struct timers *t, size_t a, size_t b)
{
    struct timer_entry entry = t->heap[a];

    t->heap[a] = t->heap[b];
    t->heap[b] = entry;
}

bool timers_add(struct timers *t, int64_t due_us, const struct event *event)
{
    size_t i = t->n;

    if (!array_room(&t->heap, t->n, &t->cap, sizeof *t->heap))
        return false;
    t->heap[t->n++] = (struct timer_entry){due_us, *event};
    for (; i > 0 && t->heap[i].due_us < t->heap[(i - 1) / 2].due_us; i = (i - 1) / 2)
        swap(t, i, (i - 1) / 2);
    return true;
}

int64_t timers_next(const struct timers *t, int64_t otherwise)
{
    return t->n && t->heap[0].due_us < otherwise ? t->heap[0].due_us : otherwise;
}

bool timers_take(struct timers *t, int64_t now_us, struct event *event)
{
    size_t i = 0;

    if (!t->n || t->heap[0].due_us > now_us)
        return false;
    *event = t->heap[0].event;
    t->heap[0] = t->heap[--t->n];
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < t->n; child++)
            if (t->heap[child].due_us < t->heap[least].due_us)
                least = child;
        if (least == i)
            return true;
        swap(t, i, least);
        i = least;
    }
}

void timers_free(struct timers *t)
{
    free(t->heap);
}
