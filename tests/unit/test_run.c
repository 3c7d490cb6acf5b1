/* The machine, told and asking (run_lines.h). Each test is a promise. */
#include "core/run.h"

#include "run_lines.h"

#define SIZES(...) ((const uint32_t[]){__VA_ARGS__, 0})

static const struct run_policy files = {
    .undoable = true, .files = true, .window = 8, .lock_timeout_ms = 20};
static const struct run_policy no_files = {.undoable = true, .window = 8, .lock_timeout_ms = 20};

/* What many runs have in common. */
/* clang-format off */
#define ONE_VOTES                                                                                  \
    {"begin", "log group"}, {"logged group", "open 0"}, {"opened 0", "prepare 0"}
#define ONE_IS_SEALED ONE_VOTES, {"voted 0", "log deciding"}, {"logged deciding", "seal 0"}
#define IT_IS_CLOSED  {"settled 0", "close 0 commit"}, {"closed 0", "log settled"}
#define IT_IS_TAKEN_BACK                                                                           \
    {"settled 0", "log aborted"}, {"logged aborted", "close 0 abort"}, {"closed 0", "log settled"}
/* clang-format on */

/* Plays the lines and asks how the run ended. */
static void ends(const struct run_policy *policy, const uint32_t *sizes, const struct line *lines,
                 enum run_state state)
{
    struct run *run = run_of(policy, sizes);

    play(run, lines);
    assert_string_equal(run_state_row(run->state)->name, run_state_row(state)->name);
    run_free(run);
}

static void all_yes_is_committed(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1"},
        {"voted 1", ""},
        {"voted 0", "log deciding"},
        {"logged deciding", "seal 0"},
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        {"settled 0", "close 0 commit"},
        {"closed 0", "log settled"},
        {"logged settled", "log end"},
        {"logged end", "end"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(2), lines, RUN_DONE);
}

static void without_decision_files_the_record_decides(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        {0},
    };
    struct run *run = run_of(&no_files, SIZES(1));

    (void)state;
    play(run, lines);
    assert_int_equal(run->decisions, 1);
    run_free(run);
}

static void a_refused_member_aborts_its_group_and_undoes_the_earlier_ones(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        IT_IS_CLOSED,
        {"logged settled", "2: log group"},
        {"2: logged group", "2: open 0"},
        {"2: opened 0", "2: prepare 0, 2: prepare 1"},
        {"2: voted 0 refused", "2: log refused 0"},
        {"2: voted 1", "2: settle 0 abort"},
        {"2: settled 0", "2: log aborted"},
        {"2: logged aborted", "2: close 0 abort"},
        {"2: closed 0", "2: log settled"},
        {"2: logged settled", "3: log group"}, /* the undo of the first */
        {"3: logged group", "3: open 0"},
        {"3: opened 0", "3: prepare 0"},
        {"3: voted 0", "3: log deciding"},
        {"3: logged deciding", "3: seal 0"},
        {"3: sealed 0", "3: decide 0"},
        {"3: decided 0", "3: log decided"},
        {"3: logged decided", "3: settle 0 commit"},
        {"3: settled 0", "3: close 0 commit"},
        {"3: closed 0", "3: log settled"},
        {"3: logged settled", "log end"},
        {"logged end", "end"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(1, 2), lines, RUN_NOT_DONE);
}

static void a_busy_member_is_retried_until_lock_timeout(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1"},
        {"voted 0 busy", "timer retry 0 5ms"},
        {"voted 1", ""},
        {"timer retry 0", "prepare 0"},
        {"voted 0 busy", "timer retry 0 10ms"},
        {"timer retry 0", "prepare 0"},
        {"voted 0 busy", "log refused 0, settle 0 abort"}, /* 5 + 10 + 20 is too long */
        {0},
    };

    (void)state;
    ends(&files, SIZES(2), lines, RUN_RUNNING);
}

static void a_late_answer_while_draining_is_not_a_failure(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1, prepare 2"},
        {"voted 0 refused", "log refused 0"},
        {"voted 1 busy", ""},
        {"voted 2", "settle 0 abort"},
        {"voted 2", ""}, /* once more */
        {0},
    };
    struct run *run = run_of(&files, SIZES(3));

    (void)state;
    play(run, lines);
    assert_int_equal(run->n_failures, 1);
    assert_int_equal(run->failures[0].branch, 0);
    assert_int_equal(run->groups[0]->members[1].state, MEMBER_BACK);
    run_free(run);
}

static void a_lost_vote_is_no_yes_and_is_taken_back(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"}, {"logged group", "open 0"},    {"opened 0", "prepare 0, prepare 1"},
        {"voted 0 doubt", ""},  {"voted 1", "settle 0 abort"}, {0},
    };
    struct run_policy policy = files;
    uint8_t slots[2];
    struct run *run;

    (void)state;
    policy.scope = RUN_SCOPE_TENANT; /* here, too, the group aborts */
    run = run_of(&policy, SIZES(2));
    play(run, lines);
    group_slots(run->groups[0], 0, slots);
    assert_int_equal(slots[0], SETTLE_NOT_YET);
    assert_int_equal(slots[1], SETTLE_NOT_YET);
    run_free(run);
}

static void with_scope_tenant_a_refusing_member_drops_out(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1"},
        {"voted 0 refused", "log refused 0"},
        {"voted 1", "log deciding"},
        {"logged deciding", "seal 0"},
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        IT_IS_CLOSED,
        {"logged settled", "log end"},
        {"logged end", "end"},
        {0},
    };
    struct run_policy policy = files;

    (void)state;
    policy.scope = RUN_SCOPE_TENANT;
    ends(&policy, SIZES(2), lines, RUN_PARTIAL);
}

static void compensated_members_vote_last(void **state)
{
    static const uint32_t branches[] = {0, 1};
    static const uint8_t guarantees[] = {GUARANTEE_COMPENSATED, GUARANTEE_ATOMIC};
    static const struct line lines[] = {
        {"begin", "log group"},   {"logged group", "open 0"},  {"opened 0", "prepare 1"},
        {"voted 1", "prepare 0"}, {"voted 0", "log deciding"}, {0},
    };
    struct run *run = run_new(&files);

    (void)state;
    assert_int_equal(run_add_group(run, branches, guarantees, 2), E_OK);
    play(run, lines);
    run_free(run);
}

static void a_reader_that_stays_is_waited_for_and_then_the_group_aborts(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0 busy", "timer seal 0 5ms"},
        {"timer seal 0", "seal 0"},
        {"timer seal 0", ""}, /* nobody waits for it any more */
        {"sealed 0 busy", "timer seal 0 10ms"},
        {"timer seal 0", "seal 0"},
        {"sealed 0 busy", "settle 0 abort"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(1), lines, RUN_RUNNING);
}

static void a_group_held_too_long_goes_on_in_two_parts(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "timer hold 0 30ms, prepare 0, prepare 1, prepare 2"},
        {"voted 0", ""},
        {"timer hold", ""},
        {"voted 1", ""},
        {"voted 2 busy", "settle 0 abort"},
        IT_IS_TAKEN_BACK,
        {"logged settled", "2: log group"},
        {"2: logged group", "2: open 0"},
        {"2: opened 0", "2: timer hold 0 30ms, 2: prepare 0, 2: prepare 1"},
        {0},
    };
    struct run_policy policy = files;

    (void)state;
    policy.max_hold_ms = 30;
    ends(&policy, SIZES(3), lines, RUN_RUNNING);
}

static void a_group_is_cut_without_those_that_refused(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "timer hold 0 30ms, prepare 0, prepare 1, prepare 2, prepare 3"},
        {"voted 0 refused", "log refused 0"},
        {"timer hold", ""},
        {"voted 1", ""},
        {"voted 2", ""},
        {"voted 3", "settle 0 abort"},
        IT_IS_TAKEN_BACK,
        {"logged settled", "2: log group"},
        {0},
    };
    struct run_policy policy = files;
    struct run *run;

    (void)state;
    policy.max_hold_ms = 30;
    policy.scope = RUN_SCOPE_TENANT;
    run = run_of(&policy, SIZES(4));
    play(run, lines);
    assert_int_equal(run->n_groups, 3);
    assert_int_equal(run->groups[1]->n, 2);
    assert_int_equal(run->groups[1]->members[0].branch, 1);
    assert_int_equal(run->groups[1]->members[1].branch, 2);
    assert_int_equal(run->groups[2]->members[0].branch, 3);
    run_free(run);
}

static void what_cannot_be_undone_is_not_cut(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "timer hold 0 30ms, prepare 0, prepare 1"},
        {"timer hold", ""},
        {"voted 0", ""},
        {"voted 1", "settle 0 abort"},
        IT_IS_TAKEN_BACK,
        {"logged settled", "log end"},
        {"logged end", "end"},
        {0},
    };
    struct run_policy policy = files;

    (void)state;
    policy.max_hold_ms = 30;
    policy.undoable = false;
    ends(&policy, SIZES(2), lines, RUN_NOT_DONE);
}

static void a_request_to_stop_aborts_what_is_not_decided(void **state)
{
    static const struct line lines[] = {
        ONE_VOTES,
        {"voted 0 busy", "timer retry 0 5ms"},
        {"abort", "settle 0 abort"},
        IT_IS_TAKEN_BACK,
        {"logged settled", "log end"},
        {"logged end", "end"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(1, 1), lines, RUN_NOT_DONE);
}

static void a_request_after_the_last_decision_is_too_late(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0", "decide 0"},
        {"abort", ""},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        IT_IS_CLOSED,
        {"logged settled", "log end"},
        {"logged end", "end"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(1), lines, RUN_DONE);
}

static void an_undo_is_not_stopped_and_waits_for_busy_members(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0", "decide 0"},
        {"abort", ""},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        IT_IS_CLOSED,
        {"logged settled", "3: log group"}, /* the second never begins */
        {"3: logged group", "3: open 0"},
        {"3: opened 0", "3: prepare 0"},
        {"3: voted 0 busy", "3: timer retry 0 5ms"},
        {"3: timer retry 0", "3: prepare 0"},
        {"3: voted 0", "3: log deciding"},
        {"3: logged deciding", "3: seal 0"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(1, 1), lines, RUN_UNDOING);
}

static void the_deadline_stops_the_run(void **state)
{
    static const struct line lines[] = {
        {"begin", "timer deadline 0 100ms, log group"},
        {"logged group", "open 0"},
        {"timer deadline", ""},
        {"opened 0", "settle 0 abort"},
        {0},
    };
    struct run_policy policy = files;

    (void)state;
    policy.deadline_ms = 100;
    ends(&policy, SIZES(1), lines, RUN_RUNNING);
}

static void a_log_that_dies_before_the_decision_ends_the_run_undone(void **state)
{
    static const struct line lines[] = {
        ONE_VOTES,
        {"voted 0", "log deciding"},
        {"logged deciding fatal", "settle 0 abort"},
        {"settled 0", "log aborted"},
        {"logged aborted fatal", "end"}, /* decision files stay for recovery, and so no end */
        {0},
    };

    (void)state;
    ends(&files, SIZES(1, 1), lines, RUN_NOT_DONE);
}

static void a_log_that_dies_after_the_decision_leaves_doubt(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided fatal", "settle 0 commit"}, /* it fell: the tenants are let go */
        {"settled 0", "end"},                        /* but the anchor stays */
        {0},
    };

    (void)state;
    ends(&files, SIZES(1), lines, RUN_DOUBT);
}

static void a_deciding_record_that_may_be_written_is_in_doubt(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},          {"logged group", "open 0"},
        {"opened 0", "prepare 0"},       {"voted 0", "log deciding"},
        {"logged deciding", "seal 0"},   {"sealed 0", "log decided"},
        {"logged decided fatal", "end"}, {0},
    };

    (void)state;
    ends(&no_files, SIZES(1), lines, RUN_DOUBT);
}

static void an_end_that_cannot_be_recorded_is_in_doubt(void **state)
{
    static const struct line lines[] = {
        ONE_IS_SEALED,
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        IT_IS_CLOSED,
        {"logged settled", "log end"},
        {"logged end fatal", "end"},
        {0},
    };

    (void)state;
    ends(&files, SIZES(1), lines, RUN_DOUBT);
}

static void only_a_certain_no_of_the_files_aborts(void **state)
{
    static const char *const answers[] = {"decided 0 refused", "decided 0 doubt",
                                          "decided 0 nomem"};
    static const char *const asked[] = {"settle 0 abort", "end", "end"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct line lines[] = {
            {"begin", "log group"},        {"logged group", "open 0"},
            {"opened 0", "prepare 0"},     {"voted 0", "log deciding"},
            {"logged deciding", "seal 0"}, {"sealed 0", "decide 0"},
            {answers[i], asked[i]},        {0},
        };

        ends(&files, SIZES(1), lines, i ? RUN_DOUBT : RUN_RUNNING);
    }
}

/* The next group does not begin: nobody knows yet whether the fleet gets there. */
static void a_member_that_does_not_settle_is_in_doubt(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1"},
        {"voted 0", ""},
        {"voted 1", "log deciding"},
        {"logged deciding", "seal 0"},
        {"sealed 0", "decide 0"},
        {"decided 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        {"settled 0 busy +-", "timer settle 0 5ms"},
        {"timer settle 0", "settle 0 commit"},
        {"settled 0 refused +-", "end"},
        {0},
    };
    struct run *run = run_of(&files, SIZES(2, 1));

    (void)state;
    play(run, lines);
    assert_int_equal(run->state, RUN_DOUBT);
    assert_int_equal(run->groups[0]->members[0].state, MEMBER_COMMITTED);
    assert_int_equal(run->groups[0]->members[1].state, MEMBER_DOUBT);
    run_free(run);
}

static void a_member_that_refuses_its_roll_forward_turns_its_group(void **state)
{
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0"},
        {"opened 0", "prepare 0, prepare 1"},
        {"voted 0", ""},
        {"voted 1", "log deciding"},
        {"logged deciding", "seal 0"},
        {"sealed 0", "log decided"},
        {"logged decided", "settle 0 commit"},
        {"settled 0 refused +!", "log refused 1, close 0 commit"},
        {"closed 0", "log settled"},
        {"logged settled", "3: log group"},
        {"3: logged group", "3: open 0"},
        {"3: opened 0", "3: prepare 0"}, /* only the one that is committed */
        {"3: voted 0", "3: log deciding"},
        {"3: logged deciding", "3: seal 0"},
        {"3: sealed 0", "3: log decided"},
        {"3: logged decided", "3: settle 0 commit"},
        {"3: settled 0", "3: close 0 commit"},
        {"3: closed 0", "3: log settled"},
        {"3: logged settled", "2: log group"}, /* with scope group the others have their turn */
        {0},
    };
    struct run_policy policy = no_files;

    (void)state;
    policy.scope = RUN_SCOPE_GROUP;
    ends(&policy, SIZES(2, 1), lines, RUN_RUNNING);
}

static void each_participant_is_asked_and_one_failure_counts(void **state)
{
    static const uint16_t placed[] = {0, 1};
    static const struct line lines[] = {
        {"begin", "log group"},
        {"logged group", "open 0, open 1"},
        {"opened 0 refused", ""},
        {"opened 1", "settle 0 abort, settle 1 abort"},
        {"settled 0", ""},
        {"settled 1", "log aborted"},
        {"logged aborted", "close 0 abort, close 1 abort"},
        {"closed 0 refused", ""}, /* the later yes does not make it good */
        {"closed 1", "end"},
        {0},
    };
    struct run_policy policy = files;

    (void)state;
    policy.participants = 3; /* the third has no member here */
    policy.placed = placed;
    ends(&policy, SIZES(2), lines, RUN_DOUBT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_yes_is_committed),
        cmocka_unit_test(without_decision_files_the_record_decides),
        cmocka_unit_test(a_refused_member_aborts_its_group_and_undoes_the_earlier_ones),
        cmocka_unit_test(a_busy_member_is_retried_until_lock_timeout),
        cmocka_unit_test(a_late_answer_while_draining_is_not_a_failure),
        cmocka_unit_test(a_lost_vote_is_no_yes_and_is_taken_back),
        cmocka_unit_test(with_scope_tenant_a_refusing_member_drops_out),
        cmocka_unit_test(compensated_members_vote_last),
        cmocka_unit_test(a_reader_that_stays_is_waited_for_and_then_the_group_aborts),
        cmocka_unit_test(a_group_held_too_long_goes_on_in_two_parts),
        cmocka_unit_test(a_group_is_cut_without_those_that_refused),
        cmocka_unit_test(what_cannot_be_undone_is_not_cut),
        cmocka_unit_test(a_request_to_stop_aborts_what_is_not_decided),
        cmocka_unit_test(a_request_after_the_last_decision_is_too_late),
        cmocka_unit_test(an_undo_is_not_stopped_and_waits_for_busy_members),
        cmocka_unit_test(the_deadline_stops_the_run),
        cmocka_unit_test(a_log_that_dies_before_the_decision_ends_the_run_undone),
        cmocka_unit_test(a_log_that_dies_after_the_decision_leaves_doubt),
        cmocka_unit_test(a_deciding_record_that_may_be_written_is_in_doubt),
        cmocka_unit_test(an_end_that_cannot_be_recorded_is_in_doubt),
        cmocka_unit_test(only_a_certain_no_of_the_files_aborts),
        cmocka_unit_test(a_member_that_does_not_settle_is_in_doubt),
        cmocka_unit_test(a_member_that_refuses_its_roll_forward_turns_its_group),
        cmocka_unit_test(each_participant_is_asked_and_one_failure_counts),
    };

    return cmocka_run_group_tests_name("run", tests, NULL, NULL);
}
