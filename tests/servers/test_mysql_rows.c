/* Tenants of which only rows change, on the MySQL participant: prepared XA transactions. */
#include "mysql_under_test.h"

static int begin(void **state)
{
    return begin_with(state, "INSERT INTO users VALUES (3, 'b');\nUPDATE users SET name = 'z';",
                      "DELETE FROM users WHERE id = 3;");
}

static void expect_all(bool there)
{
    static const char *const databases[TENANTS] = {"t1", "t2", "t3", "t4"};

    for (int i = 0; i < TENANTS; i++)
        expect(databases[i], "SELECT GROUP_CONCAT(id, name) FROM users",
               there ? "1z,2z,3z" : "1a,2a");
}

static void expect_prepared(const char *n)
{
    char out[8192];
    int lines = 0;

    snprintf(out, sizeof out, "%s", mariadb("mysql", "XA RECOVER"));
    for (const char *at = out; *at; at += strcspn(at, "\n"), at += *at == '\n')
        lines++;
    snprintf(out, sizeof out, "%d", lines);
    assert_string_equal(out, n);
}

static void nothing_shows_before_the_decision_and_all_after_it(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;

    join(t, false, false);
    must(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), &t->e);
    assert_int_equal(guarantee, GUARANTEE_PREPARED);
    for (uint32_t i = 1; i < TENANTS; i++)
        must(vote(t, i), &t->e);
    expect_all(false);
    expect_prepared("4");
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    expect_prepared("0");
    expect("t1", "SELECT direction FROM lockstep_history", "up");
}

static void an_abort_leaves_nothing(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_ABORT);
    expect_all(false);
    expect_prepared("0");
    expect("t1", "SELECT COUNT(*) FROM lockstep_history", "0");
}

static void who_refuses_is_named_and_quotes_no_value(void **state)
{
    CLEANUP_STR struct str text = STR_INIT;
    struct try *t = *state;

    expect("t2", "INSERT INTO users VALUES (3, 'secret')", "");
    join(t, false, false);
    must(vote(t, 0), &t->e);
    assert_int_equal(vote(t, 1), E_REFUSED);
    error_render(&t->e, &text);
    assert_string_equal(str_text(&text),
                        "t2: 001_notes.sql:1: Duplicate entry for key 'PRIMARY', in: INSERT INTO "
                        "users VALUES (3, 'b')");
    settle(t, VERDICT_ABORT);
    expect_prepared("0");
}

static void another_process_commits_what_was_decided(void **state)
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
    expect_prepared("0");
}

/* One vote was lost with its server, say: it is given again. */
static void a_decided_tenant_without_its_vote_runs_again(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    for (uint32_t i = 1; i < TENANTS; i++)
        must(vote(t, i), &t->e);
    join(t, true, false);
    settle(t, VERDICT_COMMIT);
    expect_all(true);
}

static void another_process_takes_back_and_shuts_the_first_one_out(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;
    struct participant *late;

    join(t, false, false);
    must(vote(t, 0), &t->e);
    late = t->p;
    t->p = NULL;
    join(t, true, false);
    settle(t, VERDICT_ABORT);
    assert_int_equal(late->ops->prepare(late, 1, &guarantee, &t->e), E_REFUSED);
    assert_string_equal(t->e.message, "run r1 was settled by somebody else meanwhile");
    error_clear(&t->e);
    late->ops->free(late);
    expect_all(false);
    expect_prepared("0");
}

static void end_prepared_of(const char *database, const char *how)
{
    char out[8192], sql[400], end[16], *at, *xid;

    snprintf(out, sizeof out, "%s", mariadb("mysql", "XA RECOVER FORMAT='SQL'"));
    snprintf(end, sizeof end, "_%s'", database);
    at = strstr(out, end);
    assert_non_null(at);
    at[strcspn(at, "\n")] = '\0';
    xid = strrchr(out, '\t'); /* the last column of its line */
    assert_non_null(xid);
    snprintf(sql, sizeof sql, "XA %s %.300s", how, xid + 1);
    expect("mysql", sql, "");
}

/* Each tenant's history row says how: who has none is run again, for the group is decided. */
static void a_vote_that_somebody_else_ended_is_told_by_its_tenants(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    end_prepared_of("t1", "ROLLBACK");
    end_prepared_of("t2", "COMMIT");
    expect_prepared("2");
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    expect("t2", "SELECT COUNT(*) FROM lockstep_history", "1");
}

static void a_server_that_dies_keeps_the_votes(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    server_do("kill9");
    server_do("start");
    expect_prepared("4");
    settle(t, VERDICT_COMMIT);
    expect_all(true);
    expect_prepared("0");
}

static void a_row_that_is_locked_is_busy(void **state)
{
    struct try *t = *state;
    const struct my_setup setup = {0};
    struct my *other;

    must(my_open(&t->server, "t1", &setup, &other, &t->e), &t->e);
    must(my_exec(other, "START TRANSACTION; UPDATE users SET name = 'q'", &t->e), &t->e);
    join(t, false, false);
    assert_int_equal(vote(t, 0), E_BUSY);
    must(my_exec(other, "ROLLBACK", &t->e), &t->e);
    my_close(&other);
    must(vote(t, 0), &t->e);
    expect_prepared("1");
    settle(t, VERDICT_ABORT);
}

static void an_undo_is_prepared_too(void **state)
{
    struct try *t = *state;

    join(t, false, false);
    vote_all(t);
    settle(t, VERDICT_COMMIT);
    join(t, false, true);
    vote_all(t);
    expect_prepared("4");
    settle(t, VERDICT_COMMIT);
    expect("t1", "SELECT GROUP_CONCAT(id) FROM users", "1,2");
    expect("t1", "SELECT GROUP_CONCAT(direction ORDER BY seq) FROM lockstep_history", "up,down");
}

static void a_rehearsal_changes_nothing(void **state)
{
    struct try *t = *state;

    must(t->link->ops->rehearse(t->link, &t->run, 0, &t->e), &t->e);
    expect_all(false);
    expect("t1", "SHOW TABLES", "users");
    expect("t2", "INSERT INTO users VALUES (3, 'x')", "");
    assert_int_equal(t->link->ops->rehearse(t->link, &t->run, 1, &t->e), E_REFUSED);
    error_clear(&t->e);
    take_scripts(t, "ALTER TABLE users ADD COLUMN c INT;", "ALTER TABLE users DROP COLUMN c;");
    assert_int_equal(t->link->ops->rehearse(t->link, &t->run, 0, &t->e), E_MISSING);
    take_scripts(t, "ALTER TABEL users ADD COLUMN c INT;", "ALTER TABLE users DROP COLUMN c;");
    assert_int_equal(t->link->ops->rehearse(t->link, &t->run, 0, &t->e), E_REFUSED);
    assert_int_equal(t->e.line, 1);
    expect("t1", "SHOW TABLES", "users");
}

static int note(void *arg, const struct stray *stray)
{
    int *n = arg;

    assert_string_equal(stray->key, key);
    assert_int_equal(stray->group, 1);
    assert_int_equal(stray->database[0], 't');
    assert_true(stray->age_s >= 0 && stray->age_s < 600);
    (*n)++;
    return E_OK;
}

static void strays_of_ours_are_found_and_those_of_others_left(void **state)
{
    struct try *t = *state;
    int n = 0;

    expect("t4",
           "XA START 'lockstep_of_somebody'; DELETE FROM users WHERE id = 1; XA END"
           " 'lockstep_of_somebody'; XA PREPARE 'lockstep_of_somebody'",
           "");
    join(t, false, false);
    for (uint32_t i = 0; i < 3; i++)
        must(vote(t, i), &t->e);
    must(t->link->ops->strays(t->link, note, &n, &t->e), &t->e);
    assert_int_equal(n, 3);
    join(t, true, false);
    settle(t, VERDICT_ABORT);
    expect_prepared("1");
    expect("mysql", "XA ROLLBACK 'lockstep_of_somebody'", "");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(nothing_shows_before_the_decision_and_all_after_it),
        CASE(an_abort_leaves_nothing),
        CASE(who_refuses_is_named_and_quotes_no_value),
        CASE(another_process_commits_what_was_decided),
        CASE(a_decided_tenant_without_its_vote_runs_again),
        CASE(another_process_takes_back_and_shuts_the_first_one_out),
        CASE(a_vote_that_somebody_else_ended_is_told_by_its_tenants),
        CASE(a_server_that_dies_keeps_the_votes),
        CASE(a_row_that_is_locked_is_busy),
        CASE(an_undo_is_prepared_too),
        CASE(a_rehearsal_changes_nothing),
        CASE(strays_of_ours_are_found_and_those_of_others_left),
    };

    choose_case();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
