/* Calls that are made again (run_lines.h): which answer belongs to which. */
#include "core/run.h"

#include "run_lines.h"

#define SIZES(...) ((const uint32_t[]){__VA_ARGS__, 0})

static const struct run_policy files = {
    .undoable = true, .files = true, .window = 8, .lock_timeout_ms = 20};

/* A "busy" that comes again must not be taken for the answer to the attempt under way: the group
 * would go on while that attempt still runs, and what it votes then would be nobody's. */
static void the_answer_to_an_earlier_attempt_changes_nothing(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0"},
        {"voted 0 busy", "timer retry 0 5ms"},
        {"earlier: voted 0 busy", ""},
        {"timer retry 0", "prepare 0"},
        {"earlier: voted 0 busy", ""},
        {"earlier: voted 0", ""},
        {"voted 0", "log deciding"},
        {"logged deciding", "seal 0"},
        {"sealed 0 busy", "timer seal 0 5ms"},
        {"timer seal 0", "seal 0"},
        {"earlier: sealed 0", ""},
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        {"settled 0 busy -", "timer settle 0 5ms"},
        {"timer settle 0", "settle 0 commit"},
        {"earlier: settled 0", ""},
        {"settled 0", "close 0 commit"},
        {0},
    };

    struct run *run = run_of(&files, SIZES(1));

    (void)state;
    play(run, lines);
    run_free(run);
}

/* clang-format off */
#define STILL_BUSY(ms) {"settled 0 busy", "timer settle 0 " ms}, {"timer settle 0", "settle 0 abort"}
/* clang-format on */

/* A ledger row of a tenant that never came to its vote, on a server that is down: recovery sees to
 * it, and is not told to when the run ends as settled. */
static void who_is_busy_to_the_end_is_not_settled_though_every_member_is(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},    {"logged group", "open 0"},
        {"opened 0", "prepare 0"}, {"voted 0 refused", "log refused 0, settle 0 abort"},
        STILL_BUSY("5ms"),         STILL_BUSY("10ms"),
        STILL_BUSY("20ms"),        STILL_BUSY("40ms"),
        STILL_BUSY("80ms"),        STILL_BUSY("160ms"),
        {"settled 0 busy", "end"}, {0},
    };
    struct run *run = run_of(&files, SIZES(1));

    (void)state;
    play(run, lines);
    assert_int_equal(run->state, RUN_DOUBT);
    run_free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_to_an_earlier_attempt_changes_nothing),
        cmocka_unit_test(who_is_busy_to_the_end_is_not_settled_though_every_member_is),
    };

    return cmocka_run_group_tests_name("attempt", tests, NULL, NULL);
}
