/* The machine after a crash: what the run log says, what lies there, and what follows. */
#include "core/run.h"

#include "run_lines.h"

#define SIZES(...)  ((const uint32_t[]){__VA_ARGS__, 0})
#define LOGGED(...) ((const struct replayed[]){__VA_ARGS__, {.kind = RECORD_END}})

static const struct run_policy files = {
    .undoable = true, .files = true, .window = 8, .lock_timeout_ms = 20};
static const struct run_policy no_files = {.undoable = true, .window = 8, .lock_timeout_ms = 20};

static struct run *replayed_run(const struct run_policy *policy, const uint32_t *sizes,
                                const struct replayed *log)
{
    struct run *run = run_of(policy, sizes);

    for (; log->kind != RECORD_END; log++)
        assert_int_equal(run_replay(run, log), E_OK);
    return run;
}

static void ends(const struct run_policy *policy, const uint32_t *sizes, const struct replayed *log,
                 const struct line *lines, enum run_state state)
{
    struct run *run = replayed_run(policy, sizes, log);

    play(run, lines);
    assert_string_equal(run_state_row(run->state)->name, run_state_row(state)->name);
    run_free(run);
}

static const uint32_t zero_one[] = {0, 1}, two[] = {2}, zero[] = {0}, one[] = {1},
                      zero_two[] = {0, 2}, one_zero[] = {1, 0};

#define GROUP_1                                                                                    \
    {                                                                                              \
        .kind = RECORD_GROUP, .group = 1, .branches = zero_one, .n = 2                             \
    }
#define DECIDING_1                                                                                 \
    {                                                                                              \
        .kind = RECORD_DECIDING, .group = 1                                                        \
    }
#define DECIDED_1                                                                                  \
    {                                                                                              \
        .kind = RECORD_DECIDED, .group = 1                                                         \
    }
#define ABORTED_1                                                                                  \
    {                                                                                              \
        .kind = RECORD_ABORTED, .group = 1                                                         \
    }
#define SETTLED_1                                                                                  \
    {                                                                                              \
        .kind = RECORD_SETTLED, .group = 1                                                         \
    }

#define CUT_1  GROUP_1, ABORTED_1, SETTLED_1
#define KEPT_1 GROUP_1, DECIDING_1, DECIDED_1, SETTLED_1

static const struct line forward[] = {
    {"begin", "ask 0"},
    {"found 0 committed", "log decided"},
    {"logged decided", "settle 0 commit"},
    {"settled 0", "close 0 commit"},
    {"closed 0", "log settled"},
    {"logged settled", "log end"},
    {"logged end", "end"},
    {0},
};

static const struct line back[] = {
    {"begin", "ask 0"},           {"found 0 undecided", "settle 0 abort"},
    {"settled 0", "log aborted"}, {"logged aborted", "close 0 abort"},
    {"closed 0", "log settled"},  {"logged settled", "log end"},
    {"logged end", "end"},        {0},
};

static const struct line doubt[] = {
    {"begin", "ask 0"},
    {"found 0 nothing", "end"},
    {0},
};

static void a_group_that_only_began_goes_back(void **state)
{
    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1), back, RUN_NOT_DONE);
}

static void deciding_logged_files_say_committed_goes_forward(void **state)
{
    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1), forward, RUN_DONE);
}

static void deciding_logged_files_say_undecided_goes_back(void **state)
{
    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1), back, RUN_NOT_DONE);
}

static void deciding_logged_no_files_is_in_doubt(void **state)
{
    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1), doubt, RUN_DOUBT);
}

static void files_that_cannot_be_read_are_doubt(void **state)
{
    static const struct line unknown[] = {{"begin", "ask 0"}, {"found 0 unknown", "end"}, {0}};
    static const struct line failed[] = {
        {"begin", "ask 0"}, {"found 0 nothing refused", "end"}, {0}};

    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1), unknown, RUN_DOUBT);
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1), failed, RUN_DOUBT);
}

static void without_files_deciding_alone_goes_back(void **state)
{
    static const struct line lines[] = {
        {"begin", "ask 0"}, {"found 0 nothing refused", "settle 0 abort"}, {0}};

    (void)state;
    ends(&no_files, SIZES(2), LOGGED(GROUP_1, DECIDING_1), lines, RUN_RECOVERING);
}

static void a_decision_is_recorded_once(void **state)
{
    static const struct line lines[] = {
        {"begin", "ask 0"},
        {"found 0 nothing", "settle 0 commit"},
        {0},
    };
    struct run *run =
        replayed_run(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1, DECIDED_1, DECIDED_1));

    (void)state;
    play(run, lines);
    assert_int_equal(run->decisions, 1);
    run_free(run);
}

static void log_and_files_that_contradict_each_other_are_doubt(void **state)
{
    static const struct line undecided[] = {{"begin", "ask 0"}, {"found 0 undecided", "end"}, {0}};
    static const struct line committed[] = {{"begin", "ask 0"}, {"found 0 committed", "end"}, {0}};

    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1, DECIDED_1), undecided, RUN_DOUBT);
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1, ABORTED_1), committed, RUN_DOUBT);
}

static void an_abort_that_was_recorded_is_finished(void **state)
{
    static const struct line lines[] = {
        {"begin", "ask 0"},
        {"found 0 nothing", "settle 0 abort"},
        {"settled 0", "log aborted"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(2), LOGGED(GROUP_1, DECIDING_1, ABORTED_1), lines, RUN_RECOVERING);
}

static void who_refused_before_the_decision_is_not_taken_along(void **state)
{
    static const struct replayed deciding = {
        .kind = RECORD_DECIDING, .group = 1, .branches = zero, .n = 1};
    struct run_policy policy = files;
    uint8_t slots[2];
    struct run *run;

    (void)state;
    policy.scope = RUN_SCOPE_TENANT;
    run = replayed_run(&policy, SIZES(2), LOGGED(GROUP_1, deciding));
    play(run, (const struct line[]){{"begin", "ask 0"},
                                    {"found 0 committed", "log decided"},
                                    {"logged decided", "settle 0 commit"},
                                    {0}});
    group_slots(run->groups[0], 0, slots);
    assert_int_equal(slots[0], SETTLE_DONE);
    assert_int_equal(slots[1], SETTLE_NOT_YET);
    play(run, (const struct line[]){{"settled 0", "close 0 commit"},
                                    {"closed 0", "log settled"},
                                    {"logged settled", "log end"},
                                    {"logged end", "end"},
                                    {0}});
    assert_int_equal(run->state, RUN_PARTIAL);
    run_free(run);
}

static void a_run_that_did_not_get_to_its_end_is_taken_back(void **state)
{
    static const struct line lines[] = {
        {"begin", "3: log group"},
        {"3: logged group", "3: open 0"},
        {"3: opened 0", "3: prepare 0, 3: prepare 1"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(2, 1), LOGGED(GROUP_1, DECIDING_1, DECIDED_1, SETTLED_1), lines,
         RUN_UNDOING);
}

static void a_group_in_doubt_keeps_the_others_as_they_are(void **state)
{
    static const struct replayed second = {
        .kind = RECORD_GROUP, .group = 2, .branches = two, .n = 1};
    static const struct replayed deciding = {.kind = RECORD_DECIDING, .group = 2};
    static const struct line lines[] = {
        {"begin", "2: ask 0"},
        {"2: found 0 unknown", "end"}, /* no undo of the first: the second may be committed */
        {0},
    };

    (void)state;
    ends(&files, SIZES(2, 1), LOGGED(GROUP_1, DECIDING_1, DECIDED_1, SETTLED_1, second, deciding),
         lines, RUN_DOUBT);
}

#define UNDO_3                                                                                     \
    {.kind = RECORD_GROUP, .group = 3, .undoes = 1, .branches = zero_one, .n = 2},                 \
    {                                                                                              \
        .kind = RECORD_DECIDING, .group = 3                                                        \
    }

static void an_undo_cut_short_by_a_crash_is_tried_again(void **state)
{
    static const struct line lines[] = {
        {"begin", "3: ask 0"},
        {"3: found 0 undecided", "3: settle 0 abort"},
        {"3: settled 0", "3: log aborted"},
        {"3: logged aborted", "3: close 0 abort"},
        {"3: closed 0", "3: log settled"},
        {"3: logged settled", "4: log group"},
        {"4: logged group", "4: open 0"},
        {"4: opened 0", "4: prepare 0, 4: prepare 1"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(2, 1), LOGGED(GROUP_1, DECIDING_1, DECIDED_1, SETTLED_1, UNDO_3), lines,
         RUN_UNDOING);
}

static void what_an_undo_left_behind_is_tried_again(void **state)
{
    static const struct line lines[] = {
        {"begin", "4: log group"},
        {"4: logged group", "4: open 0"},
        {"4: opened 0", "4: prepare 0"},
        {"4: voted 0 refused", "4: log refused 0, 4: settle 0 abort"},
        {"4: settled 0", "4: log aborted"},
        {"4: logged aborted", "4: close 0 abort"},
        {"4: closed 0", "4: log settled"},
        {"4: logged settled", "end"},
        {0},
    };
    static const struct replayed settled = {
        .kind = RECORD_SETTLED, .group = 3, .branches = zero, .n = 1};

    (void)state;
    ends(&files, SIZES(2, 1),
         LOGGED(GROUP_1, DECIDING_1, DECIDED_1, SETTLED_1, UNDO_3,
                {.kind = RECORD_DECIDED, .group = 3}, settled),
         lines, RUN_DOUBT);
}

static void ids_are_never_used_twice(void **state)
{
    static const struct replayed part = {
        .kind = RECORD_GROUP, .group = 7, .branches = zero, .n = 1};
    static const struct replayed earlier = {
        .kind = RECORD_GROUP, .group = 5, .branches = one, .n = 1};
    struct run *run = replayed_run(&files, SIZES(2), LOGGED(CUT_1, part, earlier));

    (void)state;
    assert_int_equal(run->last_id, 7);
    assert_int_equal(run_group(run, 5)->members[0].branch, 1);
    run_free(run);
}

static void a_record_that_no_run_writes_is_refused(void **state)
{
    static const struct replayed wrong[] = {
        DECIDED_1,
        {.kind = RECORD_GROUP, .group = 1, .branches = zero, .n = 1}, /* the plan says two */
        {.kind = RECORD_GROUP, .group = 0, .branches = zero, .n = 1},
        {.kind = RECORD_GROUP, .group = 9, .undoes = 8, .branches = zero, .n = 1},
        {.kind = RECORD_SETTLED, .group = 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct run *run = run_of(&files, SIZES(2));

        assert_int_equal(run_replay(run, &wrong[i]), E_INVALID);
        run_free(run);
    }
}

/* Behind a log that a run can have written. */
static void is_refused_behind(const struct replayed *log, const struct replayed *wrong)
{
    struct run *run = replayed_run(&files, SIZES(2, 1), log);

    assert_int_equal(run_replay(run, wrong), E_INVALID);
    run_free(run);
}

static void a_group_that_no_run_begins_is_refused(void **state)
{
    static const struct replayed others = {
        .kind = RECORD_GROUP, .group = 1, .branches = zero_two, .n = 2};
    static const struct replayed far = {
        .kind = RECORD_GROUP, .group = UINT32_MAX, .branches = zero, .n = 1};
    static const struct replayed part = {.kind = RECORD_GROUP, .group = 5, .branches = one, .n = 1};
    static const struct replayed again = {
        .kind = RECORD_GROUP, .group = 6, .branches = one, .n = 1};
    static const struct replayed undo = {
        .kind = RECORD_GROUP, .group = 7, .undoes = 1, .branches = one_zero, .n = 2};

    (void)state;
    is_refused_behind(LOGGED({.kind = RECORD_END}), &others); /* not the plan's members */
    is_refused_behind(LOGGED(CUT_1), &far);                   /* an id out of all order */
    is_refused_behind(LOGGED(KEPT_1), &part);                 /* part of what was not cut */
    is_refused_behind(LOGGED(CUT_1, part), &again);           /* a member in two parts */
    is_refused_behind(LOGGED(CUT_1), &undo);                  /* undo of what is not committed */
    is_refused_behind(LOGGED(KEPT_1), &undo);                 /* not in the order of its members */
    is_refused_behind(LOGGED(KEPT_1, UNDO_3), &undo);         /* it is being undone */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_that_only_began_goes_back),
        cmocka_unit_test(deciding_logged_files_say_committed_goes_forward),
        cmocka_unit_test(deciding_logged_files_say_undecided_goes_back),
        cmocka_unit_test(deciding_logged_no_files_is_in_doubt),
        cmocka_unit_test(files_that_cannot_be_read_are_doubt),
        cmocka_unit_test(without_files_deciding_alone_goes_back),
        cmocka_unit_test(a_decision_is_recorded_once),
        cmocka_unit_test(log_and_files_that_contradict_each_other_are_doubt),
        cmocka_unit_test(an_abort_that_was_recorded_is_finished),
        cmocka_unit_test(who_refused_before_the_decision_is_not_taken_along),
        cmocka_unit_test(a_run_that_did_not_get_to_its_end_is_taken_back),
        cmocka_unit_test(a_group_in_doubt_keeps_the_others_as_they_are),
        cmocka_unit_test(an_undo_cut_short_by_a_crash_is_tried_again),
        cmocka_unit_test(what_an_undo_left_behind_is_tried_again),
        cmocka_unit_test(ids_are_never_used_twice),
        cmocka_unit_test(a_record_that_no_run_writes_is_refused),
        cmocka_unit_test(a_group_that_no_run_begins_is_refused),
    };

    return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
