#include "sql/expand.h"

#include "base/error.h"
#include "base/str.h"
#include "test.h"

static const struct sql_value list[] = {{"id", "acme"}, {"tier", "it's"}};
static const struct sql_values values = {list, 2};

static int cannot_quote(void *ctx, const char *value, struct str *out, struct error *e)
{
    (void)ctx;
    (void)value;
    (void)out;
    return error_set(e, E_REFUSED, "cannot be quoted");
}

static void expect(enum engine_kind engine, const char *sql, const char *expanded)
{
    CLEANUP_STR struct str out = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (sql_expand(engine, sql, strlen(sql), &values, &sql_quoting_shown, &out, &e) != E_OK)
        fail_msg("%s: %s", sql, e.message);
    assert_string_equal(str_text(&out), expanded);
}

static void expect_refusal(enum engine_kind engine, const char *sql, const char *part)
{
    CLEANUP_STR struct str out = STR_INIT, text = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;

    assert_int_equal(sql_expand(engine, sql, strlen(sql), &values, &sql_quoting_shown, &out, &e),
                     E_INVALID);
    error_render(&e, &text);
    if (!strstr(str_text(&text), part))
        fail_msg("expected %s in: %s", part, str_text(&text));
}

static void values_become_quoted_constants(void **state)
{
    (void)state;
    for (int engine = ENGINE_SQLITE; engine <= ENGINE_MYSQL; engine++) {
        expect((enum engine_kind)engine, "INSERT INTO t VALUES (${id},${tier}, 1)",
               "INSERT INTO t VALUES ('acme','it''s', 1)");
        expect((enum engine_kind)engine, "SELECT 1 -- ${id}\n, 2 /* ${x} */",
               "SELECT 1 -- ${id}\n, 2 /* ${x} */");
        expect((enum engine_kind)engine, "SELECT '$', '{id}', $1", "SELECT '$', '{id}', $1");
        expect((enum engine_kind)engine, "", "");
    }
}

static void constants_side_by_side_are_refused(void **state)
{
    static const char *const cases[] = {"SELECT 'a'${id}",     "SELECT ${id}'a'",
                                        "SELECT ${id}${tier}", "SELECT 'a' -- and\n ${id}",
                                        "SELECT ${id}\n\t'a'", "SELECT ${id} /* and */ ${tier}"};

    (void)state;
    for (int engine = ENGINE_SQLITE; engine <= ENGINE_MYSQL; engine++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
            expect_refusal((enum engine_kind)engine, cases[i], "beside another constant");
    expect_refusal(ENGINE_POSTGRES, "SELECT E'\\\\'\n${id}", "beside another constant");
    expect_refusal(ENGINE_POSTGRES, "SELECT $$a$$\n${id}", "beside another constant");
    expect_refusal(ENGINE_MYSQL, "SELECT \"a\" ${id}", "beside another constant");
    expect(ENGINE_POSTGRES, "SELECT ${id} \"name\"", "SELECT 'acme' \"name\"");
    expect(ENGINE_MYSQL, "SELECT ${id} `name`", "SELECT 'acme' `name`");
    expect(ENGINE_POSTGRES, "SELECT 'a' || ${id} || 'b'", "SELECT 'a' || 'acme' || 'b'");
}

static void quotes_around_a_value_are_refused(void **state)
{
    (void)state;
    for (int engine = ENGINE_SQLITE; engine <= ENGINE_MYSQL; engine++) {
        expect_refusal((enum engine_kind)engine, "SELECT '${id}'", "drop the quotes");
        expect_refusal((enum engine_kind)engine, "SELECT \"a ${id}\"", "drop the quotes");
    }
    expect_refusal(ENGINE_POSTGRES, "DO $$ ${id} $$", "drop the quotes");
    expect_refusal(ENGINE_POSTGRES, "SELECT E'\\'${id}'", "drop the quotes");
    expect_refusal(ENGINE_MYSQL, "/*! SELECT ${id} */", "inside quotes");
}

static void what_is_no_value_is_refused(void **state)
{
    (void)state;
    expect_refusal(ENGINE_POSTGRES, "SELECT ${region}", "it has id, tier");
    expect_refusal(ENGINE_MYSQL, "SELECT ${}", "no value named \"\"");
    expect_refusal(ENGINE_SQLITE, "SELECT ${id", "never closed");
    expect_refusal(ENGINE_SQLITE, "SELECT t_${id}", "joined to a name");
    expect_refusal(ENGINE_POSTGRES, "SELECT t_${id}", "joined to a name");
    expect_refusal(ENGINE_MYSQL, "SELECT t_${id}", "joined to a name");
}

static void a_value_that_cannot_be_quoted_is_an_error(void **state)
{
    CLEANUP_STR struct str out = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    const struct sql_quoting bad = {cannot_quote, NULL};

    (void)state;
    assert_int_equal(sql_expand(ENGINE_SQLITE, "${id}", 5, &values, &bad, &out, &e), E_REFUSED);
    assert_string_equal(e.message, "cannot be quoted");
}

static int add_name(void *ctx, const char *name)
{
    str_addf(ctx, "%s ", name);
    return E_OK;
}

static void the_names_are_told_that_a_statement_asks_for(void **state)
{
    static const char sql[] = "SELECT ${tier}, '$' /* ${no} */, ${id}";
    CLEANUP_STR struct str names = STR_INIT;

    (void)state;
    assert_int_equal(sql_value_names(ENGINE_POSTGRES, sql, strlen(sql), add_name, &names, NULL),
                     E_OK);
    assert_string_equal(str_text(&names), "tier id ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_quoted_constants),
        cmocka_unit_test(constants_side_by_side_are_refused),
        cmocka_unit_test(quotes_around_a_value_are_refused),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(a_value_that_cannot_be_quoted_is_an_error),
        cmocka_unit_test(the_names_are_told_that_a_statement_asks_for),
    };

    return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
