/* The PostgreSQL participant, driven as the machine drives it, on a real server; psql judges. */
#include "engine/past.h"
#include "postgres_under_test.h"

static void all_commit_after_the_decision_and_not_before(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    expect_all(false);
    assert_string_equal(prepared(),
                        "4"); /* three databases, and one for the schemas of the other */
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    assert_string_equal(prepared(), "0");
}

static void an_abort_leaves_nothing(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    settle(t, VERDICT_ABORT);
    expect_all(false);
    assert_string_equal(prepared(), "0");
}

static void who_refuses_is_named_and_the_others_of_its_database_stay(void **state)
{
    CLEANUP_STR struct str text = STR_INIT;
    struct try *t = *state;
    enum guarantee guarantee;
    uint8_t slots[TENANTS] = {0};

    psql("app", "CREATE TABLE s2.notes(x int)");
    join(t, false, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    for (uint32_t i = 0; i < TENANTS; i++) {
        int r = t->p->ops->prepare(t->p, i, &guarantee, &t->e);

        assert_int_equal(r, i == 4 ? E_REFUSED : E_OK);
    }
    error_render(&t->e, &text);
    assert_string_equal(str_text(&text),
                        "s2: 001_notes.sql:1: relation \"notes\" already exists, in: CREATE TABLE "
                        "notes(id int PRIMARY KEY)");
    error_clear(&t->e);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    slots[4] = SETTLE_DONE;
    must(t->p->ops->settle(t->p, VERDICT_COMMIT, slots, &t->e), &t->e);
    assert_string_equal(psql("app", "SELECT count(*) FROM s3.notes"), "1");
    assert_string_equal(psql("app", "SELECT to_regclass('s2.lockstep_history') IS NULL"), "t");
}

static void another_process_commits_what_was_decided(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    join(t, true, false);
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    join(t, true, false); /* and so does a third */
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    assert_string_equal(prepared(), "0");
}

static void another_process_takes_back_and_shuts_the_first_one_out(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;
    uint8_t slots[TENANTS] = {0};
    struct participant *late;

    join(t, false, false);
    vote_all(t);
    late = t->p;
    t->p = NULL;
    join(t, true, false);
    for (int i = 0; i < 20; i++)
        if (t->p->ops->settle(t->p, VERDICT_ABORT, slots, &t->e) == E_OK)
            break;
    expect_all(false);
    assert_int_not_equal(late->ops->seal(late, NULL), E_OK);
    assert_int_equal(late->ops->prepare(late, 0, &guarantee, NULL), E_REFUSED);
    late->ops->free(late);
    expect_all(false);
    assert_string_equal(prepared(), "0");
}

static void end_prepared_of(const char *database, const char *how)
{
    char sql[200];

    snprintf(
        sql, sizeof sql, "%s PREPARED '%s'", how,
        psql(database, "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"));
    psql(database, sql);
}

/* Each tenant's history row says how: who has none is run again, for the group is decided. */
static void a_vote_that_somebody_else_ended_is_told_by_its_tenants(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    end_prepared_of("t1", "ROLLBACK");
    end_prepared_of("t2", "COMMIT");
    assert_string_equal(prepared(), "2");
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    assert_string_equal(psql("t2", "SELECT count(*) FROM lockstep_history"), "1");
}

static void a_server_that_dies_keeps_what_was_sealed(void **state)
{
    struct try *t = *state;
    char command[600];

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    for (int i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "python3 -SEB %s %s %s/pg", getenv("SERVER_FRONT"),
                 i ? "start" : "kill9", getenv("SERVER_FOLDER"));
        assert_int_equal(system(command), 0);
    }
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    assert_string_equal(prepared(), "0");
}

static void a_survey_knows_equal_pasts_and_who_has_none(void **state)
{
    struct try *t = *state;
    struct place places[TENANTS + 1];
    struct sight sights[TENANTS + 1] = {0};
    struct room room;

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    settle(t, VERDICT_COMMIT);
    psql("app", "CREATE SCHEMA s4; CREATE TABLE s4.x(i int)");
    for (int i = 0; i < TENANTS; i++)
        places[i] = t->branches[i].place;
    places[TENANTS] = (struct place){.database = "app", .schema = "s4"};
    must(t->link->ops->survey(t->link, places, TENANTS + 1, &t->run.each, sights, &room, &t->e),
         &t->e);
    for (int i = 0; i < TENANTS; i++) {
        assert_int_equal(sights[i].why.code, 0);
        assert_true(sights[i].history);
        assert_string_equal(str_text(&sights[i].past), str_text(&sights[0].past));
    }
    assert_true(strstr(str_text(&sights[0].past), "DROP TABLE notes") != NULL);
    assert_true(sights[TENANTS].foreign && !sights[TENANTS].history);
    for (int i = 0; i <= TENANTS; i++)
        str_free(&sights[i].past);
}

static void a_place_that_is_not_there_is_named(void **state)
{
    struct try *t = *state;
    const struct place places[] = {
        {.database = "nowhere"}, {.database = "app", .schema = "s9"}, {.database = "t1"}};
    struct sight sights[3] = {0};
    struct room room;

    must(t->link->ops->survey(t->link, places, 3, &t->run.each, sights, &room, &t->e), &t->e);
    assert_true(strstr(sights[0].why.message, "database \"nowhere\" does not exist") != NULL);
    assert_string_equal(sights[1].why.message, "there is no schema s9");
    assert_int_equal(sights[2].why.code, 0);
    for (int i = 0; i < 3; i++)
        error_clear(&sights[i].why);
}

static void an_undo_runs_the_inverse(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    settle(t, VERDICT_COMMIT);
    join(t, false, true);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    settle(t, VERDICT_COMMIT);
    expect_all(false);
    assert_string_equal(psql("t1", "SELECT string_agg(direction, ' ' ORDER BY seq) "
                                   "FROM lockstep_history"),
                        "up down");
}

static void a_tenant_that_is_locked_is_busy(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;
    struct pg_setup setup = {0};
    struct pg *other;

    psql("t1", "CREATE TABLE users(id int)");
    must(script_parse(&t->arena, ENGINE_POSTGRES, "001_notes.sql", "ALTER TABLE users ADD x int;",
                      &t->up, &t->e),
         &t->e);
    must(pg_open(&t->server, "t1", &setup, &other, &t->e), &t->e);
    must(pg_exec(other, "BEGIN; SELECT * FROM users", &t->e), &t->e);
    join(t, false, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    assert_int_equal(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), E_BUSY);
    error_clear(&t->e);
    must(pg_exec(other, "COMMIT", &t->e), &t->e);
    must(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), &t->e);
    pg_close(&other);
}

/* What follows would commit at once: its own statement, and the history row behind it. */
static void a_script_that_leaves_its_transaction_is_refused_and_leaves_nothing(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;

    must(script_parse(&t->arena, ENGINE_POSTGRES, "001_notes.sql",
                      "CREATE TABLE notes(i int);\nSELECT 1;", &t->up, &t->e),
         &t->e);
    t->up.statements[1].sql = "ABORT"; /* as what a reader of scripts does not know would */
    join(t, false, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    assert_int_equal(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), E_REFUSED);
    assert_string_equal(t->e.message, "this ends the transaction that the migration runs in");
    assert_int_equal(t->e.line, 2);
    error_clear(&t->e);
    settle(t, VERDICT_ABORT);
    expect_all(false);
    assert_string_equal(psql("t1", "SELECT to_regclass('lockstep_history') IS NULL"), "t");
}

static int note(void *arg, const struct stray *stray)
{
    int *n = arg;

    assert_string_equal(stray->key, key);
    assert_int_equal(stray->group, 1);
    (*n)++;
    return E_OK;
}

static void strays_of_ours_are_found_and_those_of_others_left(void **state)
{
    struct try *t = *state;
    int n = 0;

    psql("t1", "BEGIN; CREATE TABLE x(i int); PREPARE TRANSACTION 'lockstep_of_somebody'");
    join(t, false, false);
    vote_all(t);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
    must(t->link->ops->strays(t->link, note, &n, &t->e), &t->e);
    assert_int_equal(n, 4);
    join(t, true, false);
    settle(t, VERDICT_ABORT);
    assert_string_equal(prepared(), "1");
    psql("t1", "ROLLBACK PREPARED 'lockstep_of_somebody'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_commit_after_the_decision_and_not_before, begin, end),
        cmocka_unit_test_setup_teardown(an_abort_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(who_refuses_is_named_and_the_others_of_its_database_stay,
                                        begin, end),
        cmocka_unit_test_setup_teardown(another_process_commits_what_was_decided, begin, end),
        cmocka_unit_test_setup_teardown(another_process_takes_back_and_shuts_the_first_one_out,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_vote_that_somebody_else_ended_is_told_by_its_tenants,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_server_that_dies_keeps_what_was_sealed, begin, end),
        cmocka_unit_test_setup_teardown(a_survey_knows_equal_pasts_and_who_has_none, begin, end),
        cmocka_unit_test_setup_teardown(a_place_that_is_not_there_is_named, begin, end),
        cmocka_unit_test_setup_teardown(an_undo_runs_the_inverse, begin, end),
        cmocka_unit_test_setup_teardown(a_tenant_that_is_locked_is_busy, begin, end),
        cmocka_unit_test_setup_teardown(
            a_script_that_leaves_its_transaction_is_refused_and_leaves_nothing, begin, end),
        cmocka_unit_test_setup_teardown(strays_of_ours_are_found_and_those_of_others_left, begin,
                                        end),
    };

    choose_case();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
