#include "base/nearest.h"

#include "test.h"

static void distance_counts_slips(void **state)
{
    (void)state;
    assert_int_equal(name_distance("jobs", "jobs"), 0);
    assert_int_equal(name_distance("JOBS", "jobs"), 0);
    assert_int_equal(name_distance("", "jobs"), 4);
    assert_int_equal(name_distance("dwon", "down"), 1);
    assert_int_equal(name_distance("job", "jobs"), 1);
    assert_int_equal(name_distance("kitten", "sitting"), 3);
}

static void only_a_slip_has_a_nearest_name(void **state)
{
    static const char *const names[] = {"up", "down", "lock_timeout", "jobs"};

    (void)state;
    assert_string_equal(name_nearest("lock-timeout", names, 4), "lock_timeout");
    assert_string_equal(name_nearest("job", names, 4), "jobs");
    assert_null(name_nearest("zz", names, 4));
    assert_null(name_nearest("completely_else", names, 4));
}

static void names_of_any_length_are_safe(void **state)
{
    static const char *const names[] = {"up"};
    char name[200] = "";

    (void)state;
    memset(name, 'x', sizeof name - 1);
    assert_null(name_nearest(name, names, 1));
    name[63] = '\0';
    assert_int_equal(name_distance(name, "x"), 62);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distance_counts_slips),
        cmocka_unit_test(only_a_slip_has_a_nearest_name),
        cmocka_unit_test(names_of_any_length_are_safe),
    };

    return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}
