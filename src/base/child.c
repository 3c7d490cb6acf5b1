/*
 * Started with fork and exec, since a thread of ours may hold any lock: between the two the child
 * makes system calls only. What keeps it from running its command comes back through a pipe that
 * exec closes.
 */
#include "base/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

enum { SLICE_MS = 50, DRAIN_MS = 200, HIGH_FD = 10, CHUNK = 16384 };

struct pipes { /* [0] ours, [1] the child's */
    int out[2], err[2], fault[2], null;
};

struct fault { /* what comes back when the command cannot run */
    int sys;
    bool dir;
};

struct running {
    const struct child_spec *spec;
    struct child_result *result;
    pid_t pid;
    int out, err, pidfd;
    int64_t deadline_us, kill_us; /* 0: none */
    bool ended;
};

/* --- in the child: nothing but system calls --- */

static void fail(int fd, bool dir)
{
    struct fault fault = {errno, dir};
    ssize_t n = write(fd, &fault, sizeof fault);

    _exit(n == (ssize_t)sizeof fault ? 127 : 126);
}

static void set_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* All others are closed by exec; descriptors below three may be among the pipes'. */
static bool set_descriptors(const struct pipes *p, int inherit)
{
    int from[3] = {p->null, p->out[1], p->err[1]};

    for (int i = 0; i < 3; i++)
        if ((from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, HIGH_FD)) < 0)
            return false;
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0)
            return false;
    if (close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC) != 0 && errno != ENOSYS && errno != EINVAL)
        return false;
    return inherit < 0 || fcntl(inherit, F_SETFD, 0) == 0;
}

__attribute__((noreturn)) static void become(const struct child_spec *spec, const struct pipes *p,
                                             pid_t parent)
{
    int fault = fcntl(p->fault[1], F_DUPFD_CLOEXEC, HIGH_FD);
    int inherit = spec->inherit < 0 ? -1 : fcntl(spec->inherit, F_DUPFD_CLOEXEC, HIGH_FD);

    setsid(); /* not a group only: no terminal to ask for a password on, which hangs */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* it ended before we asked to be told */
    set_signals();
    if (fault < 0 || (spec->inherit >= 0 && inherit < 0) || !set_descriptors(p, inherit))
        fail(fault, false);
    if (spec->dir && chdir(spec->dir) != 0)
        fail(fault, true);
    if (spec->envp)
        execvpe(spec->argv[0], (char *const *)spec->argv, (char *const *)spec->envp);
    else
        execvp(spec->argv[0], (char *const *)spec->argv);
    fail(fault, false);
    _exit(127);
}

/* --- starting --- */

static void close_pipes(struct pipes *p)
{
    close_fd(&p->out[0]);
    close_fd(&p->out[1]);
    close_fd(&p->err[0]);
    close_fd(&p->err[1]);
    close_fd(&p->fault[0]);
    close_fd(&p->fault[1]);
    close_fd(&p->null);
}

static bool make_pipes(struct pipes *p)
{
    *p = (struct pipes){{-1, -1}, {-1, -1}, {-1, -1}, -1};
    p->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return p->null >= 0 && pipe2(p->out, O_CLOEXEC) == 0 && pipe2(p->err, O_CLOEXEC) == 0 &&
           pipe2(p->fault, O_CLOEXEC) == 0;
}

static int read_fault(int fd, struct fault *fault)
{
    ssize_t n;

    do {
        n = read(fd, fault, sizeof *fault);
    } while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof *fault;
}

static int told_fault(const struct child_spec *spec, const struct fault *fault, struct error *e)
{
    errno = fault->sys;
    if (fault->dir)
        return error_errno(e, fault->sys == ENOENT ? E_MISSING : E_REFUSED, "enter", spec->dir);
    return error_errno(e, fault->sys == ENOENT ? E_MISSING : E_REFUSED, "run", spec->argv[0]);
}

static int start(struct running *r, struct pipes *p, struct error *e)
{
    pid_t parent = getpid();
    struct fault fault;

    r->pid = fork();
    if (r->pid == 0)
        become(r->spec, p, parent);
    if (r->pid < 0)
        return error_errno(e, E_REFUSED, "start", r->spec->argv[0]);
    close_fd(&p->out[1]);
    close_fd(&p->err[1]);
    close_fd(&p->fault[1]);
    if (read_fault(p->fault[0], &fault)) {
        waitpid(r->pid, NULL, 0);
        return told_fault(r->spec, &fault, e);
    }
    return E_OK;
}

/* --- its output --- */

/* The tail keeps at least its bound, and at most twice that. */
static void keep_tail(struct str *tail, const char *bytes, size_t n)
{
    str_addn(tail, bytes, n);
    if (!str_ok(tail) || tail->len <= (size_t)2 * CHILD_TAIL)
        return;
    memmove(tail->data, tail->data + tail->len - CHILD_TAIL, CHILD_TAIL + 1);
    tail->len = CHILD_TAIL;
}

static void keep_out(struct running *r, const char *bytes, size_t n)
{
    size_t room = r->spec->most - r->result->out.len;

    r->result->too_much = r->result->too_much || n > room;
    str_addn(&r->result->out, bytes, n < room ? n : room);
}

/* False at the end: the descriptor is closed then. */
static bool take(struct running *r, int *fd)
{
    char bytes[CHUNK];
    ssize_t n = read(*fd, bytes, sizeof bytes);

    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return true;
    if (n <= 0) {
        close_fd(fd);
        *fd = -1;
        return false;
    }
    if (fd == &r->out)
        keep_out(r, bytes, (size_t)n);
    keep_tail(&r->result->tail, bytes, (size_t)n);
    return true;
}

/* Waits for output, or its end, for no longer than this. True when something came. */
static bool wait_some(struct running *r, int ms)
{
    struct pollfd fds[3] = {{.fd = r->out, .events = POLLIN},
                            {.fd = r->err, .events = POLLIN},
                            {.fd = r->ended ? -1 : r->pidfd, .events = POLLIN}};
    int n = poll(fds, 3, ms);

    if (n > 0 && fds[0].revents)
        take(r, &r->out);
    if (n > 0 && fds[1].revents)
        take(r, &r->err);
    return n > 0;
}

/* --- its end --- */

/* Not reaped yet: while the leader is a zombie the group's number is nobody else's. */
static bool has_ended(const struct running *r)
{
    siginfo_t info = {0};

    return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == r->pid;
}

static bool is_stopped(const struct running *r)
{
    return r->spec->stop && atomic_load(r->spec->stop);
}

/* Its time is over, or we are asked to stop: first politely. */
static void hurry(struct running *r)
{
    int64_t now = clock_mono_us();

    if (r->kill_us && now >= r->kill_us) {
        kill(-r->pid, SIGKILL);
        return;
    }
    if (r->kill_us || ((!r->deadline_us || now < r->deadline_us) && !is_stopped(r)))
        return;
    r->result->end = is_stopped(r) ? CHILD_STOPPED : CHILD_TIMEOUT;
    r->kill_us = now + r->spec->grace_ms * 1000;
    kill(-r->pid, SIGTERM);
}

static void reap(struct running *r)
{
    int status = 0;

    kill(-r->pid, SIGKILL);
    while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
        ;
    r->result->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
    if (!r->kill_us)
        r->result->end = WIFEXITED(status) ? CHILD_EXITED : CHILD_KILLED;
}

/* Somebody outside the group may still have the pipes: what is in them is read, not waited for. */
static void drain(struct running *r)
{
    int64_t until = clock_mono_us() + (int64_t)DRAIN_MS * 1000;

    while ((r->out >= 0 || r->err >= 0) && clock_mono_us() < until && wait_some(r, SLICE_MS))
        ;
}

static void follow(struct running *r)
{
    if (r->spec->timeout_ms)
        r->deadline_us = clock_mono_us() + r->spec->timeout_ms * 1000;
    while (!has_ended(r)) {
        wait_some(r, SLICE_MS);
        hurry(r);
    }
    r->ended = true;
    reap(r);
    drain(r);
}

int child_run(const struct child_spec *spec, struct child_result *result, struct error *e)
{
    struct running r = {.spec = spec, .result = result, .out = -1, .err = -1, .pidfd = -1};
    struct pipes p;
    int rc;

    *result = (struct child_result){0};
    rc = make_pipes(&p) ? start(&r, &p, e) : error_errno(e, E_REFUSED, "start", spec->argv[0]);
    if (rc == E_OK) {
        r.pidfd = (int)syscall(SYS_pidfd_open, r.pid, 0);
        r.out = p.out[0];
        r.err = p.err[0];
        p.out[0] = p.err[0] = -1;
        follow(&r);
        close_fd(&r.out);
        close_fd(&r.err);
        close_fd(&r.pidfd);
    }
    close_pipes(&p);
    if (rc == E_OK && (!str_ok(&result->out) || !str_ok(&result->tail)))
        rc = error_oom(e);
    return rc;
}

void child_free(struct child_result *result)
{
    str_free(&result->out);
    str_free(&result->tail);
}
