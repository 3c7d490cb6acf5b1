#include "runtime/crew.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/strands.h"
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

static void meet(void *arg, uint32_t i)
{
    atomic_int *here = arg;

    (void)i;
    atomic_fetch_add(here, 1);
    while (atomic_load(here) < 2)
        clock_nap_ms(1);
}

/* A server's transactions are few, and each is a wait. */
static void of_few_items_each_has_a_thread(void **state)
{
    struct crew *crew = crew_new(THREADS);
    atomic_int here = 0;

    (void)state;
    crew_each(crew, 2, meet, &here); /* comes back when the two have met */
    crew_free(crew);
}

struct crowd {
    atomic_int inside, most;
    struct counted counted;
};

static void go_in(void *arg, uint32_t i)
{
    struct crowd *c = arg;
    int now = atomic_fetch_add(&c->inside, 1) + 1, most = atomic_load(&c->most);

    while (now > most && !atomic_compare_exchange_weak(&c->most, &most, now))
        ;
    if (i % 100 == 0)
        clock_nap_ms(1);
    count(&c->counted, i);
    atomic_fetch_sub(&c->inside, 1);
}

static void a_server_has_as_many_at_work_as_it_takes(void **state)
{
    struct crew *crew = crew_new(THREADS);
    const struct each each = {crew_each, crew};

    (void)state;
    for (uint32_t width = 0; width < THREADS; width++) { /* 0: it has not been asked yet */
        struct crowd c = {0};

        strands_run(&each, width, ITEMS, go_in, &c);
        expect_each_once(&c.counted);
        assert_in_range(atomic_load(&c.most), 1, width ? width : 1);
    }
    crew_free(crew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_item_is_taken_once),
        cmocka_unit_test(of_few_items_each_has_a_thread),
        cmocka_unit_test(a_server_has_as_many_at_work_as_it_takes),
        cmocka_unit_test(who_spreads_work_does_not_wait_for_help_that_never_comes),
    };

    return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
