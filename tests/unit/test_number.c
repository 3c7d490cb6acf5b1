#include "base/number.h"

#include "test.h"

static void digits_are_read_and_stepped_over(void **state)
{
    const char *at = "5.10-amd64";
    uint64_t n = 0;

    (void)state;
    assert_true(number_read(&at, &n));
    assert_int_equal(n, 5);
    assert_string_equal(at, ".10-amd64");
    assert_false(number_read(&at, &n));
    assert_string_equal(at, ".10-amd64");
}

static void all_of_64_bits_and_not_more(void **state)
{
    const char *most = "18446744073709551615", *over = "18446744073709551616";
    uint64_t n = 0;

    (void)state;
    assert_true(number_read(&most, &n));
    assert_true(n == UINT64_MAX);
    assert_false(number_read(&over, &n));
}

static void a_text_is_one_number_or_none(void **state)
{
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1 ", "1x", "9223372036854775808"};
    int64_t n = 0;

    (void)state;
    assert_true(number_parse("9223372036854775807", &n));
    assert_true(n == INT64_MAX);
    assert_true(number_parse("007", &n));
    assert_int_equal(n, 7);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(number_parse(wrong[i], &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_are_read_and_stepped_over),
        cmocka_unit_test(all_of_64_bits_and_not_more),
        cmocka_unit_test(a_text_is_one_number_or_none),
    };

    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
