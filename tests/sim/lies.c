/*
 * The simulator lies, and the promise that this breaks must be seen to be broken; the schedule that
 * breaks it must shrink, always to the same one, and break the same promise when it is played.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

enum { SEEDS = 1000000, SAMPLES = 8, LONG = 80 /* events */ };

struct sample {
    uint64_t before, after; /* events, of all together */
    uint32_t n, other;      /* schedules; those that broke another promise */
    bool repeats, breaks_the_same;
};

static enum promise broken_by(const struct sim_task *task, uint64_t *events)
{
    struct sim_cover cover = {0};
    struct sim_result result;

    sim_test_begins(task->seed);
    sim_run(task, &cover, &result);
    str_free(&result.wrong);
    *events = result.events;
    return result.broken;
}

static void shrink(struct sim_task task, enum promise broken, struct sample *sample)
{
    struct sim_shrunk first, again;
    uint64_t events;

    sim_shrink(task.seed, task.lie, &first);
    sim_shrink(task.seed, task.lie, &again);
    sample->before += first.events_before;
    sample->after += first.events;
    sample->repeats =
        sample->repeats && first.tape.n == again.tape.n &&
        !memcmp(first.tape.values, again.tape.values, first.tape.n * sizeof(uint32_t));
    task.tape = &first.tape;
    sample->breaks_the_same = sample->breaks_the_same && broken_by(&task, &events) == broken;
    free(first.tape.values);
    free(again.tape.values);
}

static struct sample take_samples(enum sim_lie lie)
{
    struct sample sample = {.repeats = true, .breaks_the_same = true};

    for (uint64_t seed = 1; seed <= SEEDS && sample.n < SAMPLES; seed++) {
        const struct sim_task task = {.seed = seed, .lie = lie};
        uint64_t events;
        enum promise broken = broken_by(&task, &events);

        if (!broken || events < LONG)
            continue;
        sample.n++;
        sample.other += broken != sim_lie_breaks(lie);
        shrink(task, broken, &sample);
    }
    return sample;
}

static bool print_case(unsigned number, bool ok, const char *text)
{
    printf("%sok %u - %s\n", ok ? "" : "not ", number, text);
    return ok;
}

static bool is_shrunk(const struct sample *s)
{
    return s->after * 4 <= s->before * 3 && s->repeats && s->breaks_the_same;
}

static bool try_lie(enum sim_lie lie)
{
    const struct sample s = take_samples(lie);
    const char *promise = promise_text(sim_lie_breaks(lie));
    CLEANUP_STR struct str found = STR_INIT, shrunk = STR_INIT;
    bool ok;

    str_addf(&found, "a lie about the %s is found: %s (%u of %u schedules)", sim_lie_name(lie),
             promise, s.n - s.other, s.n);
    str_addf(&shrunk, "they shrink, from %llu to %llu events all together, and break it still",
             (unsigned long long)s.before, (unsigned long long)s.after);
    ok = print_case(2 * lie - 1, s.n == SAMPLES && s.other * 8 <= s.n, str_text(&found));
    return print_case(2 * lie, is_shrunk(&s), str_text(&shrunk)) && ok;
}

int sim_test_lies(void)
{
    bool ok = true;

    for (int lie = LIE_NONE + 1; lie < SIM_LIES; lie++)
        ok = try_lie((enum sim_lie)lie) && ok;
    printf("1..%d\n", 2 * (SIM_LIES - 1));
    return !ok;
}
