#include "engine/turns.h"

#include "base/clock.h"

void turns_take(atomic_uint *at_work, uint32_t width)
{
    unsigned n = atomic_load(at_work);

    while (n >= width || !atomic_compare_exchange_weak(at_work, &n, n + 1)) {
        if (n >= width)
            clock_nap_ms(1);
        n = atomic_load(at_work);
    }
}

void turns_give(atomic_uint *at_work)
{
    atomic_fetch_sub(at_work, 1);
}
