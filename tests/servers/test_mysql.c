/* Compensated tenants of the MySQL participant: what changes a schema takes effect, or is undone.
 */
#include <sys/wait.h>

#include "engine/past.h"
#include "mysql_under_test.h"

static const char up_sql[] = "CREATE TABLE notes(id INT PRIMARY KEY);\n"
                             "INSERT INTO notes VALUES (1);\n"
                             "ALTER TABLE users ADD COLUMN tier INT;\n"
                             "UPDATE users SET tier = 1;\n"
                             "ALTER TABLE users ADD INDEX by_tier (tier);";
static const char down_sql[] = "ALTER TABLE users DROP INDEX by_tier;\n"
                               "ALTER TABLE users DROP COLUMN tier;\n"
                               "DROP TABLE notes;";

static int begin(void **state)
{
    return begin_with(state, up_sql, down_sql);
}

#define SCHEMA                                                                                     \
    "SELECT GROUP_CONCAT(table_name, '.', column_name ORDER BY table_name, ordinal_position)"      \
    " FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name NOT LIKE"     \
    " 'lockstep%'"
#define HISTORY "SELECT COALESCE(GROUP_CONCAT(direction ORDER BY seq), '') FROM lockstep_history"
#define LEDGER  "SELECT COUNT(*) FROM lockstep_ledger"
#define BEFORE  "users.id,users.name"
#define AFTER   "notes.id,users.id,users.name,users.tier"

static void expect_one(const char *database, bool there)
{
    expect(database, SCHEMA, there ? AFTER : BEFORE);
    if (*mariadb(database, "SHOW TABLES LIKE 'lockstep_ledger'"))
        expect(database, LEDGER, "0");
}

static void expect_all(bool there)
{
    expect_one("t1", there);
    expect_one("t2", there);
    expect_one("t3", there);
    expect_one("t4", there);
}

/* --- in one process --- */

static void all_take_effect_and_the_ledger_is_empty(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;

    join(t, false, false);
    must(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), &t->e);
    assert_int_equal(guarantee, GUARANTEE_COMPENSATED);
    expect("t1", LEDGER, "1"); /* until the group is decided */
    for (uint32_t i = 1; i < TENANTS; i++)
        must(vote(t, i), &t->e);
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    expect("t3", HISTORY, "up");
    expect("t3", "SELECT SUM(tier) FROM users", "2");
}

/* Where the tables are there already the ledgers' rows are written together, before any vote. */
static void what_was_announced_and_never_voted_is_taken_away(void **state)
{
    struct try *t = *state;
    uint8_t slots[TENANTS] = {SETTLE_NOT_YET, SETTLE_DONE, SETTLE_DONE, SETTLE_DONE};

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    join(t, false, true);
    expect("t4", LEDGER, "1");
    must(vote(t, 0), &t->e);
    must(try_to_settle(t, VERDICT_ABORT, slots), &t->e);
    expect_all(true);
}

/* Between the row and the statement somebody else changed the table: that is no effect of ours. */
static void what_changed_since_it_was_announced_is_seen(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    join(t, false, true);
    expect("t1", "ALTER TABLE users ADD COLUMN theirs INT", "");
    must(vote(t, 0), &t->e);
    expect("t1", SCHEMA, "users.id,users.name,users.theirs");
    settle(t, VERDICT_COMMIT);
    expect("t1", LEDGER, "0");
}

/* Somebody did by hand what the statement is to do, which fails for that: it is not made undone. */
static void what_somebody_did_since_it_was_announced_is_not_taken_back(void **state)
{
    struct try *t = *state;

    take_scripts(t, "ALTER TABLE users ADD COLUMN tier INT;",
                 "ALTER TABLE users DROP COLUMN tier;");
    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    join(t, false, true);
    expect("t1", "ALTER TABLE users DROP COLUMN tier", "");
    assert_int_equal(vote(t, 0), E_REFUSED);
    expect("t1", SCHEMA, BEFORE);
    expect("t1", LEDGER, "0");
}

static void an_abort_undoes_all(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    expect("t2", SCHEMA, AFTER);
    settle(t, VERDICT_ABORT);
    expect_all(false);
    expect("t2", HISTORY, "up,down");
}

static void who_fails_in_the_middle_is_named_and_as_it_was(void **state)
{
    CLEANUP_STR struct str text = STR_INIT;
    struct try *t = *state;

    take_scripts(t,
                 "ALTER TABLE users ADD COLUMN tier INT;\nUPDATE users SET tier = 1;\n"
                 "ALTER TABLE users ADD UNIQUE INDEX by_name (name(5));",
                 "ALTER TABLE users DROP INDEX by_name;\nALTER TABLE users DROP COLUMN tier;");
    expect("t1", "DELETE FROM users WHERE id = 2", "");
    join(t, false, false);
    must(vote(t, 0), &t->e);
    assert_int_equal(vote(t, 1), E_REFUSED);
    error_render(&t->e, &text);
    assert_string_equal(str_text(&text),
                        "t2: 001_notes.sql:3: Duplicate entry for key 'by_name', in: ALTER TABLE "
                        "users ADD UNIQUE INDEX by_name (name(5))");
    expect("t2", SCHEMA, BEFORE);
    expect("t2", HISTORY, ""); /* it was never there */
    expect("t2", LEDGER, "0");
    expect("t1", SCHEMA, "users.id,users.name,users.tier");
    settle(t, VERDICT_ABORT);
    expect("t1", SCHEMA, BEFORE);
}

/* A transaction takes back what was done of the rows of one act. */
static void rows_of_an_act_that_fails_are_not_there(void **state)
{
    struct try *t = *state;

    take_scripts(t,
                 "ALTER TABLE users ADD COLUMN tier INT;\nINSERT INTO users VALUES (3, 'b', 1);\n"
                 "INSERT INTO users VALUES (1, 'c', 1);",
                 "DELETE FROM users WHERE id = 3;\nALTER TABLE users DROP COLUMN tier;");
    join(t, false, false);
    assert_int_equal(vote(t, 0), E_REFUSED);
    assert_int_equal(t->e.line, 3);
    expect("t1", "SELECT GROUP_CONCAT(id) FROM users", "1,2");
    expect_one("t1", false);
}

/* What was there before must not go with what failed behind it. */
static void what_a_statement_found_is_not_undone(void **state)
{
    struct try *t = *state;

    take_scripts(t, "CREATE TABLE IF NOT EXISTS notes(id INT PRIMARY KEY);\nSELECT nothing;",
                 "DROP TABLE notes;");
    expect("t1", "CREATE TABLE notes(id INT); INSERT INTO notes VALUES (7)", "");
    join(t, false, false);
    assert_int_equal(vote(t, 0), E_REFUSED);
    expect("t1", "SELECT id FROM notes", "7");
    assert_int_equal(vote(t, 1), E_REFUSED);
    expect("t2", SCHEMA, BEFORE);
}

static void a_check_that_finds_a_row_undoes_what_was_before_it(void **state)
{
    struct try *t = *state;

    take_scripts(t,
                 "ALTER TABLE users ADD COLUMN tier INT;\n-- lockstep:check\n"
                 "SELECT name, COUNT(*) AS n FROM users GROUP BY name HAVING n > 1;",
                 "ALTER TABLE users DROP COLUMN tier;");
    join(t, false, false);
    assert_int_equal(vote(t, 0), E_REFUSED);
    assert_string_equal(t->e.message, "the check returned a row: name=a, n=2");
    expect_one("t1", false);
}

static void a_tenant_that_is_locked_is_busy_and_as_it_was(void **state)
{
    struct try *t = *state;
    const struct my_setup setup = {0};
    struct my *other;

    must(my_open(&t->server, "t1", &setup, &other, &t->e), &t->e);
    must(my_exec(other, "START TRANSACTION; SELECT * FROM users", &t->e), &t->e);
    join(t, false, false);
    assert_int_equal(vote(t, 0), E_BUSY);
    expect("t1", LEDGER, "0");
    must(my_exec(other, "COMMIT", &t->e), &t->e);
    my_close(&other);
    must(vote(t, 0), &t->e);
    expect("t1", SCHEMA, AFTER);
}

/* INSTANT first, then INPLACE; what neither can runs as it is written. */
static void the_cheapest_algorithm_is_asked_for(void **state)
{
    struct try *t = *state;

    take_scripts(t, "ALTER TABLE users MODIFY id BIGINT;", "ALTER TABLE users MODIFY id INT;");
    expect("mysql",
           "SET GLOBAL general_log = ON; SET GLOBAL log_output = 'TABLE';"
           " TRUNCATE mysql.general_log",
           "");
    join(t, false, false);
    must(vote(t, 0), &t->e);
    expect("t1",
           "SELECT column_type FROM information_schema.columns WHERE table_schema = 't1' AND"
           " table_name = 'users' AND column_name = 'id'",
           "bigint(20)");
    expect("mysql",
           "SELECT GROUP_CONCAT(SUBSTR(argument, 37) ORDER BY event_time SEPARATOR ';')"
           " FROM general_log WHERE argument LIKE 'ALTER TABLE users%'",
           "ALGORITHM=INSTANT;ALGORITHM=INPLACE, LOCK=NONE;");
    t->server.as_written = true;
    expect("mysql", "TRUNCATE mysql.general_log", "");
    must(vote(t, 1), &t->e);
    expect("mysql", "SELECT COUNT(*) FROM general_log WHERE argument LIKE 'ALTER TABLE users%'",
           "1");
    expect("mysql", "SET GLOBAL general_log = OFF", "");
}

static void an_undo_runs_the_inverse(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    join(t, false, true);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    expect_all(false);
    expect("t1", HISTORY, "up,down");
}

/* --- over processes --- */

static void another_process_keeps_what_was_decided(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    join(t, true, false);
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    join(t, true, false); /* and so does a third */
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    expect("t1", HISTORY, "up");
}

static void another_process_takes_back_and_shuts_the_first_one_out(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;
    struct participant *late;

    join(t, false, false);
    must(vote(t, 0), &t->e);
    must(vote(t, 1), &t->e);
    late = t->p;
    t->p = NULL;
    join(t, true, false);
    settle(t, VERDICT_ABORT);
    expect_all(false);
    assert_int_equal(late->ops->prepare(late, 2, &guarantee, &t->e), E_REFUSED);
    assert_string_equal(t->e.message, "run r1 was settled by somebody else meanwhile");
    error_clear(&t->e);
    late->ops->free(late);
    expect_all(false);
    expect("t3", HISTORY, "fence");
}

/* The process dies while a statement waits for a lock: its session goes on waiting. */
static void die_at_work(struct try *t, const char *blocked_by)
{
    const struct my_setup setup = {0};
    struct my *other;
    pid_t child;

    t->run.lock_timeout_ms = 60000;
    must(my_open(&t->server, "t1", &setup, &other, &t->e), &t->e);
    must(my_exec(other, blocked_by, &t->e), &t->e);
    child = fork();
    if (!child) {
        struct link *mine = my_link_new(&t->server);

        t->link = mine;
        t->p = NULL;
        join(t, false, false);
        vote(t, 0);
        _exit(0);
    }
    for (int i = 0; i < 200; i++) {
        usleep(20000);
        if (strcmp(mariadb("mysql", "SELECT COUNT(*) FROM information_schema.processlist WHERE"
                                    " state LIKE 'Waiting for%lock%'"),
                   "1") == 0)
            break;
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    t->run.lock_timeout_ms = 300;
    my_close(&other);
    usleep(100000); /* the statement may well go through now, with nobody to hear of it */
}

static void what_a_dead_process_left_at_work_is_taken_back(void **state)
{
    struct try *t = *state;

    die_at_work(t, "START TRANSACTION; SELECT * FROM users");
    join(t, true, false);
    settle(t, VERDICT_ABORT);
    expect_all(false);
}

static void what_a_dead_process_left_at_work_is_carried_on(void **state)
{
    struct try *t = *state;

    die_at_work(t, "START TRANSACTION; SELECT * FROM users");
    join(t, true, false);
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    expect("t1", HISTORY, "up");
}

static void a_server_that_dies_keeps_what_was_done(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    server_do("kill9");
    server_do("start");
    settle(t, VERDICT_ABORT);
    expect_all(false);
}

/* --- looks --- */

static void look(struct try *t, const struct place *places, uint32_t n, struct sight *sights)
{
    struct room room;

    must(t->link->ops->survey(t->link, places, n, &t->run.each, sights, &room, &t->e), &t->e);
}

static void a_survey_knows_equal_pasts_and_who_has_none(void **state)
{
    struct try *t = *state;
    struct sight sights[TENANTS + 2] = {0};
    struct place places[TENANTS + 2] = {{.database = "t1"},      {.database = "t2"},
                                        {.database = "t3"},      {.database = "t4"},
                                        {.database = "nowhere"}, {.database = "other"}};

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    expect("mysql",
           "DROP DATABASE IF EXISTS other; CREATE DATABASE other; CREATE TABLE other.x(i INT)", "");
    look(t, places, TENANTS + 2, sights);
    for (int i = 0; i < TENANTS; i++) {
        assert_int_equal(sights[i].why.code, 0);
        assert_true(sights[i].history);
        assert_string_equal(str_text(&sights[i].past), str_text(&sights[0].past));
    }
    assert_true(strstr(str_text(&sights[0].past), "DROP TABLE notes") != NULL);
    assert_string_equal(sights[TENANTS].why.message, "there is no database nowhere");
    assert_true(sights[TENANTS + 1].foreign && !sights[TENANTS + 1].history);
    for (int i = 0; i < TENANTS + 2; i++) {
        str_free(&sights[i].past);
        error_clear(&sights[i].why);
    }
}

static void a_tenant_in_the_middle_of_a_run_is_not_used(void **state)
{
    struct try *t = *state;
    struct sight sight = {0};

    join(t, false, false);
    must(vote(t, 0), &t->e);
    look(t, &t->branches[0].place, 1, &sight);
    assert_int_equal(sight.why.code, E_REFUSED);
    assert_string_equal(sight.why.message, "run r1 was cut off in this tenant and is not settled");
    error_clear(&sight.why);
    str_free(&sight.past);
}

/* Whoever changed rows by hand and dropped the head gets a past of his own. */
static void a_history_changed_by_hand_is_read(void **state)
{
    struct try *t = *state;
    struct sight sights[TENANTS] = {0};
    struct place places[TENANTS] = {
        {.database = "t1"}, {.database = "t2"}, {.database = "t3"}, {.database = "t4"}};

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    expect("t2", "UPDATE lockstep_history SET name = 'mine', head = NULL", "");
    look(t, places, TENANTS, sights);
    assert_true(strstr(str_text(&sights[1].past), "mine") != NULL);
    assert_string_equal(str_text(&sights[2].past), str_text(&sights[0].past));
    for (int i = 0; i < TENANTS; i++)
        str_free(&sights[i].past);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(all_take_effect_and_the_ledger_is_empty),
        CASE(what_was_announced_and_never_voted_is_taken_away),
        CASE(what_changed_since_it_was_announced_is_seen),
        CASE(what_somebody_did_since_it_was_announced_is_not_taken_back),
        CASE(an_abort_undoes_all),
        CASE(who_fails_in_the_middle_is_named_and_as_it_was),
        CASE(rows_of_an_act_that_fails_are_not_there),
        CASE(what_a_statement_found_is_not_undone),
        CASE(a_check_that_finds_a_row_undoes_what_was_before_it),
        CASE(a_tenant_that_is_locked_is_busy_and_as_it_was),
        CASE(the_cheapest_algorithm_is_asked_for),
        CASE(an_undo_runs_the_inverse),
        CASE(another_process_keeps_what_was_decided),
        CASE(another_process_takes_back_and_shuts_the_first_one_out),
        CASE(what_a_dead_process_left_at_work_is_taken_back),
        CASE(what_a_dead_process_left_at_work_is_carried_on),
        CASE(a_server_that_dies_keeps_what_was_done),
        CASE(a_survey_knows_equal_pasts_and_who_has_none),
        CASE(a_tenant_in_the_middle_of_a_run_is_not_used),
        CASE(a_history_changed_by_hand_is_read),
    };

    choose_case();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
