/* A command with a bound on its time and its output, and nothing of it left behind. */
#include "test.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

static int shell(const char *script, struct child_spec spec, struct child_result *result)
{
    const char *const argv[] = {"sh", "-c", script, NULL};

    spec.argv = argv;
    spec.inherit = spec.inherit ? spec.inherit : -1;
    spec.most = spec.most ? spec.most : 1000;
    return child_run(&spec, result, NULL);
}

static void gives_both_outputs_and_the_exit_code(void **state)
{
    struct child_result r;

    (void)state;
    assert_int_equal(shell("echo out; echo err >&2; exit 3", (struct child_spec){0}, &r), E_OK);
    assert_int_equal(r.end, CHILD_EXITED);
    assert_int_equal(r.code, 3);
    assert_string_equal(str_text(&r.out), "out\n");
    assert_non_null(strstr(str_text(&r.tail), "err\n"));
    child_free(&r);
}

static void keeps_the_end_of_much_output_and_says_so(void **state)
{
    struct child_result r;

    (void)state;
    assert_int_equal(shell("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done",
                           (struct child_spec){0}, &r),
                     E_OK);
    assert_true(r.too_much);
    assert_int_equal(r.out.len, 1000);
    assert_true(r.tail.len <= 2 * CHILD_TAIL);
    assert_string_equal(str_text(&r.tail) + r.tail.len - 10, "line 2999\n");
    child_free(&r);
}

static void is_told_to_go_and_then_killed(void **state)
{
    struct child_result r;
    struct child_spec spec = {.timeout_ms = 100, .grace_ms = 100};

    (void)state;
    assert_int_equal(shell("trap 'echo asked' TERM; while :; do sleep 0.01; done", spec, &r), E_OK);
    assert_int_equal(r.end, CHILD_TIMEOUT);
    assert_int_equal(r.code, SIGKILL);
    assert_string_equal(str_text(&r.out), "asked\n");
    child_free(&r);
}

static void stops_when_asked(void **state)
{
    atomic_bool stop = true;
    struct child_result r;
    struct child_spec spec = {.stop = &stop, .grace_ms = 5000};

    (void)state;
    assert_int_equal(shell("exec sleep 30", spec, &r), E_OK);
    assert_int_equal(r.end, CHILD_STOPPED);
    assert_int_equal(r.code, SIGTERM);
    child_free(&r);
}

static bool is_gone(const char *pid_file)
{
    CLEANUP_STR struct str text = STR_INIT;
    pid_t pid;

    assert_int_equal(file_read(pid_file, 100, &text, NULL), E_OK);
    pid = (pid_t)strtol(str_text(&text), NULL, 10);
    assert_true(pid > 1);
    for (int i = 0; i < 200 && kill(pid, 0) == 0; i++)
        clock_nap_ms(10);
    return kill(pid, 0) != 0;
}

static void leaves_nobody_of_its_group(void **state)
{
    struct child_result r;

    (void)state;
    assert_int_equal(shell("sleep 100 & echo $! >pid", (struct child_spec){0}, &r), E_OK);
    assert_int_equal(r.end, CHILD_EXITED);
    assert_true(is_gone("pid"));
    child_free(&r);
}

/* Who asks for a password there would wait for it till the timeout. */
static void has_no_terminal(void **state)
{
    struct child_result r;

    (void)state;
    assert_int_equal(shell("set -- $(cat /proc/$$/stat); [ $6 = $$ ]", (struct child_spec){0}, &r),
                     E_OK);
    assert_int_equal(r.code, 0);
    child_free(&r);
}

static void dies_with_who_started_it(void **state)
{
    pid_t parent = fork();
    struct child_result r;

    (void)state;
    if (parent == 0) {
        shell("echo $$ >pid.new; mv pid.new pid; exec sleep 100", (struct child_spec){0}, &r);
        _exit(0);
    }
    while (access("pid", F_OK) != 0)
        clock_nap_ms(5);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    assert_true(is_gone("pid"));
}

static void gets_no_descriptor_but_the_one_meant_for_it(void **state)
{
    int open_one = open("/dev/zero", O_RDONLY),
        meant = open("kept", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    struct child_spec spec = {.inherit = meant};
    struct child_result r;

    (void)state;
    assert_int_equal(shell("for f in /proc/self/fd/*; do readlink $f; done", spec, &r), E_OK);
    assert_non_null(strstr(str_text(&r.out), "kept"));
    assert_non_null(strstr(str_text(&r.out), "/dev/null"));
    assert_null(strstr(str_text(&r.out), "/dev/zero"));
    close(open_one);
    close(meant);
    child_free(&r);
}

static void says_what_is_not_there(void **state)
{
    const char *const argv[] = {"no-such-command", NULL}, *const real[] = {"true", NULL};
    struct child_spec spec = {.argv = argv, .inherit = -1},
                      dir = {.argv = real, .dir = "nowhere", .inherit = -1};
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct child_result r;

    (void)state;
    assert_int_equal(child_run(&spec, &r, &e), E_MISSING);
    assert_string_equal(e.message, "cannot run no-such-command: No such file or directory");
    child_free(&r);
    assert_int_equal(child_run(&dir, &r, &e), E_MISSING);
    assert_string_equal(e.message, "cannot enter nowhere: No such file or directory");
    child_free(&r);
}

static void runs_where_it_is_told_with_its_environment(void **state)
{
    const char *const envp[] = {"WORD=hello", NULL};
    struct child_spec spec = {.envp = envp, .dir = "/"};
    struct child_result r;

    (void)state;
    assert_int_equal(shell("pwd; echo $WORD", spec, &r), E_OK);
    assert_string_equal(str_text(&r.out), "/\nhello\n");
    child_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_both_outputs_and_the_exit_code),
        cmocka_unit_test(keeps_the_end_of_much_output_and_says_so),
        cmocka_unit_test(is_told_to_go_and_then_killed),
        cmocka_unit_test(stops_when_asked),
        cmocka_unit_test_setup_teardown(leaves_nobody_of_its_group, enter_folder, leave_folder),
        cmocka_unit_test(has_no_terminal),
        cmocka_unit_test_setup_teardown(dies_with_who_started_it, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(gets_no_descriptor_but_the_one_meant_for_it, enter_folder,
                                        leave_folder),
        cmocka_unit_test(says_what_is_not_there),
        cmocka_unit_test(runs_where_it_is_told_with_its_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
