#include "base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "test.h"

static void what_is_created_reads_back(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_int_equal(file_create("f", 0600, "a\0b", 3, &e), E_OK);
    str_add(&s, ">");
    assert_int_equal(file_read("f", 100, &s, &e), E_OK);
    assert_int_equal(s.len, 4);
    assert_memory_equal(s.data, ">a\0b", 5);
}

static void create_sets_the_mode_whatever_the_umask(void **state)
{
    struct stat st;
    mode_t old = umask(077);

    (void)state;
    assert_int_equal(file_create("open", 0664, "", 0, NULL), E_OK);
    umask(old);
    assert_int_equal(stat("open", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0664);
}

static void create_never_touches_what_is_there(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_int_equal(file_create("there", 0600, "old", 3, NULL), E_OK);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    assert_int_equal(file_create("there", 0600, "new", 3, &e), E_REFUSED);
    assert_int_equal(e.sys, EEXIST);
    assert_int_equal(file_create("dangling", 0600, "new", 3, &e), E_REFUSED);
    assert_int_equal(file_read("there", 10, &s, NULL), E_OK);
    assert_string_equal(str_text(&s), "old");
    assert_int_equal(access("nowhere", F_OK), -1);
}

static void a_create_that_fails_leaves_no_file(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct rlimit old, small;
    int rc;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 2;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    rc = file_create("large", 0600, "abcdef", 6, &e);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_int_equal(rc, E_REFUSED);
    assert_int_equal(e.sys, EFBIG);
    assert_int_equal(access("large", F_OK), -1);
}

static void a_missing_file_is_missing(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_int_equal(file_read("no/such", 10, &s, &e), E_MISSING);
    assert_string_equal(e.message, "cannot open no/such: No such file or directory");
}

static void reading_a_folder_is_refused_and_leaves_a_readable_string(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_int_equal(file_read(".", 10, &s, &e), E_REFUSED);
    assert_int_equal(e.sys, EISDIR);
    assert_string_equal(str_text(&s), "");
}

static void a_file_may_have_max_bytes_and_no_more(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str s = STR_INIT;

    (void)state;
    assert_int_equal(file_create("ten", 0600, "0123456789", 10, NULL), E_OK);
    assert_int_equal(file_read("ten", 10, &s, &e), E_OK);
    assert_int_equal(file_read("ten", 9, &s, &e), E_INVALID);
}

static void pread_tells_how_far_it_came(void **state)
{
    char bytes[10];
    size_t got;
    CLEANUP_FD int fd = open("short", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    (void)state;
    assert_int_equal(file_pwrite(fd, "abc", 3, 2), 0);
    assert_int_equal(file_pread(fd, bytes, sizeof bytes, 1, &got), 0);
    assert_int_equal(got, 4);
    assert_memory_equal(bytes, "\0abc", 4);
    assert_int_equal(file_pread(-1, bytes, 1, 0, &got), -1);
    assert_int_equal(errno, EBADF);
}

static void folders_are_made_with_their_parents(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    assert_int_equal(dir_make("a/b/c", 0700, &e), E_OK);
    assert_int_equal(dir_make("a/b/c", 0700, &e), E_OK);
    assert_int_equal(dir_make("a/b/d/", 0700, &e), E_OK);
    assert_int_equal(dir_sync("a/b/d", &e), E_OK);
}

static void a_file_is_not_taken_for_a_folder(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    (void)state;
    assert_int_equal(file_create("plain", 0600, "", 0, NULL), E_OK);
    assert_int_equal(dir_make("plain", 0700, &e), E_REFUSED);
    assert_int_equal(e.sys, ENOTDIR);
    assert_int_equal(dir_make("plain/below", 0700, &e), E_REFUSED);
    assert_int_equal(dir_sync("plain", &e), E_REFUSED);
    assert_int_equal(e.sys, ENOTDIR);
}

static void check_join(const char *dir, const char *name, const char *expected)
{
    CLEANUP_STR struct str s = STR_INIT;

    path_join(&s, dir, name);
    assert_string_equal(str_text(&s), expected);
}

static void join_puts_one_slash_between(void **state)
{
    (void)state;
    check_join("a", "b", "a/b");
    check_join("a/", "b", "a/b");
    check_join("/", "b", "/b");
    check_join(".", "b", "b");
    check_join("", "b", "b");
    check_join("a", "/b", "/b");
}

static void check_split(const char *path, const char *dir, const char *base)
{
    CLEANUP_STR struct str s = STR_INIT;

    path_dir(&s, path);
    assert_string_equal(str_text(&s), dir);
    assert_string_equal(path_base(path), base);
}

static void paths_split_into_folder_and_name(void **state)
{
    (void)state;
    check_split("a/b.db", "a", "b.db");
    check_split("/b.db", "/", "b.db");
    check_split("b.db", ".", "b.db");
    check_split("/a/b/c", "/a/b", "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_created_reads_back),
        cmocka_unit_test(create_sets_the_mode_whatever_the_umask),
        cmocka_unit_test(create_never_touches_what_is_there),
        cmocka_unit_test(a_create_that_fails_leaves_no_file),
        cmocka_unit_test(a_missing_file_is_missing),
        cmocka_unit_test(reading_a_folder_is_refused_and_leaves_a_readable_string),
        cmocka_unit_test(a_file_may_have_max_bytes_and_no_more),
        cmocka_unit_test(pread_tells_how_far_it_came),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(a_file_is_not_taken_for_a_folder),
        cmocka_unit_test(join_puts_one_slash_between),
        cmocka_unit_test(paths_split_into_folder_and_name),
    };

    return cmocka_run_group_tests_name("file", tests, enter_folder, leave_folder);
}
