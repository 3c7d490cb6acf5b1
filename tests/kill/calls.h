/*
 * The system calls a kill can fall on: those that change what is on disk, make it durable, or take
 * and drop a lock. One table; the kernel's filter, the decision whether a stop counts, and the line
 * of the trace all come from it.
 */
#ifndef TESTS_KILL_CALLS_H
#define TESTS_KILL_CALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct call;

/*
 * Makes the calls of this process, and of all it starts, stop for its tracer; those that only lock
 * or unlock if asked to. 0, or -1 with errno.
 */
int calls_filter(bool locks);

/* The entry for a system call's number; NULL where none stops. */
const struct call *call_find(uint64_t nr);

/* Whether this stop of thread tid is one that counts (the filter cannot look behind a descriptor).
 */
bool call_counts(const struct call *c, pid_t tid, const uint64_t args[6]);

/* "name fd=3</path> len=24 off=0", without line feed. */
void call_print(FILE *out, const struct call *c, pid_t tid, const uint64_t args[6]);

#endif
