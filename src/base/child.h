/*
 * A child process that is waited for: a command with its arguments (no shell), its output
 * collected, its time bounded. One thread a child; several threads may each have one.
 *
 * It gets /dev/null as input, and no descriptor of ours but the one it is meant to inherit. It is
 * the leader of a session of its own, so it has no terminal, and of its process group; whatever of
 * that group is left when it ends is killed: nobody goes on changing things after we have looked at
 * them. It is killed when the thread that started it ends, so also when we are.
 */
#ifndef BASE_CHILD_H
#define BASE_CHILD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct error;

struct child_spec {
    const char *const *argv; /* argv[0] is looked up in PATH when it has no slash */
    const char *const *envp; /* NULL: ours */
    const char *dir;         /* where it runs; argv[0] with a slash is relative to it. NULL: here */
    int inherit;             /* a descriptor that it keeps open; -1: none */
    int64_t timeout_ms;      /* 0: none */
    int64_t grace_ms;        /* between SIGTERM and SIGKILL */
    const atomic_bool *stop; /* set: as if its time were over; NULL: nobody sets it */
    size_t most;             /* of stdout; what is beyond is dropped, and told */
};

enum child_end { CHILD_EXITED, CHILD_KILLED, CHILD_TIMEOUT, CHILD_STOPPED };

enum { CHILD_TAIL = 2048 }; /* the end of both outputs that is kept */

struct child_result {
    enum child_end end;
    int code;        /* CHILD_EXITED: its exit code; else the signal that ended it */
    bool too_much;   /* it wrote more than `most` */
    struct str out;  /* stdout */
    struct str tail; /* the end of stdout and stderr, as they came */
};

/* E_OK: it ran, and result says how it ended. E_MISSING: there is no such command (or folder);
 * E_REFUSED: it could not be started. The result is for child_free in any case. */
int child_run(const struct child_spec *spec, struct child_result *result, struct error *e);
void child_free(struct child_result *result);

#endif
