#include "base/error.h"

#include "base/str.h"
#include "test.h"

static void set_fills_code_and_message(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    assert_int_equal(error_set(&e, E_BUSY, "%s is locked", "a.db"), E_BUSY);
    assert_int_equal(e.code, E_BUSY);
    assert_string_equal(e.message, "a.db is locked");
}

static void setters_without_an_error_return_the_code(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, E_DOUBT, "x"), E_DOUBT);
    errno = EIO;
    assert_int_equal(error_errno(NULL, E_FATAL, "write", "log"), E_FATAL);
    assert_int_equal(error_oom(NULL), E_NOMEM);
    error_tenant(NULL, "t");
    error_at(NULL, "f", 1);
    error_statement(NULL, "s", 1);
    error_hint(NULL, "h");
    error_move(NULL, NULL);
    error_clear(NULL);
}

static void set_replaces_everything(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    error_set(&e, E_REFUSED, "first");
    error_tenant(&e, "t");
    error_at(&e, "f.sql", 3);
    error_hint(&e, "do it");
    error_set(&e, E_BUSY, "second");
    assert_null(e.tenant);
    assert_null(e.file);
    assert_int_equal(e.line, 0);
    assert_string_equal(e.hint, "");
}

static void set_may_quote_what_it_replaces(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    error_set(&e, E_REFUSED, "inner");
    error_tenant(&e, "acme");
    error_set(&e, E_BUSY, "%s: outer: %s", e.tenant, e.message);
    assert_string_equal(e.message, "acme: outer: inner");
}

static void errno_is_kept_and_told(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    errno = ENOSPC;
    error_errno(&e, E_REFUSED, "write", "a.db");
    assert_int_equal(e.sys, ENOSPC);
    assert_string_equal(e.message, "cannot write a.db: No space left on device");
}

static void the_innermost_place_stays(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    error_set(&e, E_REFUSED, "no such table");
    error_at(&e, "1_a.sql", 7);
    error_at(&e, "outer.sql", 1);
    error_tenant(&e, "acme");
    error_tenant(&e, "other");
    error_hint(&e, "first");
    error_hint(&e, "second");
    assert_string_equal(e.file, "1_a.sql");
    assert_int_equal(e.line, 7);
    assert_string_equal(e.tenant, "acme");
    assert_string_equal(e.hint, "first");
}

static void a_long_message_is_cut_between_characters(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char text[600];

    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[sizeof text - 2] = '\0';
    error_set(&e, E_REFUSED, "%s", text);
    assert_int_equal(strlen(e.message) % 2, 0);
    error_set(&e, E_REFUSED, "x%s", text);
    assert_int_equal(strlen(e.message) % 2, 1);
}

static void a_long_statement_is_cut_between_characters(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char sql[ERROR_STATEMENT_MAX + 10];

    (void)state;
    memset(sql, 'x', sizeof sql);
    memcpy(sql + ERROR_STATEMENT_MAX - 2, "\xe2\x82\xac", 3);
    error_statement(&e, sql, sizeof sql);
    assert_int_equal(strlen(e.statement), ERROR_STATEMENT_MAX - 2);
}

static void a_whole_last_character_stays(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char sql[ERROR_STATEMENT_MAX + 10];

    (void)state;
    memset(sql, 'x', sizeof sql);
    memcpy(sql + ERROR_STATEMENT_MAX - 3, "\xe2\x82\xac", 3);
    error_statement(&e, sql, sizeof sql);
    assert_int_equal(strlen(e.statement), ERROR_STATEMENT_MAX);
}

static void move_leaves_the_source_empty(void **state)
{
    CLEANUP_ERROR struct error a = ERROR_INIT;
    CLEANUP_ERROR struct error b = ERROR_INIT;

    (void)state;
    error_set(&a, E_REFUSED, "old");
    error_tenant(&a, "old");
    error_set(&b, E_BUSY, "new");
    error_tenant(&b, "new");
    error_move(&a, &b);
    assert_string_equal(a.tenant, "new");
    assert_int_equal(a.code, E_BUSY);
    assert_int_equal(b.code, E_OK);
    assert_null(b.tenant);
}

static void render_is_one_line_with_place_statement_and_hint(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str out = STR_INIT;
    const char *sql = "ALTER TABLE users\n  ADD COLUMN x";

    (void)state;
    error_set(&e, E_REFUSED, "no such table:\n users");
    error_tenant(&e, "acme");
    error_at(&e, "migrations/2_x.sql", 4);
    error_statement(&e, sql, strlen(sql));
    error_hint(&e, "adopt it");
    error_render(&e, &out);
    assert_string_equal(str_text(&out), "acme: migrations/2_x.sql:4: no such table: users, "
                                        "in: ALTER TABLE users ADD COLUMN x; adopt it");
}

static void render_of_a_bare_error_is_its_message(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str out = STR_INIT;

    (void)state;
    error_oom(&e);
    error_at(&e, "list.csv", 0);
    error_render(&e, &out);
    assert_string_equal(str_text(&out), "list.csv: out of memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(set_fills_code_and_message),
        cmocka_unit_test(setters_without_an_error_return_the_code),
        cmocka_unit_test(set_replaces_everything),
        cmocka_unit_test(set_may_quote_what_it_replaces),
        cmocka_unit_test(errno_is_kept_and_told),
        cmocka_unit_test(the_innermost_place_stays),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(a_long_statement_is_cut_between_characters),
        cmocka_unit_test(a_whole_last_character_stays),
        cmocka_unit_test(move_leaves_the_source_empty),
        cmocka_unit_test(render_is_one_line_with_place_statement_and_hint),
        cmocka_unit_test(render_of_a_bare_error_is_its_message),
    };

    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
