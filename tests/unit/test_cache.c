/* The cache of looks: hits, everything that makes a miss, and files that do not check out. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.h"
#include "store/cache.h"
#include "store/store.h"

#define DIR_NAME   ".lockstep"
#define CACHE_NAME DIR_NAME "/cache"

enum { LOOKED_US = 1000000 };

static struct store *store;

static int open_store(void **state)
{
    return enter_folder(state) == 0 ? store_open(DIR_NAME, STORE_WRITE, &store, NULL) : -1;
}

static int close_store(void **state)
{
    store_close(store);
    return leave_folder(state);
}

static struct cache *load(void)
{
    struct cache *cache;

    assert_int_equal(cache_load(store, &cache, NULL), 0);
    return cache;
}

static struct cache_look look_at(uint64_t ino)
{
    struct cache_look look = {.stamp = {.dev = 7, .ino = ino, .size = 4096}};

    look.stamp.mtime_ns = 5000;
    look.stamp.ctime_ns = 6000;
    memcpy(look.stamp.header, "SQLite format 3", 16);
    return look;
}

static void put(struct cache *cache, uint64_t ino, const char *lineage, uint32_t flags)
{
    struct cache_look look = look_at(ino);

    look.lineage = cache_lineage(cache, lineage);
    look.flags = flags;
    cache_put(cache, &look, LOOKED_US);
}

static const struct cache_look *get(const struct cache *cache, uint64_t ino)
{
    struct cache_look look = look_at(ino);

    return cache_get(cache, &look.stamp);
}

static void save(struct cache *cache)
{
    assert_int_equal(cache_save(store, cache, NULL), 0);
    cache_free(cache);
}

static void what_was_put_is_there_after_saving_and_loading(void **state)
{
    struct cache *cache = load();
    const struct cache_look *look;

    (void)state;
    put(cache, 1, "1,2", 5);
    put(cache, 2, "1,2,3", 6);
    put(cache, 3, "1,2", 0);
    save(cache);
    cache = load();
    look = get(cache, 2);
    assert_non_null(look);
    assert_int_equal(look->flags, 6);
    assert_string_equal(cache_lineage_text(cache, look->lineage), "1,2,3");
    assert_int_equal(get(cache, 1)->lineage, get(cache, 3)->lineage);
    assert_null(get(cache, 4));
    cache_free(cache);
}

static void equal_texts_are_one_lineage(void **state)
{
    struct cache *cache = load();
    uint32_t id = cache_lineage(cache, "1,2");

    (void)state;
    assert_int_equal(cache_lineage(cache, "1,2"), id);
    assert_int_not_equal(cache_lineage(cache, ""), id);
    assert_int_not_equal(id, 0);
    assert_null(cache_lineage_text(cache, 0));
    assert_null(cache_lineage_text(cache, 99));
    cache_free(cache);
}

static void any_difference_in_the_stamp_is_a_miss(void **state)
{
    struct cache *cache = load();
    struct cache_look look = look_at(1);

    (void)state;
    put(cache, 1, "1", 0);
    assert_non_null(cache_get(cache, &look.stamp));
#define MISS(change)                                                                               \
    do {                                                                                           \
        look = look_at(1);                                                                         \
        change;                                                                                    \
        assert_null(cache_get(cache, &look.stamp));                                                \
    } while (0)
    MISS(look.stamp.dev++);
    MISS(look.stamp.ino++);
    MISS(look.stamp.size++);
    MISS(look.stamp.mtime_ns++);
    MISS(look.stamp.ctime_ns++);
    MISS(look.stamp.header[99]++);
    cache_free(cache);
}

static void a_later_look_replaces_the_earlier(void **state)
{
    struct cache *cache = load();
    struct cache_look look = look_at(1);

    (void)state;
    put(cache, 1, "1", 0);
    look.stamp.mtime_ns = 9000;
    look.lineage = cache_lineage(cache, "1,2");
    cache_put(cache, &look, LOOKED_US);
    assert_null(get(cache, 1));
    assert_string_equal(cache_lineage_text(cache, cache_get(cache, &look.stamp)->lineage), "1,2");
    cache_free(cache);
}

/* The stamp of a file written a moment ago may be the stamp of its next write too. */
static void a_stamp_too_young_is_not_kept(void **state)
{
    static const struct {
        int64_t mtime_us, ctime_us;
        bool kept;
    } cases[] = {
        {LOOKED_US - CACHE_SETTLE_US, 0, true},      {LOOKED_US - CACHE_SETTLE_US + 1, 0, false},
        {0, LOOKED_US - CACHE_SETTLE_US + 1, false}, {LOOKED_US + 5, 0, false},
        {0, LOOKED_US - CACHE_SETTLE_US, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cache *cache = load();
        struct cache_look look = look_at(1);

        look.stamp.mtime_ns = cases[i].mtime_us * 1000;
        look.stamp.ctime_ns = cases[i].ctime_us * 1000;
        look.lineage = cache_lineage(cache, "1");
        cache_put(cache, &look, LOOKED_US);
        assert_int_equal(cache_get(cache, &look.stamp) != NULL, cases[i].kept);
        cache_free(cache);
    }
}

/* There the header counts every transaction. */
static void in_rollback_mode_a_stamp_may_be_young(void **state)
{
    struct cache *cache = load();
    struct cache_look look = look_at(1);

    (void)state;
    look.stamp.mtime_ns = (int64_t)LOOKED_US * 1000;
    look.stamp.header[18] = 1;
    look.lineage = cache_lineage(cache, "1");
    cache_put(cache, &look, LOOKED_US);
    assert_non_null(cache_get(cache, &look.stamp));
    cache_free(cache);
}

static void many_looks_are_all_found(void **state)
{
    enum { LOOKS = 20000 };
    struct cache *cache = load();

    (void)state;
    for (uint64_t i = 0; i < LOOKS; i++)
        put(cache, i * 4096, i % 3 ? "1" : "1,2", (uint32_t)i);
    save(cache);
    cache = load();
    for (uint64_t i = 0; i < LOOKS; i++) {
        const struct cache_look *look = get(cache, i * 4096);

        assert_non_null(look);
        assert_int_equal(look->flags, i);
    }
    cache_free(cache);
}

static void lineages_nobody_has_any_more_are_dropped(void **state)
{
    char *old = calloc(1, 100001);
    struct cache *cache = load();
    struct stat st;

    (void)state;
    memset(old, 'x', 100000);
    put(cache, 1, old, 0);
    put(cache, 2, "1", 0);
    put(cache, 1, "1,2", 0);
    save(cache);
    assert_int_equal(stat(CACHE_NAME, &st), 0);
    assert_true(st.st_size < 10000);
    cache = load();
    assert_string_equal(cache_lineage_text(cache, get(cache, 1)->lineage), "1,2");
    assert_string_equal(cache_lineage_text(cache, get(cache, 2)->lineage), "1");
    cache_free(cache);
    free(old);
}

static size_t whole_file(char *bytes, size_t size)
{
    int fd = open(CACHE_NAME, O_RDONLY);
    ssize_t n = read(fd, bytes, size);

    close(fd);
    assert_true(n > 0);
    return (size_t)n;
}

static void write_cache(const char *bytes, size_t n)
{
    int fd = open(CACHE_NAME, O_WRONLY | O_TRUNC | O_CREAT, 0600);

    assert_int_equal(write(fd, bytes, n), n);
    close(fd);
}

/* Every byte flipped and every length cut: empty, never wrong, and written anew by the next save.
 */
static void a_spoiled_file_is_an_empty_cache(void **state)
{
    static char bytes[4096];
    struct cache *cache = load();
    size_t n;

    (void)state;
    put(cache, 1, "1,2", 0);
    save(cache);
    n = whole_file(bytes, sizeof bytes);
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= 1;
        write_cache(bytes, n);
        cache = load();
        assert_null(get(cache, 1));
        cache_free(cache);
        bytes[i] ^= 1;
        write_cache(bytes, i);
        cache = load();
        assert_null(get(cache, 1));
        cache_free(cache);
    }
    cache = load();
    put(cache, 1, "1,2", 0);
    save(cache);
    cache = load();
    assert_non_null(get(cache, 1));
    cache_free(cache);
}

static void a_reader_saves_nothing(void **state)
{
    struct store *reader;
    struct cache *cache;

    (void)state;
    assert_int_equal(store_open(DIR_NAME, STORE_READ, &reader, NULL), 0);
    assert_int_equal(cache_load(reader, &cache, NULL), 0);
    put(cache, 1, "1", 0);
    assert_int_equal(cache_save(reader, cache, NULL), 0);
    assert_int_equal(access(CACHE_NAME, F_OK), -1);
    cache_free(cache);
    store_close(reader);
}

static void without_a_store_it_lives_in_memory(void **state)
{
    struct cache *cache;

    (void)state;
    assert_int_equal(cache_load(NULL, &cache, NULL), 0);
    put(cache, 1, "1", 0);
    assert_non_null(get(cache, 1));
    assert_int_equal(cache_save(NULL, cache, NULL), 0);
    cache_free(cache);
}

static void what_cannot_be_written_is_said_and_leaves_nothing(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct cache *cache = load();

    (void)state;
    assert_int_equal(mkdir(CACHE_NAME, 0700), 0);
    put(cache, 1, "1", 0);
    assert_int_equal(cache_save(store, cache, &e), E_REFUSED);
    assert_int_equal(access(CACHE_NAME ".new", F_OK), -1);
    cache_free(cache);
    cache_free(load());
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, open_store, close_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(what_was_put_is_there_after_saving_and_loading),
        WITH_STORE(equal_texts_are_one_lineage),
        WITH_STORE(any_difference_in_the_stamp_is_a_miss),
        WITH_STORE(a_later_look_replaces_the_earlier),
        WITH_STORE(a_stamp_too_young_is_not_kept),
        WITH_STORE(in_rollback_mode_a_stamp_may_be_young),
        WITH_STORE(many_looks_are_all_found),
        WITH_STORE(lineages_nobody_has_any_more_are_dropped),
        WITH_STORE(a_spoiled_file_is_an_empty_cache),
        WITH_STORE(a_reader_saves_nothing),
        WITH_STORE(without_a_store_it_lives_in_memory),
        WITH_STORE(what_cannot_be_written_is_said_and_leaves_nothing),
    };

    return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
