/*
 * Runs one command and writes what it took as one JSON object.
 *
 *     measure [--nofile N] [--preload LIBRARY] --out FILE COMMAND...
 *
 * wall_us is from before the start to after the end; user_us, sys_us and maxrss_kb are the
 * kernel's, with the children that the command waited for. --nofile sets the soft and the hard
 * limit.
 *
 * A program of its own, and a small one, because Linux counts into a child's peak memory what its
 * parent had in use before exec: started from an interpreter, no child is below 10 MB.
 */
#include "tenants.h"

#include <errno.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct order {
    const char *out, *preload;
    rlim_t nofile;
    char **command;
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t in_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static void become(const struct order *o)
{
    struct rlimit files = {o->nofile, o->nofile};

    if (o->nofile && setrlimit(RLIMIT_NOFILE, &files) < 0)
        perror("measure: setrlimit");
    else if (o->preload && setenv("LD_PRELOAD", o->preload, 1) < 0)
        perror("measure: setenv");
    else
        execvp(o->command[0], o->command);
    perror(o->command[0]);
    _exit(127);
}

static int wait_for(pid_t pid, int *ret_status, struct rusage *ret_used)
{
    pid_t r;

    do
        r = wait4(pid, ret_status, 0, ret_used);
    while (r < 0 && errno == EINTR);
    return r < 0 ? -1 : 0;
}

static int report(const char *path, int64_t wall, int status, const struct rusage *used)
{
    FILE *f = fopen(path, "w");

    if (!f) {
        perror(path);
        return -1;
    }
    fprintf(f,
            "{\"wall_us\": %jd, \"user_us\": %jd, \"sys_us\": %jd, \"maxrss_kb\": %ld, "
            "\"exit\": %d, \"signal\": %d}\n",
            (intmax_t)wall, (intmax_t)in_us(used->ru_utime), (intmax_t)in_us(used->ru_stime),
            used->ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
            WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return fclose(f) == 0 ? 0 : -1;
}

static void parse(int argc, char **argv, struct order *o)
{
    static const struct option options[] = {{"nofile", required_argument, NULL, 'n'},
                                            {"preload", required_argument, NULL, 'p'},
                                            {"out", required_argument, NULL, 'o'},
                                            {0}};
    int c;

    while ((c = getopt_long(argc, argv, "+", options, NULL)) != -1) {
        if (c == 'n')
            o->nofile = option_number("--nofile", optarg, 1UL << 30);
        else if (c == 'p')
            o->preload = optarg;
        else if (c == 'o')
            o->out = optarg;
        else
            exit(2);
    }
    if (!o->out || optind == argc) {
        fprintf(stderr, "usage: measure [--nofile N] [--preload LIBRARY] --out FILE COMMAND...\n");
        exit(2);
    }
    o->command = argv + optind;
}

int main(int argc, char **argv)
{
    struct order o = {0};
    struct rusage used;
    int status;
    int64_t began;
    pid_t pid;

    parse(argc, argv, &o);
    began = now_us();
    pid = fork();
    if (pid == 0)
        become(&o);
    if (pid < 0 || wait_for(pid, &status, &used) < 0) {
        perror("measure");
        return 1;
    }
    return report(o.out, now_us() - began, status, &used) < 0 ? 1 : 0;
}
