/* The hold: one run at a time, named to the others, gone with its process. */
#include "test.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/lock.h"
#include "store/hold.h"

#define DIR_NAME "state/.lockstep"

static struct hold *take_or_die(const char *command)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct hold *hold;

    if (hold_take(DIR_NAME, command, 0, &hold, &e) != E_OK)
        fail_msg("hold_take: %s", e.message);
    return hold;
}

/* A process that holds the fleet until it is killed, or for some time; returns once it has it. */
static pid_t holder_process(int hold_ms)
{
    int ready[2];
    char c;
    pid_t child;

    assert_int_equal(pipe(ready), 0);
    child = fork();
    if (child == 0) {
        struct hold *hold;

        if (hold_take(DIR_NAME, "up", 0, &hold, NULL) != E_OK)
            _exit(1);
        hold_set_run(hold, "20261120T203112-4f2a9c");
        if (write(ready[1], "x", 1) != 1)
            _exit(2);
        usleep((useconds_t)hold_ms * 1000);
        hold_release(hold);
        _exit(0);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return child;
}

static void end_process(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

static void write_lock_file(const char *text)
{
    int fd = open(DIR_NAME "/lock", O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void the_second_is_told_who_holds_the_fleet(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    pid_t child = holder_process(60000);
    char pid[32], host[64];
    struct hold *hold;

    (void)state;
    assert_int_equal(hold_take(DIR_NAME, "undo", 0, &hold, &e), E_HELD);
    assert_null(hold);
    snprintf(pid, sizeof pid, "pid %d on ", (int)child);
    assert_int_equal(gethostname(host, sizeof host), 0);
    assert_non_null(
        strstr(e.message, "another run holds the fleet: up (run 20261120T203112-4f2a9c), pid "));
    assert_non_null(strstr(e.message, pid));
    assert_non_null(strstr(e.message, host));
    assert_non_null(strstr(e.message, " since "));
    assert_non_null(strstr(e.hint, "--wait"));
    end_process(child);
}

static void a_killed_holder_does_not_block(void **state)
{
    struct holder holder;
    pid_t child = holder_process(60000);

    (void)state;
    assert_int_equal(hold_look(DIR_NAME, &holder, NULL), 0);
    end_process(child);
    assert_int_equal(hold_look(DIR_NAME, &holder, NULL), E_MISSING);
    hold_release(take_or_die("up"));
}

static void waiting_ends_when_the_other_run_does(void **state)
{
    pid_t child = holder_process(200);
    struct hold *hold;

    (void)state;
    assert_int_equal(hold_take(DIR_NAME, "up", 60000, &hold, NULL), E_OK);
    hold_release(hold);
    end_process(child);
}

static void waiting_gives_up_and_names_the_holder(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    pid_t child = holder_process(60000);
    struct hold *hold;

    (void)state;
    assert_int_equal(hold_take(DIR_NAME, "up", 120, &hold, &e), E_HELD);
    assert_non_null(strstr(e.message, "4f2a9c"));
    end_process(child);
}

static void looking_shows_the_holder_and_takes_nothing(void **state)
{
    struct holder holder;
    struct hold *hold = take_or_die("recover");
    int64_t now = clock_wall_us();

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(hold_look(DIR_NAME, &holder, NULL), 0);
        assert_string_equal(holder.command, "recover");
        assert_string_equal(holder.run, "");
        assert_int_equal(holder.pid, getpid());
        assert_true(holder.since_us <= now);
    }
    hold_set_run(hold, "r1");
    assert_int_equal(hold_look(DIR_NAME, &holder, NULL), 0);
    assert_string_equal(holder.run, "r1");
    hold_release(hold);
    assert_int_equal(hold_look(DIR_NAME, &holder, NULL), E_MISSING);
}

static void no_folder_means_nobody_and_none_is_made(void **state)
{
    struct holder holder;

    (void)state;
    assert_int_equal(hold_look(DIR_NAME, &holder, NULL), E_MISSING);
    assert_int_equal(access("state", F_OK), -1);
}

/* Left by a kill or a full disk: whatever the text, only the lock counts. */
static void leftover_text_is_nobody(void **state)
{
    static const char *const texts[] = {
        "", "{\"pid\":1,\"ho", "garbage\n",
        "{\"pid\":1,\"host\":\"h\",\"command\":\"up\",\"run\":\"r\","
        "\"since_us\":5}\n"};

    (void)state;
    hold_release(take_or_die("up"));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct holder holder;

        write_lock_file(texts[i]);
        assert_int_equal(hold_look(DIR_NAME, &holder, NULL), E_MISSING);
        hold_release(take_or_die("up"));
    }
}

static void a_holder_whose_text_is_torn_still_holds(void **state)
{
    static const char *const texts[] = {"", "{\"pid\":1,\"ho", "{}\n", "{\"pid\":\"x\"}\n"};
    struct hold *hold = take_or_die("up");

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CLEANUP_ERROR struct error e = ERROR_INIT;
        struct hold *second;
        struct holder holder;

        write_lock_file(texts[i]);
        assert_int_equal(hold_look(DIR_NAME, &holder, NULL), 0);
        assert_int_equal(holder.pid, 0);
        assert_int_equal(hold_take(DIR_NAME, "up", 0, &second, &e), E_HELD);
        assert_string_equal(e.message, "another run holds the fleet; it did not say which");
    }
    hold_release(hold);
}

static void a_program_started_by_the_holder_does_not_keep_the_hold(void **state)
{
    struct hold *hold = take_or_die("up");
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(1);
    }
    usleep(100000);
    hold_release(hold);
    hold_release(take_or_die("up"));
    end_process(child);
}

static void a_folder_that_cannot_be_made_is_fatal(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct hold *hold;
    int fd = open("state", O_WRONLY | O_CREAT, 0600);

    (void)state;
    close(fd);
    assert_int_equal(hold_take(DIR_NAME, "up", 0, &hold, &e), E_FATAL);
    assert_int_equal(e.code, E_FATAL);
}

/* Many at once, again and again: never two inside. */
static void there_is_one_at_a_time(void **state)
{
    enum { PROCESSES = 6, TURNS = 20 };
    pid_t children[PROCESSES];

    (void)state;
    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        if (children[i] != 0)
            continue;
        for (int turn = 0; turn < TURNS; turn++) {
            struct hold *hold;
            int fd;

            if (hold_take(DIR_NAME, "up", 0, &hold, NULL) != E_OK)
                continue;
            fd = open("inside", O_CREAT | O_EXCL | O_WRONLY, 0600);
            if (fd < 0 || unlink("inside") != 0)
                _exit(1);
            close(fd);
            hold_release(hold);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(the_second_is_told_who_holds_the_fleet),
        IN_FOLDER(a_killed_holder_does_not_block),
        IN_FOLDER(waiting_ends_when_the_other_run_does),
        IN_FOLDER(waiting_gives_up_and_names_the_holder),
        IN_FOLDER(looking_shows_the_holder_and_takes_nothing),
        IN_FOLDER(no_folder_means_nobody_and_none_is_made),
        IN_FOLDER(leftover_text_is_nobody),
        IN_FOLDER(a_holder_whose_text_is_torn_still_holds),
        IN_FOLDER(a_program_started_by_the_holder_does_not_keep_the_hold),
        IN_FOLDER(a_folder_that_cannot_be_made_is_fatal),
        IN_FOLDER(there_is_one_at_a_time),
    };

    return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
