/*
 * sim: schedules of the machine in imagined worlds (src/sim/sim.h).
 *
 *   sim --seeds FROM-TO         a TAP case a kind of fleet and weather, one for the state tables
 *   sim --seed N [--trace]      one schedule again, with every event, action and move
 *   sim --dot                   the state diagrams
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/sim.h"

enum { SHOWN = 3 }; /* failing seeds, a case */

static void print_line(void *ctx, const char *text)
{
    (void)ctx;
    puts(text);
}

static int usage(void)
{
    fputs("usage: sim --seeds FROM-TO | --seed N [--trace] | --dot\n", stderr);
    return 2;
}

static bool number(const char *text, const char **end, uint64_t *value)
{
    char *stop;

    errno = 0;
    *value = strtoull(text, &stop, 10);
    *end = stop;
    return errno == 0 && stop != text;
}

static int run_one(uint64_t seed, bool traced)
{
    const struct sim_trace trace = {.line = traced ? print_line : NULL};
    struct sim_cover cover = {0};
    struct sim_result result;

    sim_run(seed, &trace, &cover, &result);
    printf("%s\n",
           result.wrong.len ? str_text(&result.wrong) : run_state_row(result.outcome)->name);
    seed = result.wrong.len;
    str_free(&result.wrong);
    return seed ? 1 : 0;
}

struct totals {
    uint64_t schedules, events, lives, wrong, ended[RUN_STATES];
};

static void run_cell(uint32_t cell, uint64_t from, uint64_t to, struct sim_cover *cover,
                     struct totals *totals)
{
    CLEANUP_STR struct str name = STR_INIT, notes = STR_INIT;
    const struct sim_trace quiet = {0};
    uint64_t n = 0, wrong = 0;

    for (uint64_t seed = from; seed <= to; seed++) {
        struct sim_result result;

        if (sim_cell(seed) != cell)
            continue;
        sim_run(seed, &quiet, cover, &result);
        n++;
        totals->events += result.events;
        totals->lives += result.lives;
        totals->ended[result.outcome]++;
        if (result.wrong.len && wrong++ < SHOWN)
            str_addf(&notes, "# seed %llu: %s\n# again: sim --seed %llu --trace\n",
                     (unsigned long long)seed, str_text(&result.wrong), (unsigned long long)seed);
        str_free(&result.wrong);
    }
    totals->schedules += n;
    totals->wrong += wrong;
    sim_cell_name(cell, &name);
    printf("%sok %u - %s: %llu schedules\n%s", wrong ? "not " : "", cell + 1, str_text(&name),
           (unsigned long long)n, str_text(&notes));
}

static bool print_coverage(const struct sim_cover *cover)
{
    CLEANUP_STR struct str missing = STR_INIT;
    uint32_t taken, all = sim_cover_arrows(cover, &taken);

    sim_cover_missing(cover, &missing);
    printf("%sok %u - every arrow of the state tables is taken: %u of %u\n",
           taken < all ? "not " : "", SIM_CELLS + 1, taken, all);
    for (const char *line = str_text(&missing); *line; line = strchr(line, '\n') + 1)
        printf("# never: %.*s\n", (int)strcspn(line, "\n"), line);
    return taken == all;
}

static int run_all(uint64_t from, uint64_t to)
{
    struct sim_cover cover = {0};
    struct totals totals = {0};
    clock_t begin = clock();
    double seconds;
    bool covered;

    for (uint32_t cell = 0; cell < SIM_CELLS; cell++)
        run_cell(cell, from, to, &cover, &totals);
    covered = print_coverage(&cover);
    seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
    printf("1..%u\n", SIM_CELLS + 1);
    printf("# %llu schedules, %llu lives, %llu events, %.0f schedules a second\n",
           (unsigned long long)totals.schedules, (unsigned long long)totals.lives,
           (unsigned long long)totals.events, seconds > 0 ? totals.schedules / seconds : 0.0);
    return totals.wrong || !covered;
}

int main(int argc, char **argv)
{
    uint64_t from, to;
    const char *end;

    if (argc == 2 && strcmp(argv[1], "--dot") == 0) {
        CLEANUP_STR struct str out = STR_INIT;

        sim_dot(&out);
        fputs(str_text(&out), stdout);
        return 0;
    }
    if (argc < 3 || !number(argv[2], &end, &from))
        return usage();
    if (strcmp(argv[1], "--seed") == 0 && !*end)
        return run_one(from, argc == 4 && strcmp(argv[3], "--trace") == 0);
    if (strcmp(argv[1], "--seeds") == 0 && *end == '-' && number(end + 1, &end, &to) && !*end)
        return run_all(from, to);
    return usage();
}
