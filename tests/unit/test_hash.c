#include "base/hash.h"

#include "test.h"

static void sha256_of_known_texts(void **state)
{
    char text[HASH_TEXT];

    (void)state;
    assert_int_equal(hash_text("", 0, text), 0);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_int_equal(hash_text("abc", 3, text), 0);
    assert_string_equal(text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void parts_hash_like_the_whole(void **state)
{
    char whole[HASH_TEXT], parts[HASH_TEXT];
    struct hash *h = hash_begin();

    (void)state;
    assert_non_null(h);
    hash_add(h, "a", 1);
    hash_add(h, "", 0);
    hash_add(h, "bc", 2);
    hash_end(h, parts);
    hash_text("abc", 3, whole);
    assert_string_equal(parts, whole);
}

static void lists_of_texts_are_unambiguous(void **state)
{
    char one[HASH_TEXT], two[HASH_TEXT];
    struct hash *h = hash_begin();

    (void)state;
    hash_add_text(h, "ab");
    hash_add_text(h, "c");
    hash_end(h, one);
    h = hash_begin();
    hash_add_text(h, "a");
    hash_add_text(h, "bc");
    hash_end(h, two);
    assert_string_not_equal(one, two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_of_known_texts),
        cmocka_unit_test(parts_hash_like_the_whole),
        cmocka_unit_test(lists_of_texts_are_unambiguous),
    };

    return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
