#include "base/clock.h"

#include "base/error.h"
#include "test.h"

static void mono_never_goes_back(void **state)
{
    int64_t last = clock_mono_us();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_us();

        assert_true(now >= last);
        last = now;
    }
}

static void text_is_utc_with_microseconds(void **state)
{
    char text[32];

    (void)state;
    clock_text(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
    clock_text(1795205632123456, text);
    assert_string_equal(text, "2026-11-20T20:13:52.123456Z");
}

static void text_before_1970_is_right_too(void **state)
{
    char text[32];

    (void)state;
    clock_text(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    clock_text(INT64_MIN, text); /* a damaged log may say so */
    assert_string_equal(text, "-290308-12-21T19:59:05.224192Z");
}

static void durations_have_a_number_and_a_unit(void **state)
{
    (void)state;
    assert_int_equal(clock_parse_duration_ms("250ms"), 250);
    assert_int_equal(clock_parse_duration_ms("30s"), 30000);
    assert_int_equal(clock_parse_duration_ms("10m"), 600000);
    assert_int_equal(clock_parse_duration_ms("2h"), 7200000);
    assert_int_equal(clock_parse_duration_ms("0s"), 0);
}

static void anything_else_is_no_duration(void **state)
{
    static const char *const wrong[] = {
        "",     "s",  "10", "-1s",  "+1s",  " 1s", "1 s",          "1s ",
        "1.5s", "1d", "1S", "0x1s", "1sms", "1hh", "1000000001ms", "99999999999999999999s"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(clock_parse_duration_ms(wrong[i]), -1);
}

static void random_bytes_fill_a_large_buffer(void **state)
{
    enum { SIZE = 100000 };
    unsigned char *bytes = calloc(1, SIZE);
    size_t zeros = 0;

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(random_bytes(bytes, SIZE), E_OK);
    for (size_t i = SIZE - 1000; i < SIZE; i++)
        zeros += bytes[i] == 0;
    free(bytes);
    assert_true(zeros < 100);
}

static void random_hex_has_exactly_the_digits(void **state)
{
    char a[40] = "", b[40] = "";

    (void)state;
    assert_int_equal(random_hex(a, 17), E_OK);
    assert_int_equal(random_hex(b, 17), E_OK);
    assert_int_equal(strlen(a), 17);
    assert_int_equal(strspn(a, "0123456789abcdef"), 17);
    assert_string_not_equal(a, b);
}

static void random_hex_refuses_what_does_not_fit(void **state)
{
    char text[400] = "x";

    (void)state;
    assert_int_equal(random_hex(text, 399), E_FATAL);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mono_never_goes_back),
        cmocka_unit_test(text_is_utc_with_microseconds),
        cmocka_unit_test(text_before_1970_is_right_too),
        cmocka_unit_test(durations_have_a_number_and_a_unit),
        cmocka_unit_test(anything_else_is_no_duration),
        cmocka_unit_test(random_bytes_fill_a_large_buffer),
        cmocka_unit_test(random_hex_has_exactly_the_digits),
        cmocka_unit_test(random_hex_refuses_what_does_not_fit),
    };

    return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
