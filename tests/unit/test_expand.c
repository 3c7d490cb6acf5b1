#include "sql/expand.h"

#include "base/error.h"
#include "base/str.h"
#include "test.h"

static const char *find(void *ctx, const char *name)
{
    (void)ctx;
    return str_same(name, "id") ? "acme" : str_same(name, "tier") ? "it's" : NULL;
}

static void list(void *ctx, struct str *names)
{
    (void)ctx;
    str_add(names, "id, tier");
}

static int quote(void *ctx, const char *value, struct str *out, struct error *e)
{
    if (ctx)
        return error_set(e, E_REFUSED, "cannot be quoted");
    str_addc(out, '\'');
    for (; *value; value++) {
        if (*value == '\'')
            str_addc(out, '\'');
        str_addc(out, *value);
    }
    str_addc(out, '\'');
    return E_OK;
}

static const struct sql_values values = {find, list, quote, NULL};

static void expect(enum engine_kind engine, const char *sql, const char *expanded)
{
    CLEANUP_STR struct str out = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (sql_expand(engine, sql, strlen(sql), &values, &out, &e) != E_OK)
        fail_msg("%s: %s", sql, e.message);
    assert_string_equal(str_text(&out), expanded);
}

static void expect_refusal(enum engine_kind engine, const char *sql, const char *part)
{
    CLEANUP_STR struct str out = STR_INIT, text = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;

    assert_int_equal(sql_expand(engine, sql, strlen(sql), &values, &out, &e), E_INVALID);
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
    struct sql_values bad = values;

    (void)state;
    bad.ctx = &bad;
    assert_int_equal(sql_expand(ENGINE_SQLITE, "${id}", 5, &bad, &out, &e), E_REFUSED);
    assert_string_equal(e.message, "cannot be quoted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_become_quoted_constants),
        cmocka_unit_test(quotes_around_a_value_are_refused),
        cmocka_unit_test(what_is_no_value_is_refused),
        cmocka_unit_test(a_value_that_cannot_be_quoted_is_an_error),
    };

    return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
