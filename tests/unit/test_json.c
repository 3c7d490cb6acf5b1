/* JSON is read and written whole or not at all, whichever allocation fails. */
#include "base/json.h"

#include <dlfcn.h>

#include "base/error.h"
#include "base/str.h"

#include "test.h"

#ifndef __SANITIZE_ADDRESS__ /* its own malloc comes first */

static unsigned countdown; /* 0: none fails */

__attribute__((visibility("default"))) void *malloc(size_t n)
{
    static void *(*next)(size_t n);

    if (!next)
        next = (__typeof__(next))dlsym(RTLD_NEXT, "malloc");
    if (countdown && --countdown == 0)
        return NULL;
    return next(n);
}

/* Long enough for several buffers, with what takes memory of its own: escapes, keys, numbers. */
static const char text[] = "{\"id\":\"0123456789abcdef0123456789abcdef0123456789abcdef\","
                           "\"list\":[1,2.5,true,null,\"\xc3\xa9\\n\"],\"more\":{\"a\":\"b\"}}";

static void reading_is_whole_or_out_of_memory(void **state)
{
    json_t *whole, *value;
    unsigned failed = 0;
    int r = E_NOMEM;

    (void)state;
    assert_int_equal(json_read(text, strlen(text), 0, &whole, NULL), E_OK);
    for (unsigned n = 1; r != E_OK; n++) {
        countdown = n;
        r = json_read(text, strlen(text), 0, &value, NULL);
        failed += countdown == 0;
        countdown = 0;
        assert_true(r == E_OK || (r == E_NOMEM && !value));
    }
    assert_true(failed > 10);
    assert_true(json_equal(whole, value));
    json_drop(&whole);
    json_drop(&value);
}

static void writing_is_whole_or_out_of_memory(void **state)
{
    CLEANUP_JSON json_t *value = NULL;
    unsigned failed = 0;
    int r = E_NOMEM;

    (void)state;
    assert_int_equal(json_read(text, strlen(text), 0, &value, NULL), E_OK);
    for (unsigned n = 1; r != E_OK; n++) {
        CLEANUP_STR struct str out = STR_INIT;

        countdown = n;
        r = json_write(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENSURE_ASCII, &out);
        failed += countdown == 0;
        countdown = 0;
        assert_true(r == E_OK || r == E_NOMEM);
        if (r == E_OK)
            assert_string_equal(strchr(str_text(&out), 'm'), "more\":{\"a\":\"b\"}}");
    }
    assert_true(failed > 0);
}

#endif

static void a_mistake_is_no_lack_of_memory(void **state)
{
    json_t *value;
    json_error_t where;

    (void)state;
    assert_int_equal(json_read("[\n1,]", 5, 0, &value, &where), E_INVALID);
    assert_null(value);
    assert_int_equal(where.line, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
        cmocka_unit_test(reading_is_whole_or_out_of_memory),
        cmocka_unit_test(writing_is_whole_or_out_of_memory),
#endif
        cmocka_unit_test(a_mistake_is_no_lack_of_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
