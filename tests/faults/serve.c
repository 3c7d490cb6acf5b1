/*
 * Starting a program costs more than most of what it then does, so it is started once, stops before
 * main, and is forked for each try. FAILAT_SERVE names two descriptors, "IN OUT": in come lines
 * "KIND HOW AT STAY FOLDER", the words of failat.c (STAY is 0 or 1; nothing fails of the kind
 * "none"); back goes the number of the
 * process when it begins and what waitpid says when it has ended, a line each.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failat.h"

struct line {
    char kind[16], how[16], at[16], stay[4], folder[4096];
};

static void obey(const struct line *line)
{
    setenv("FAILAT_KIND", line->kind, 1);
    setenv("FAILAT_HOW", line->how, 1);
    setenv("FAILAT_AT", line->at, 1);
    if (line->stay[0] == '1')
        setenv("FAILAT_STAY", "1", 1);
    if (chdir(line->folder) != 0)
        _exit(127);
}

static bool next_line(FILE *in, struct line *line)
{
    return fscanf(in, "%15s %15s %15s %3s %4095[^\n]", line->kind, line->how, line->at, line->stay,
                  line->folder) == 5;
}

/* What libraries tidy up behind main is work for nothing, unless somebody counts what is left. */
static void leave(int code)
{
    if (dlsym(RTLD_DEFAULT, "__asan_init"))
        exit(code);
    fflush(NULL);
    _exit(code);
}

int serve(main_fn program_main, int argc, char **argv, char **env)
{
    const char *ends = getenv("FAILAT_SERVE");
    int from, to, status;
    struct line line;
    FILE *in;

    be_steady(argc, argv, "");
    if (!ends || sscanf(ends, "%d %d", &from, &to) != 2) {
        take_order();
        return program_main(argc, argv, env);
    }
    in = fdopen(from, "r");
    while (in && next_line(in, &line)) {
        pid_t child = fork();

        if (child == 0) {
            close(from);
            close(to);
            obey(&line);
            be_steady(argc, argv, line.kind);
            take_order();
            leave(program_main(argc, argv, environ));
        }
        dprintf(to, "%d\n", child);
        if (child < 0 || waitpid(child, &status, 0) != child)
            return 1;
        dprintf(to, "%d\n", status);
    }
    _exit(0);
}
