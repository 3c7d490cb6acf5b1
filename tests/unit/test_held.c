/* Held pages: what is got back, and what is asked of a set that has no page. */
#include "engine/sqlite/held.h"

#include "test.h"

static void a_page_is_got_whole_or_in_part_and_no_further(void **state)
{
    struct held held = {0};
    char got[4] = "";

    (void)state;
    assert_int_equal(held_put(&held, 8, "abcdefgh", 8), 0);
    assert_true(held_get(&held, 10, got, 3));
    assert_string_equal(got, "cde");
    assert_false(held_get(&held, 14, got, 3));
    assert_false(held_get(&held, 4, got, 3));
    assert_false(held_get(&held, 16, got, 3));
    held_free(&held);
}

/* clang's sanitizer takes a place counted from no array at all for what it is: undefined. */
static void nothing_is_got_where_nothing_is_held(void **state)
{
    struct held held = {0};
    char got[4];

    (void)state;
    assert_false(held_get(&held, 0, got, 1));
    assert_int_equal(held_end(&held), 0);
    assert_int_equal(held_put(&held, 0, "abcd", 4), 0);
    held_cut(&held, 0);
    assert_int_equal(held.n, 0);
    assert_false(held_get(&held, 0, got, 1));
    held_free(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_got_whole_or_in_part_and_no_further),
        cmocka_unit_test(nothing_is_got_where_nothing_is_held),
    };

    return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
