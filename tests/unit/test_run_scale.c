/* The machine with large fleets: it gets there, in steps that grow with the fleet and not faster.
 */
#include "core/run.h"

#include "test.h"

static const struct run_policy policy = {.undoable = true, .window = 16, .lock_timeout_ms = 1000};

struct world {
    struct run *run;
    uint64_t actions;
    uint32_t refusing; /* this branch says no */
    uint8_t *slots;
};

static enum event_kind answer_to(enum action_kind kind)
{
    static const enum event_kind kinds[] = {
        [ACT_LOG] = EV_LOGGED,   [ACT_OPEN] = EV_OPENED,    [ACT_PREPARE] = EV_VOTED,
        [ACT_SEAL] = EV_SEALED,  [ACT_DECIDE] = EV_DECIDED, [ACT_SETTLE] = EV_SETTLED,
        [ACT_CLOSE] = EV_CLOSED, [ACT_ASK] = EV_FOUND,
    };

    return kinds[kind];
}

static void oblige(struct world *w, const struct action *a)
{
    struct event e = {.group = a->group,
                      .slot = a->slot,
                      .participant = a->participant,
                      .attempt = a->attempt,
                      .record = a->record,
                      .slots = w->slots};

    w->actions++;
    if (a->kind == ACT_TIMER || a->kind == ACT_END)
        return;
    if (a->kind == ACT_LOG && !record_is_forced(a->record))
        return;
    e.kind = answer_to(a->kind);
    if (a->kind == ACT_PREPARE &&
        run_group(w->run, a->group)->members[a->slot].branch == w->refusing)
        e.outcome = E_REFUSED;
    assert_int_equal(run_handle(w->run, &e), E_OK);
}

static void go(struct world *w)
{
    const struct event begin = {.kind = EV_BEGIN};
    struct action action;

    assert_int_equal(run_handle(w->run, &begin), E_OK);
    while (run_next(w->run, &action))
        oblige(w, &action);
}

static struct world world_of(uint32_t groups, uint32_t members)
{
    struct world w = {.run = run_new(&policy), .refusing = UINT32_MAX};
    uint32_t *branches = calloc(members, sizeof *branches);
    uint8_t *guarantees = calloc(members, 1);

    assert_true(w.run && branches && guarantees);
    for (uint32_t g = 0; g < groups; g++) {
        for (uint32_t i = 0; i < members; i++)
            branches[i] = g * members + i;
        assert_int_equal(run_add_group(w.run, branches, guarantees, members), E_OK);
    }
    w.slots = malloc(members);
    memset(w.slots, SETTLE_DONE, members);
    free(branches);
    free(guarantees);
    return w;
}

static void end(struct world *w)
{
    run_free(w->run);
    free(w->slots);
}

static void a_group_of_100000_members_is_committed(void **state)
{
    struct world w = world_of(1, 100000);

    (void)state;
    go(&w);
    assert_int_equal(w.run->state, RUN_DONE);
    assert_int_equal(w.actions, 100000 + 10);
    end(&w);
}

static void of_20000_groups_the_last_fails_and_all_go_back(void **state)
{
    struct world w = world_of(20000, 5);

    (void)state;
    w.refusing = 20000 * 5 - 1;
    go(&w);
    assert_int_equal(w.run->state, RUN_NOT_DONE);
    assert_int_equal(w.run->n_groups, 20000 + 19999);
    end(&w);
}

static void a_log_of_20000_groups_is_replayed_and_taken_back(void **state)
{
    static const enum record_kind kinds[] = {RECORD_GROUP, RECORD_DECIDING, RECORD_DECIDED,
                                             RECORD_SETTLED};
    struct world w = world_of(20000, 5);

    (void)state;
    for (uint32_t g = 1; g < 20000; g++)
        for (int k = 0; k < 4; k++) {
            const uint32_t first = (g - 1) * 5;
            const uint32_t branches[] = {first, first + 1, first + 2, first + 3, first + 4};
            struct replayed record = {.kind = kinds[k],
                                      .group = g,
                                      .branches = branches,
                                      .n = kinds[k] == RECORD_GROUP ? 5 : 0};

            assert_int_equal(run_replay(w.run, &record), E_OK);
        }
    go(&w);
    assert_int_equal(w.run->state, RUN_NOT_DONE);
    assert_int_equal(w.run->n_groups, 20000 + 19999);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_group_of_100000_members_is_committed),
        cmocka_unit_test(of_20000_groups_the_last_fails_and_all_go_back),
        cmocka_unit_test(a_log_of_20000_groups_is_replayed_and_taken_back),
    };

    return cmocka_run_group_tests_name("run_scale", tests, NULL, NULL);
}
