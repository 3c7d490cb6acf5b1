/*
 * Runs a command with all its threads and children under ptrace, counts the calls that matter, and
 * ends everything at the one that was asked for.
 */
#ifndef TESTS_KILL_TRACER_H
#define TESTS_KILL_TRACER_H

#include <stdbool.h>
#include <stdio.h>

struct tracer {
    /* asked for */
    unsigned long at; /* the call to kill at, from 1; 0 for none */
    bool after;       /* at its end instead of before it */
    bool no_locks;    /* calls that only lock or unlock do not count */
    FILE *trace;      /* a line a call, of a kill only the one it falls on; or NULL */
    /* found */
    unsigned long count; /* calls that were begun */
    bool killed;
    int status; /* the command's, as waitpid gives it */
};

/* Returns when nothing of the command is left. 0, or -1 with errno. */
int tracer_run(struct tracer *t, char *const command[]);

#endif
