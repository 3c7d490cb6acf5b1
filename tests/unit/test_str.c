#include "base/str.h"

#include "test.h"

static void an_untouched_string_reads_as_empty(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_string_equal(str_text(&s), "");
    assert_true(str_ok(&s));
}

static void appends_add_up(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    str_add(&s, "ab");
    str_addc(&s, 'c');
    str_addn(&s, "defgh", 2);
    str_addf(&s, "-%d-%s", 42, "z");
    assert_string_equal(str_text(&s), "abcde-42-z");
    assert_int_equal(s.len, strlen("abcde-42-z"));
}

static void it_grows_far_beyond_its_first_size(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    for (int i = 0; i < 10000; i++)
        str_addf(&s, "%04d,", i);
    assert_int_equal(s.len, 50000);
    assert_memory_equal(s.data + 49995, "9999,", 6);
}

static void zero_bytes_count(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    str_addn(&s, "a\0b", 3);
    assert_int_equal(s.len, 3);
    assert_memory_equal(s.data, "a\0b", 4);
}

static void nothing_may_be_appended(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    str_addn(&s, NULL, 0);
    str_add(&s, "");
    assert_true(str_ok(&s));
    assert_int_equal(s.len, 0);
}

static void reserved_room_is_terminated_before_it_is_used(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_non_null(str_reserve(&s, 1000));
    assert_string_equal(str_text(&s), "");
    str_add(&s, "x");
    assert_non_null(str_reserve(&s, 100000));
    assert_string_equal(str_text(&s), "x");
}

static void a_failed_string_stays_failed_until_reset(void **state)
{
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    str_add(&s, "kept");
    assert_null(str_reserve(&s, SIZE_MAX / 2));
    assert_false(str_ok(&s));
    str_add(&s, "more");
    assert_false(str_ok(&s));
    str_reset(&s);
    assert_true(str_ok(&s));
    assert_string_equal(str_text(&s), "");
}

static void take_hands_the_buffer_over(void **state)
{
    struct str s = STR_INIT;
    char *text;

    (void)state;
    str_add(&s, "mine");
    text = str_take(&s);
    assert_string_equal(text, "mine");
    assert_null(s.data);
    free(text);
}

static void take_of_nothing_is_an_empty_text(void **state)
{
    struct str s = STR_INIT;
    char *text = str_take(&s);

    (void)state;
    assert_string_equal(text, "");
    free(text);
}

static void take_of_a_failed_string_is_null(void **state)
{
    struct str s = STR_INIT;

    (void)state;
    str_add(&s, "x");
    str_reserve(&s, SIZE_MAX / 2);
    assert_null(str_take(&s));
    assert_true(str_ok(&s));
}

static void same_takes_null(void **state)
{
    (void)state;
    assert_true(str_same(NULL, NULL));
    assert_false(str_same(NULL, ""));
    assert_false(str_same("", NULL));
    assert_true(str_same("a", "a"));
    assert_false(str_same("a", "A"));
}

static void starts_and_ends_look_at_whole_affixes(void **state)
{
    (void)state;
    assert_true(str_starts("tenants/a.db", "tenants/"));
    assert_false(str_starts("ten", "tenants"));
    assert_true(str_ends("a.db", ".db"));
    assert_false(str_ends("db", ".db"));
    assert_true(str_ends("x", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_untouched_string_reads_as_empty),
        cmocka_unit_test(appends_add_up),
        cmocka_unit_test(it_grows_far_beyond_its_first_size),
        cmocka_unit_test(zero_bytes_count),
        cmocka_unit_test(nothing_may_be_appended),
        cmocka_unit_test(reserved_room_is_terminated_before_it_is_used),
        cmocka_unit_test(a_failed_string_stays_failed_until_reset),
        cmocka_unit_test(take_hands_the_buffer_over),
        cmocka_unit_test(take_of_nothing_is_an_empty_text),
        cmocka_unit_test(take_of_a_failed_string_is_null),
        cmocka_unit_test(same_takes_null),
        cmocka_unit_test(starts_and_ends_look_at_whole_affixes),
    };

    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
