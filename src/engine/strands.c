#include "engine/strands.h"

#include <stdatomic.h>

struct strands {
    void (*fn)(void *arg, uint32_t i);
    void *arg;
    uint32_t n;
    atomic_uint next;
};

static void run_one(void *arg, uint32_t strand)
{
    struct strands *s = arg;
    uint32_t i;

    (void)strand;
    while ((i = atomic_fetch_add(&s->next, 1)) < s->n)
        s->fn(s->arg, i);
}

void strands_run(const struct each *each, uint32_t width, uint32_t n,
                 void (*fn)(void *arg, uint32_t i), void *arg)
{
    struct strands s = {.fn = fn, .arg = arg, .n = n};

    width = width ? width : 1;
    each->run(each->ctx, width < n ? width : n, run_one, &s);
}
