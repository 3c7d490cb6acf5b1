/*
 * The other side of a lock is always another process that uses POSIX locks, as a stock SQLite does:
 * rival_start forks it, and it holds its lock until rival_end.
 */
#include "base/lock.h"

#include <fcntl.h>
#include <sys/wait.h>

#include "base/error.h"
#include "base/mem.h"
#include "test.h"

struct rival {
    pid_t pid;
    int stop; /* closing it ends the rival */
};

static int open_file(void)
{
    return open("locked", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/* Runs in the child: exit code 0 got the lock, 1 it did not. */
static bool posix_lock(short type, off_t at)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};

    return fcntl(open_file(), F_SETLK, &lock) == 0;
}

static bool other_process_can_lock(short type, off_t at)
{
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(posix_lock(type, at) ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

static struct rival rival_start(short type, off_t at)
{
    int ready[2], stop[2];
    struct rival rival;
    char byte;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(stop), 0);
    rival.pid = fork();
    if (rival.pid == 0) {
        close(stop[1]);
        byte = posix_lock(type, at) ? 'y' : 'n';
        if (write(ready[1], &byte, 1) != 1 || read(stop[0], &byte, 1) != 0)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    close(ready[0]);
    close(ready[1]);
    close(stop[0]);
    rival.stop = stop[1];
    return rival;
}

static void rival_end(struct rival rival)
{
    close(rival.stop);
    waitpid(rival.pid, NULL, 0);
}

static void a_write_lock_shuts_out_posix_locks(void **state)
{
    CLEANUP_FD int fd = open_file();

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_EXCLUSIVE, 10, 1), E_OK);
    assert_false(other_process_can_lock(F_RDLCK, 10));
    assert_false(other_process_can_lock(F_WRLCK, 10));
    assert_true(other_process_can_lock(F_WRLCK, 11));
}

static void a_read_lock_lets_readers_in(void **state)
{
    CLEANUP_FD int fd = open_file();

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_SHARED, 10, 1), E_OK);
    assert_true(other_process_can_lock(F_RDLCK, 10));
    assert_false(other_process_can_lock(F_WRLCK, 10));
}

static void unlocking_and_closing_let_others_in(void **state)
{
    int fd = open_file();

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_EXCLUSIVE, 10, 2), E_OK);
    assert_int_equal(lock_set(fd, LOCK_NONE, 10, 1), E_OK);
    assert_true(other_process_can_lock(F_WRLCK, 10));
    assert_false(other_process_can_lock(F_WRLCK, 11));
    close(fd);
    assert_true(other_process_can_lock(F_WRLCK, 11));
}

static void a_stray_close_of_the_same_file_drops_nothing(void **state)
{
    CLEANUP_FD int fd = open_file();

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_EXCLUSIVE, 10, 1), E_OK);
    close(open_file()); /* drops a POSIX lock */
    assert_false(other_process_can_lock(F_WRLCK, 10));
}

static void two_descriptors_of_one_process_exclude_each_other(void **state)
{
    CLEANUP_FD int a = open_file();
    CLEANUP_FD int b = open_file();
    pid_t holder = 77;

    (void)state;
    assert_int_equal(lock_set(a, LOCK_EXCLUSIVE, 10, 1), E_OK);
    assert_int_equal(lock_set(b, LOCK_SHARED, 10, 1), E_BUSY);
    assert_int_equal(lock_test(b, LOCK_SHARED, 10, 1, &holder), E_BUSY);
    assert_int_equal(holder, 0); /* the kernel names no process for an OFD lock */
}

static void a_busy_lock_names_its_posix_holder(void **state)
{
    CLEANUP_FD int fd = open_file();
    struct rival rival = rival_start(F_WRLCK, 10);
    pid_t holder = 0;

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_SHARED, 10, 1), E_BUSY);
    assert_int_equal(lock_test(fd, LOCK_SHARED, 10, 1, &holder), E_BUSY);
    assert_int_equal(holder, rival.pid);
    assert_int_equal(lock_test(fd, LOCK_SHARED, 10, 1, NULL), E_BUSY);
    rival_end(rival);
    assert_int_equal(lock_test(fd, LOCK_SHARED, 10, 1, &holder), E_OK);
    assert_int_equal(holder, 0);
}

static void an_upgrade_waits_for_other_readers(void **state)
{
    CLEANUP_FD int fd = open_file();
    struct rival rival = rival_start(F_RDLCK, 10);

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_SHARED, 10, 1), E_OK);
    assert_int_equal(lock_set(fd, LOCK_EXCLUSIVE, 10, 1), E_BUSY);
    rival_end(rival);
    assert_int_equal(lock_set(fd, LOCK_EXCLUSIVE, 10, 1), E_OK);
}

static void a_failed_upgrade_keeps_the_read_lock(void **state)
{
    CLEANUP_FD int fd = open_file();
    struct rival rival = rival_start(F_RDLCK, 10);

    (void)state;
    assert_int_equal(lock_set(fd, LOCK_SHARED, 10, 1), E_OK);
    assert_int_equal(lock_set(fd, LOCK_EXCLUSIVE, 10, 1), E_BUSY);
    rival_end(rival);
    assert_false(other_process_can_lock(F_WRLCK, 10));
}

static void what_cannot_be_locked_is_refused_not_busy(void **state)
{
    (void)state;
    assert_int_equal(lock_set(-1, LOCK_EXCLUSIVE, 0, 1), E_REFUSED);
    assert_int_equal(errno, EBADF);
    assert_int_equal(lock_test(-1, LOCK_EXCLUSIVE, 0, 1, NULL), E_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_lock_shuts_out_posix_locks),
        cmocka_unit_test(a_read_lock_lets_readers_in),
        cmocka_unit_test(unlocking_and_closing_let_others_in),
        cmocka_unit_test(a_stray_close_of_the_same_file_drops_nothing),
        cmocka_unit_test(two_descriptors_of_one_process_exclude_each_other),
        cmocka_unit_test(a_busy_lock_names_its_posix_holder),
        cmocka_unit_test(an_upgrade_waits_for_other_readers),
        cmocka_unit_test(a_failed_upgrade_keeps_the_read_lock),
        cmocka_unit_test(what_cannot_be_locked_is_refused_not_busy),
    };

    return cmocka_run_group_tests_name("lock", tests, enter_folder, leave_folder);
}
