/* Many seeds: a TAP case a cell, and the coverage of the tables. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim.h"

enum { SHOWN = 3 }; /* failing seeds, a case */

struct totals {
    uint64_t schedules, events, lives, wrong, ended[RUN_STATES];
};

static void note(struct str *notes, uint64_t seed, const struct sim_result *result)
{
    unsigned long long n = seed;

    str_addf(notes, "# seed %llu: %s: %s\n", n, promise_text(result->broken),
             str_text(&result->wrong));
    str_addf(notes, "# again: sim --seed %llu --trace; shorter: sim --seed %llu --shrink\n", n, n);
}

static void run_cell(uint32_t cell, uint64_t from, uint64_t to, struct sim_cover *cover,
                     struct totals *totals)
{
    CLEANUP_STR struct str name = STR_INIT, notes = STR_INIT;
    uint64_t n = 0, wrong = 0;

    for (uint64_t seed = from + (cell + SIM_CELLS - sim_cell(from)) % SIM_CELLS; seed <= to;
         seed += SIM_CELLS) {
        const struct sim_task task = {.seed = seed};
        struct sim_result result;

        sim_test_begins(seed);
        sim_run(&task, cover, &result);
        n++;
        totals->events += result.events;
        totals->lives += result.lives;
        totals->ended[result.outcome]++;
        if (result.broken && wrong++ < SHOWN)
            note(&notes, seed, &result);
        str_free(&result.wrong);
    }
    totals->schedules += n;
    totals->wrong += wrong;
    sim_cell_name(cell, &name);
    printf("%sok %u - %s: %llu schedules\n%s", wrong ? "not " : "", cell + 1, str_text(&name),
           (unsigned long long)n, str_text(&notes));
}

static void print_case(uint32_t number, const char *what, uint32_t taken, uint32_t all)
{
    printf("%sok %u - %s: %u of %u\n", taken < all ? "not " : "", number, what, taken, all);
}

static bool print_coverage(const struct sim_cover *cover)
{
    CLEANUP_STR struct str missing = STR_INIT;
    struct sim_counts n = sim_cover_count(cover);

    sim_cover_missing(cover, &missing);
    print_case(SIM_CELLS + 1, "every state of the tables is entered", n.entered, n.states);
    print_case(SIM_CELLS + 2, "every arrow of the tables is taken", n.taken, n.arrows);
    print_case(SIM_CELLS + 3, "the process dies in every state that a group waits in", n.crashed,
               n.crash_states);
    for (const char *line = str_text(&missing); *line; line = strchr(line, '\n') + 1)
        printf("# never: %.*s\n", (int)strcspn(line, "\n"), line);
    return !missing.len;
}

static void print_totals(const struct totals *totals, double seconds)
{
    printf("# %llu schedules, %llu lives, %llu events, %.0f schedules a second; they ended",
           (unsigned long long)totals->schedules, (unsigned long long)totals->lives,
           (unsigned long long)totals->events,
           seconds > 0 ? (double)totals->schedules / seconds : 0.0);
    for (unsigned state = RUN_DONE; state < RUN_STATES; state++)
        printf("%s %s: %llu", state == RUN_DONE ? "" : ",",
               run_state_row((enum run_state)state)->name,
               (unsigned long long)totals->ended[state]);
    puts("");
}

int sim_test_seeds(uint64_t from, uint64_t to)
{
    struct sim_cover cover = {0};
    struct totals totals = {0};
    clock_t begin = clock();
    bool covered;

    for (uint32_t cell = 0; cell < SIM_CELLS; cell++)
        run_cell(cell, from, to, &cover, &totals);
    covered = print_coverage(&cover);
    printf("1..%u\n", SIM_CELLS + 3);
    print_totals(&totals, (double)(clock() - begin) / CLOCKS_PER_SEC);
    return totals.wrong || !covered;
}

int sim_test_cover(uint64_t from, uint64_t to)
{
    CLEANUP_STR struct str list = STR_INIT;
    struct sim_cover cover = {0};
    struct sim_result result;

    for (uint64_t seed = from; seed <= to; seed++) {
        const struct sim_task task = {.seed = seed};

        sim_test_begins(seed);
        sim_run(&task, &cover, &result);
        str_free(&result.wrong);
    }
    sim_cover_list(&cover, &list);
    fputs(str_text(&list), stdout);
    return 0;
}
