/*
 * The loop over ptrace's stops.
 *
 * The command is seized before it may go on to exec, so the very first call counts. From then on
 * every thread and child is traced by itself (PTRACE_O_TRACE*), and what comes back from waitpid is
 * one of: its end                 forgotten; that of the first process gives the status a call in
 * the table     counted; where it is the one, killed here or at its end a call's end only asked for
 * in the thread that is to be killed there a new thread or child   goes on a stop by a signal stays
 * stopped (PTRACE_LISTEN), as without us a signal                is delivered The kill is SIGKILL
 * to every process of the command, which ends all threads of each at once; whoever shows up after
 * it (a child just born) is killed as well. A thread may vanish at any moment, so a request to
 * ptrace that finds none is no error. If we end, PTRACE_O_EXITKILL ends the command.
 */
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define OPTIONS                                                                                    \
    (PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |    \
     PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)
#define CALL_STOP (SIGTRAP | 0x80)

struct threads {
    pid_t *tid;
    size_t len, cap;
};

struct loop {
    struct tracer *t;
    struct threads threads;
    pid_t first;
};

static bool threads_add(struct threads *s, pid_t tid)
{
    for (size_t i = 0; i < s->len; i++)
        if (s->tid[i] == tid)
            return true;
    if (s->len == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        pid_t *tids = realloc(s->tid, cap * sizeof(*tids));

        if (!tids)
            return false;
        s->tid = tids;
        s->cap = cap;
    }
    s->tid[s->len++] = tid;
    return true;
}

static void threads_remove(struct threads *s, pid_t tid)
{
    for (size_t i = 0; i < s->len; i++)
        if (s->tid[i] == tid)
            s->tid[i--] = s->tid[--s->len];
}

static void go_on(pid_t tid, int signal)
{
    (void)ptrace(PTRACE_CONT, tid, 0, (void *)(intptr_t)signal);
}

static void kill_all(struct loop *l)
{
    l->t->killed = true;
    for (size_t i = 0; i < l->threads.len; i++)
        kill(l->threads.tid[i], SIGKILL); /* a thread's id stands for its process here */
}

static void note(const struct tracer *t, pid_t tid, const struct call *c, const uint64_t args[6])
{
    if (!t->trace || (t->at != 0 && t->count != t->at))
        return; /* of a run that is killed only its last call is asked for, and a line costs time */
    fprintf(t->trace, "%lu %d ", t->count, (int)tid);
    call_print(t->trace, c, tid, args);
    fputc('\n', t->trace);
}

static void on_call(struct loop *l, pid_t tid)
{
    struct __ptrace_syscall_info info = {0};
    struct tracer *t = l->t;
    const struct call *c = NULL;

    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) > 0)
        c = call_find(info.seccomp.nr);
    if (!c || !call_counts(c, tid, info.seccomp.args)) {
        go_on(tid, 0);
        return;
    }
    t->count++;
    note(t, tid, c, info.seccomp.args);
    if (t->count != t->at)
        go_on(tid, 0);
    else if (t->after)
        (void)ptrace(PTRACE_SYSCALL, tid, 0, 0); /* the next stop is this call's end */
    else
        kill_all(l);
}

/* The program was replaced: all threads but the one are gone, and that one bears the process's id.
 */
static void on_exec(struct loop *l, pid_t tid)
{
    unsigned long former = 0;

    if (ptrace(PTRACE_GETEVENTMSG, tid, 0, &former) == 0 && (pid_t)former != tid)
        threads_remove(&l->threads, (pid_t)former);
    go_on(tid, 0);
}

static void on_stop(struct loop *l, pid_t tid, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;

    if (event == PTRACE_EVENT_SECCOMP)
        on_call(l, tid);
    else if (event == PTRACE_EVENT_EXEC)
        on_exec(l, tid);
    else if (event == PTRACE_EVENT_STOP && signal != SIGTRAP)
        (void)ptrace(PTRACE_LISTEN, tid, 0, 0);
    else if (event != 0)
        go_on(tid, 0);
    else if (signal == CALL_STOP)
        kill_all(l);
    else
        go_on(tid, signal);
}

static int loop_run(struct loop *l)
{
    for (;;) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);

        if (tid < 0 && errno == EINTR)
            continue;
        if (tid < 0)
            return errno == ECHILD ? 0 : -1;
        if (!WIFSTOPPED(status)) {
            threads_remove(&l->threads, tid);
            if (tid == l->first)
                l->t->status = status;
        } else if (l->t->killed) {
            kill(tid, SIGKILL);
        } else if (!threads_add(&l->threads, tid)) {
            return -1;
        } else {
            on_stop(l, tid, status);
        }
    }
}

static _Noreturn void become(int go, bool locks, char *const command[])
{
    char c;

    if (read(go, &c, 1) != 1)
        _exit(125);
    if (calls_filter(locks) != 0) {
        perror("killat: cannot set the filter");
        _exit(125);
    }
    execvp(command[0], command);
    fprintf(stderr, "killat: cannot run %s: %s\n", command[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

/* Starts the command up to the point before its exec, and has it traced. */
static pid_t start(bool locks, char *const command[])
{
    int go[2];
    pid_t pid;

    if (pipe2(go, O_CLOEXEC) != 0)
        return -1;
    pid = fork();
    if (pid == 0)
        become(go[0], locks, command);
    close(go[0]);
    if (pid > 0 && (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) != 0 || write(go[1], "", 1) != 1)) {
        int saved = errno;

        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        errno = saved;
        pid = -1;
    }
    close(go[1]);
    return pid;
}

int tracer_run(struct tracer *t, char *const command[])
{
    struct loop l = {.t = t};
    int r;

    l.first = start(!t->no_locks, command);
    if (l.first < 0 || !threads_add(&l.threads, l.first))
        return -1;
    r = loop_run(&l);
    free(l.threads.tid);
    return r;
}
