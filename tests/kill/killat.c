/*
 * killat: kills a command at one exact system call.
 *
 *     killat --count [--no-locks] [--trace FILE] -- CMD...
 *     killat --at N [--when before|after] [--no-locks] [--trace FILE] -- CMD...
 *
 * It counts the calls that write, sync, rename, remove, cut, create or lock files (calls.c has the
 * list) over all threads and children of CMD, and kills the whole of it with SIGKILL before the
 * N-th is carried out, or after it is and before the program learns of it. --count runs it to its
 * end and prints the number as the last line on stdout. --trace writes "number thread call" for
 * each call that is counted, with --at for the N-th alone.
 *
 * Exit code: 100 killed at N; otherwise CMD ended by itself, and it is CMD's (128 + signal if by
 * one); 125 killat failed, 126 or 127 CMD cannot be run.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tracer.h"

enum {
    EXIT_KILLED = 100,
    EXIT_FAILED = 125,
};

static const char usage[] = "usage: killat --count [--trace FILE] -- CMD...\n"
                            "       killat --at N [--when before|after] [--trace FILE] -- CMD...\n";

static const struct option options[] = {
    {"count", no_argument, NULL, 'c'},      {"at", required_argument, NULL, 'a'},
    {"when", required_argument, NULL, 'w'}, {"trace", required_argument, NULL, 't'},
    {"no-locks", no_argument, NULL, 'l'},   {NULL, 0, NULL, 0},
};

static bool read_number(const char *text, unsigned long *ret)
{
    char *end;

    errno = 0;
    *ret = strtoul(text, &end, 10);
    return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9' && *ret > 0;
}

static bool read_when(const char *text, bool *ret_after)
{
    *ret_after = strcmp(text, "after") == 0;
    return *ret_after || strcmp(text, "before") == 0;
}

static bool open_trace(const char *path, FILE **ret)
{
    *ret = fopen(path, "we");
    if (!*ret)
        fprintf(stderr, "killat: cannot write %s: %s\n", path, strerror(errno));
    return *ret;
}

/* Either a number to kill at or --count, and a command. */
static bool read_options(int argc, char *argv[], struct tracer *t)
{
    bool fine = true, count = false;
    int c;

    while (fine && (c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (c == 'c')
            count = true;
        else if (c == 'a')
            fine = read_number(optarg, &t->at);
        else if (c == 'w')
            fine = read_when(optarg, &t->after);
        else if (c == 'l')
            t->no_locks = true;
        else if (c == 't')
            fine = open_trace(optarg, &t->trace);
        else
            fine = false;
    }
    return fine && count == (t->at == 0) && optind < argc;
}

static int exit_code(const struct tracer *t)
{
    if (t->killed)
        return EXIT_KILLED;
    return WIFSIGNALED(t->status) ? 128 + WTERMSIG(t->status) : WEXITSTATUS(t->status);
}

int main(int argc, char *argv[])
{
    struct tracer t = {0};

    if (!read_options(argc, argv, &t)) {
        fputs(usage, stderr);
        return EXIT_FAILED;
    }
    if (tracer_run(&t, argv + optind) != 0) {
        fprintf(stderr, "killat: cannot trace %s: %s\n", argv[optind], strerror(errno));
        return EXIT_FAILED;
    }
    if (t.at == 0)
        printf("%lu\n", t.count);
    if (t.trace && fclose(t.trace) != 0) {
        fprintf(stderr, "killat: cannot write the trace: %s\n", strerror(errno));
        return EXIT_FAILED;
    }
    return exit_code(&t);
}
