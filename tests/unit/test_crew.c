#include "runtime/crew.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/error.h"
#include "test.h"

enum { THREADS = 3, ITEMS = 1000 };

struct counted {
    struct crew *crew;
    atomic_int times[ITEMS];
    atomic_bool begun, done;
};

static void count(void *arg, uint32_t i)
{
    struct counted *c = arg;

    atomic_fetch_add(&c->times[i], 1);
}

static void expect_each_once(struct counted *c)
{
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(atomic_load(&c->times[i]), 1);
}

static void each_item_is_taken_once(void **state)
{
    struct counted c = {.crew = crew_new(THREADS)};

    (void)state;
    assert_non_null(c.crew);
    crew_each(c.crew, ITEMS, count, &c);
    expect_each_once(&c);
    crew_free(c.crew);
}

static void wait_for_it(void *arg)
{
    struct counted *c = arg;

    while (!atomic_load(&c->done))
        clock_nap_ms(1);
}

static void spread(void *arg)
{
    struct counted *c = arg;

    crew_each(c->crew, ITEMS, count, c);
    atomic_store(&c->done, true);
}

/* All other threads wait for what this task spreads: it must not wait for their help. */
static void who_spreads_work_does_not_wait_for_help_that_never_comes(void **state)
{
    struct counted c = {.crew = crew_new(THREADS)};

    (void)state;
    for (int i = 0; i < THREADS - 1; i++)
        assert_int_equal(crew_submit(c.crew, wait_for_it, &c), E_OK);
    assert_int_equal(crew_submit(c.crew, spread, &c), E_OK);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(crew_submit(c.crew, wait_for_it, &c), E_OK);
    crew_free(c.crew); /* waits for all */
    expect_each_once(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_is_taken_once),
        cmocka_unit_test(who_spreads_work_does_not_wait_for_help_that_never_comes),
    };

    return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
