/* How many members the machine has prepared at once (run_lines.h). */
#include "core/run.h"

#include "run_lines.h"

static const struct run_policy bounded = {.undoable = true, .window = 8, .lock_timeout_ms = 20};

static void goes(const struct run_policy *policy, uint32_t members, const struct line *lines)
{
    const uint32_t sizes[] = {members, 0};
    struct run *run = run_of(policy, sizes);

    play(run, lines);
    assert_int_equal(run->state, RUN_RUNNING);
    run_free(run);
}

static void the_window_bounds_what_is_prepared_at_once(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1"},
        {"voted 1", "prepare 2"},
        {"voted 0", "prepare 3"},
        {"voted 2", ""},
        {"voted 3", "log deciding"},
        {0},
    };
    struct run_policy policy = bounded;

    (void)state;
    policy.window = 2;
    goes(&policy, 4, lines);
}

/* Servers 0 and 1 by turns, and one more of 1: what 1 has no room for keeps nobody of 0 waiting. */
static void each_participant_has_a_window_of_its_own(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0, open 1"},
        {"opened 0", ""},
        {"opened 1", "prepare 0, prepare 1, prepare 2"},
        {"voted 0", ""}, /* of 0 there are no more */
        {"voted 1", "prepare 3"},
        {"voted 3", "prepare 4"},
        {"voted 4", ""},
        {"voted 2", "log deciding"},
        {0},
    };
    static const uint16_t placed[] = {0, 1, 0, 1, 1};
    static const uint32_t widths[] = {0, 1};
    struct run_policy policy = bounded;

    (void)state;
    policy.participants = 2;
    policy.placed = placed;
    policy.widths = widths;
    goes(&policy, 5, lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_bounds_what_is_prepared_at_once),
        cmocka_unit_test(each_participant_has_a_window_of_its_own),
    };

    return cmocka_run_group_tests_name("window", tests, NULL, NULL);
}
