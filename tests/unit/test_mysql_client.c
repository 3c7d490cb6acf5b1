/* Urls of MySQL servers, and what their error messages are allowed to show. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/mysql_say.h"
#include "db/mysql_url.h"
#include "test.h"

static void read_url(struct arena *arena, const char *url, struct my_url *out)
{
    assert_int_equal(my_url_read(arena, url, out, NULL), E_OK);
}

static void all_parts_of_a_url(void **state)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct my_url url;

    (void)state;
    read_url(&arena, "mysql://us%65r:p%40ss@db1.example:3307/app?socket=%2Frun%2Fs&ssl=required",
             &url);
    assert_string_equal(url.user, "user");
    assert_string_equal(url.password, "p@ss");
    assert_string_equal(url.host, "db1.example");
    assert_int_equal(url.port, 3307);
    assert_string_equal(url.database, "app");
    assert_string_equal(url.socket, "/run/s");
    assert_string_equal(url.ssl, "required");
}

static void what_is_left_out_is_left_to_the_option_files(void **state)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct my_url url;

    (void)state;
    read_url(&arena, "mariadb://", &url);
    assert_null(url.user);
    assert_null(url.host);
    assert_null(url.database);
    read_url(&arena, "mysql://root@/?socket=/s", &url);
    assert_string_equal(url.user, "root");
    assert_null(url.host);
    assert_null(url.password);
    read_url(&arena, "mysql://[::1]:3306/x", &url);
    assert_string_equal(url.host, "::1");
    assert_int_equal(url.port, 3306);
}

static void what_is_wrong_is_said_without_its_value(void **state)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct my_url url;

    (void)state;
    assert_int_equal(my_url_read(&arena, "mysql://u:pw@h:33x/d", &url, &e), E_INVALID);
    assert_string_equal(e.message, "the port in the url is no number");
    assert_int_equal(my_url_read(&arena, "mysql://h/?sokcet=secret", &url, &e), E_INVALID);
    assert_string_equal(e.message, "the url has a parameter sokcet, which is not known");
}

static void expect(unsigned code, const char *text, const char *shown)
{
    CLEANUP_STR struct str out = STR_INIT;

    my_message(code, text, &out);
    assert_string_equal(str_text(&out), shown);
}

static void no_value_of_a_row_is_shown(void **state)
{
    (void)state;
    expect(1062, "Duplicate entry 'it's for key 'a'' for key 'by_name'",
           "Duplicate entry for key 'by_name'");
    expect(1292, "Truncated incorrect INTEGER value: 'secret'",
           "Truncated incorrect INTEGER value");
    expect(1366, "Incorrect integer value: 'secret' for column `t`.`a`.`id` at row 1",
           "Incorrect integer value for column `t`.`a`.`id` at row 1");
    expect(1690, "BIGINT UNSIGNED value is out of range in '(1 - 2)'",
           "BIGINT UNSIGNED value is out of range in");
    expect(1146, "Table 'a.b' doesn't exist", "Table 'a.b' doesn't exist");
}

static void what_numbers_mean(void **state)
{
    (void)state;
    assert_int_equal(my_outcome(1205), E_BUSY);
    assert_int_equal(my_outcome(1213), E_BUSY);
    assert_int_equal(my_outcome(1040), E_BUSY);
    assert_int_equal(my_outcome(2013), E_DOUBT);
    assert_int_equal(my_outcome(2000), E_DOUBT); /* whatever else the client itself says */
    assert_int_equal(my_outcome(5014), E_DOUBT);
    assert_int_equal(my_outcome(0), E_DOUBT); /* an answer that does not follow on the one before */
    assert_int_equal(my_outcome(1927), E_DOUBT);
    assert_int_equal(my_outcome(1062), E_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_of_a_url),
        cmocka_unit_test(what_is_left_out_is_left_to_the_option_files),
        cmocka_unit_test(what_is_wrong_is_said_without_its_value),
        cmocka_unit_test(no_value_of_a_row_is_shown),
        cmocka_unit_test(what_numbers_mean),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
