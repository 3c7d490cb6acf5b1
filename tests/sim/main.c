/*
 * sim: schedules of the machine in imagined worlds (src/sim/sim.h).
 *
 *   sim --seeds FROM-TO         a TAP case a kind of fleet and weather, some for the state tables
 *   sim --cover FROM-TO         how often these schedules took each arrow of the tables
 *   sim --seed N [--trace]      one schedule again, with every event, action and move
 *   sim --seed N --shrink       a short schedule that breaks the same promise, traced
 *   sim --lies                  TAP: each promise is broken by a lie, found, and its schedule
 * shrunk sim --dot                   the state diagrams
 *
 * Behind --seed N a --lie NAME makes the simulator lie to the machine (src/sim/lie.c).
 */
#include "sim.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void print_line(void *ctx, const char *text)
{
    (void)ctx;
    puts(text);
}

static int usage(void)
{
    fputs("usage: sim --seeds FROM-TO | --cover FROM-TO | --seed N [--lie NAME] [--trace | "
          "--shrink] | --lies | --dot\n",
          stderr);
    return 2;
}

static uint64_t under_way; /* the seed */

void sim_test_begins(uint64_t seed)
{
    under_way = seed;
}

/* Also when the program itself falls over, it says over which seed. */
static void fallen(int number)
{
    char text[80];
    int n = snprintf(text, sizeof text, "# seed %llu: ended by signal %d\n",
                     (unsigned long long)under_way, number);

    if (n > 0 && write(STDOUT_FILENO, text, (size_t)n) < 0)
        _exit(3);
    signal(number, SIG_DFL);
    raise(number);
}

static bool number(const char *text, const char **end, uint64_t *value)
{
    char *stop;

    errno = 0;
    *value = strtoull(text, &stop, 10);
    *end = stop;
    return errno == 0 && stop != text;
}

static bool range(const char *text, uint64_t *from, uint64_t *to)
{
    const char *end;

    return number(text, &end, from) && *end == '-' && number(end + 1, &end, to) && !*end;
}

static int run_one(struct sim_task task, bool traced)
{
    struct sim_cover cover = {0};
    struct sim_result result;
    bool broken;

    if (traced)
        task.trace.line = print_line;
    sim_test_begins(task.seed);
    sim_run(&task, &cover, &result);
    broken = result.broken;
    if (broken)
        printf("broken: %s\n%s\n", promise_text(result.broken), str_text(&result.wrong));
    else
        puts(run_state_row(result.outcome)->name);
    str_free(&result.wrong);
    return broken;
}

static int shrink_one(struct sim_task task)
{
    struct sim_shrunk shrunk;
    bool lies = task.lie != LIE_NONE;

    sim_test_begins(task.seed);
    if (!sim_shrink(task.seed, task.lie, &shrunk)) {
        puts("no promise is broken");
        return 0;
    }
    task.tape = &shrunk.tape;
    run_one(task, true);
    printf("# %llu events before, %llu now; %zu draws that are not 0 before, %zu now; %u schedules "
           "tried\n# again: sim --seed %llu%s%s --shrink\n",
           (unsigned long long)shrunk.events_before, (unsigned long long)shrunk.events,
           shrunk.draws_before, shrunk.draws, shrunk.tries, (unsigned long long)task.seed,
           lies ? " --lie " : "", lies ? sim_lie_name(task.lie) : "");
    free(shrunk.tape.values);
    return 1;
}

static bool read_lie(const char *name, enum sim_lie *lie)
{
    for (int i = 0; i < SIM_LIES; i++)
        if (str_same(name, sim_lie_name((enum sim_lie)i))) {
            *lie = (enum sim_lie)i;
            return true;
        }
    return false;
}

static int one(const char *seed, char **options)
{
    struct sim_task task = {0};
    bool traced = false, shrinks = false;
    const char *end;

    if (!number(seed, &end, &task.seed) || *end)
        return usage();
    for (; *options; options++) {
        if (str_same(*options, "--trace"))
            traced = true;
        else if (str_same(*options, "--shrink"))
            shrinks = true;
        else if (!str_same(*options, "--lie") || !options[1] || !read_lie(*++options, &task.lie))
            return usage();
    }
    return shrinks ? shrink_one(task) : run_one(task, traced);
}

static int dot(void)
{
    CLEANUP_STR struct str out = STR_INIT;

    sim_dot(&out);
    fputs(str_text(&out), stdout);
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t from, to;

    signal(SIGABRT, fallen);
    signal(SIGSEGV, fallen);
    if (argc == 2 && str_same(argv[1], "--dot"))
        return dot();
    if (argc == 2 && str_same(argv[1], "--lies"))
        return sim_test_lies();
    if (argc >= 3 && str_same(argv[1], "--seed"))
        return one(argv[2], argv + 3);
    if (argc == 3 && str_same(argv[1], "--seeds") && range(argv[2], &from, &to))
        return sim_test_seeds(from, to);
    if (argc == 3 && str_same(argv[1], "--cover") && range(argv[2], &from, &to))
        return sim_test_cover(from, to);
    return usage();
}
