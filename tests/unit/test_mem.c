#include "base/mem.h"

#include <fcntl.h>

#include "test.h"

static void arena_memory_is_zeroed_and_aligned(void **state)
{
    CLEANUP_ARENA struct arena a = ARENA_INIT;

    (void)state;
    for (size_t n = 1; n < 100; n++) {
        unsigned char *p = arena_alloc(&a, n);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
}

static void arena_serves_more_than_a_block_at_once(void **state)
{
    CLEANUP_ARENA struct arena a = ARENA_INIT;
    char *small = arena_copy(&a, "before");
    char *large = arena_alloc(&a, 1000000);

    (void)state;
    assert_non_null(large);
    memset(large, 1, 1000000);
    assert_string_equal(small, "before");
}

static void arena_gives_something_for_nothing(void **state)
{
    CLEANUP_ARENA struct arena a = ARENA_INIT;

    (void)state;
    assert_non_null(arena_alloc(&a, 0));
    assert_non_null(arena_array(&a, 0, 8));
    assert_non_null(arena_array(&a, 8, 0));
}

static void arena_refuses_what_would_overflow(void **state)
{
    CLEANUP_ARENA struct arena a = ARENA_INIT;

    (void)state;
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX / 2 - 1));
    assert_null(arena_array(&a, SIZE_MAX / 4, 8));
    assert_null(arena_copyn(&a, "x", SIZE_MAX));
}

static void arena_copies_text(void **state)
{
    CLEANUP_ARENA struct arena a = ARENA_INIT;

    (void)state;
    assert_null(arena_copy(&a, NULL));
    assert_string_equal(arena_copy(&a, ""), "");
    assert_string_equal(arena_copyn(&a, "abcdef", 3), "abc");
}

static void a_freed_arena_can_be_used_and_freed_again(void **state)
{
    struct arena a = ARENA_INIT;

    (void)state;
    arena_alloc(&a, 10);
    arena_free(&a);
    arena_free(&a);
    assert_non_null(arena_alloc(&a, 10));
    arena_free(&a);
}

static void arrays_grow_and_keep_their_items(void **state)
{
    CLEANUP_FREE int *items = NULL;
    size_t count = 0, cap = 0;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        assert_true(array_room(&items, count, &cap, sizeof *items));
        items[count++] = i;
    }
    for (int i = 0; i < 1000; i++)
        assert_int_equal(items[i], i);
}

static void an_array_that_cannot_grow_stays_as_it_was(void **state)
{
    CLEANUP_FREE int *items = NULL;
    size_t cap = 0;
    int *before;

    (void)state;
    assert_true(array_room(&items, 0, &cap, sizeof *items));
    before = items;
    cap = SIZE_MAX / sizeof *items;
    assert_false(array_room(&items, cap, &cap, sizeof *items));
    assert_ptr_equal(items, before);
    assert_int_equal(cap, SIZE_MAX / sizeof *items);
}

static void cleanup_closes_a_descriptor_once(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), copy = fd;

    (void)state;
    assert_true(fd >= 0);
    close_fd(&fd);
    assert_int_equal(fd, -1);
    assert_int_equal(fcntl(copy, F_GETFD), -1);
    close_fd(&fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_and_aligned),
        cmocka_unit_test(arena_serves_more_than_a_block_at_once),
        cmocka_unit_test(arena_gives_something_for_nothing),
        cmocka_unit_test(arena_refuses_what_would_overflow),
        cmocka_unit_test(arena_copies_text),
        cmocka_unit_test(a_freed_arena_can_be_used_and_freed_again),
        cmocka_unit_test(arrays_grow_and_keep_their_items),
        cmocka_unit_test(an_array_that_cannot_grow_stays_as_it_was),
        cmocka_unit_test(cleanup_closes_a_descriptor_once),
    };

    return cmocka_run_group_tests_name("mem", tests, NULL, NULL);
}
