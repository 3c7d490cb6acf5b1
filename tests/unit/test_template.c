/* ${name} in a text stands for a value; what is wrong is quoted. */
#include "test.h"

#include "base/error.h"
#include "base/str.h"
#include "base/template.h"

static const char *value(void *ctx, const char *name, size_t len)
{
    (void)ctx;
    return len == 2 && memcmp(name, "id", 2) == 0 ? "acme" : NULL;
}

static void expands(const char *text, const char *to)
{
    CLEANUP_STR struct str out = STR_INIT;

    assert_int_equal(template_expand(text, value, NULL, &out, NULL), E_OK);
    assert_string_equal(str_text(&out), to);
}

static void refuses(const char *text, const char *message)
{
    CLEANUP_STR struct str out = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;

    assert_int_equal(template_expand(text, value, NULL, &out, &e), E_INVALID);
    assert_string_equal(e.message, message);
}

static void names_become_values(void **state)
{
    (void)state;
    expands("tenant=${id}", "tenant=acme");
    expands("${id}${id}", "acmeacme");
    expands("plain", "plain");
    expands("", "");
}

static void other_dollars_stay(void **state)
{
    (void)state;
    expands("$$", "$");
    expands("$${id}", "${id}");
    expands("a $ b $x", "a $ b $x");
    expands("end$", "end$");
}

static void what_is_wrong_is_quoted(void **state)
{
    (void)state;
    refuses("x=${tenat}", "there is no ${tenat}");
    refuses("${id", "\"${id\" is not closed, or has no name in it");
    refuses("${}", "\"${}\" is not closed, or has no name in it");
    refuses("${a b}", "\"${a b}\" is not closed, or has no name in it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_values),
        cmocka_unit_test(other_dollars_stay),
        cmocka_unit_test(what_is_wrong_is_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
