/* Steps outside a transaction: ledger, history, inverse. */
#include "group_under_test.h"

static const char vacuum[] = "-- lockstep:transaction off\nVACUUM;";
static const char has_ledger[] = "SELECT count(*) FROM sqlite_schema WHERE name='lockstep_ledger'";

static void go_back_with(struct fleet_under_test *t, const char *down)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    assert_int_equal(script_parse(&t->arena, ENGINE_SQLITE, "001_down.sql", down, &t->down, &e),
                     E_OK);
}

static void a_vacuum_commits(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, vacuum);
    prepare_all(&t, GUARANTEE_COMPENSATED);
    assert_int_equal(ask(t.paths[0], has_ledger), 1);
    commit(&t);
    for (int i = 0; i < TENANTS; i++) {
        assert_int_equal(ask(t.paths[i], has_ledger), 0);
        assert_int_equal(ask(t.paths[i], "SELECT count(*) FROM lockstep_history"), 1);
    }
    tear_down(&t);
}

static void what_failed_at_its_first_statement_needs_no_inverse(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum guarantee got;

    (void)state;
    set_up(&t, plain, "-- lockstep:transaction off\nCREATE UNIQUE INDEX one ON nowhere(a);");
    go_back_with(&t, "DROP INDEX one;"); /* would fail */
    open_group(&t, false);
    must(t.p->ops->open(t.p, &e), &e);
    assert_int_equal(t.p->ops->prepare(t.p, 0, &got, &e), E_REFUSED);
    finish(&t, VERDICT_ABORT);
    assert_int_equal(ask(t.paths[0], has_ledger), 0);
    tear_down(&t);
}

/* A statement that fails may keep rows: INSERT OR FAIL does. */
static void rows_of_a_failed_statement_are_taken_back(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum guarantee got;

    (void)state;
    set_up(&t, plain,
           "-- lockstep:transaction off\nINSERT OR FAIL INTO users(id) VALUES (10), (11), (1);");
    go_back_with(&t, "DELETE FROM users WHERE id >= 10;");
    open_group(&t, false);
    must(t.p->ops->open(t.p, &e), &e);
    assert_int_equal(t.p->ops->prepare(t.p, 0, &got, &e), E_REFUSED);
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users"), 3);
    assert_int_equal(ask(t.paths[0], has_ledger), 0);
    finish(&t, VERDICT_ABORT);
    tear_down(&t);
}

static void what_failed_later_is_taken_back(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum guarantee got;

    (void)state;
    set_up(&t, plain, "-- lockstep:transaction off\nCREATE TABLE a(x); CREATE TABLE users(x);");
    go_back_with(&t, "DROP TABLE IF EXISTS a;");
    open_group(&t, false);
    must(t.p->ops->open(t.p, &e), &e);
    assert_int_equal(t.p->ops->prepare(t.p, 0, &got, &e), E_REFUSED);
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM sqlite_schema WHERE name='a'"), 0);
    assert_int_equal(ask(t.paths[0], has_ledger), 0);
    finish(&t, VERDICT_ABORT);
    tear_down(&t);
}

static void taking_back_can_be_repeated(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum found found;

    (void)state;
    set_up(&t, plain, "-- lockstep:transaction off\nUPDATE users SET name = name || 'x';");
    go_back_with(&t, "UPDATE users SET name = rtrim(name, 'x') || '-';");
    prepare_all(&t, GUARANTEE_COMPENSATED);
    for (int i = 0; i < 2; i++) {
        t.p->ops->free(t.p); /* killed */
        open_group(&t, true);
        must(t.p->ops->ask(t.p, &found, &e), &e);
        memset(t.slots, SETTLE_NOT_YET, sizeof t.slots);
        must(t.p->ops->settle(t.p, VERDICT_ABORT, t.slots, &e), &e);
    }
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users WHERE name = 'a-'"), 1);
    assert_int_equal(ask(t.paths[0], has_ledger), 0);
    tear_down(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_folder(a_vacuum_commits),
        in_a_folder(what_failed_at_its_first_statement_needs_no_inverse),
        in_a_folder(rows_of_a_failed_statement_are_taken_back),
        in_a_folder(what_failed_later_is_taken_back),
        in_a_folder(taking_back_can_be_repeated),
    };

    return cmocka_run_group_tests_name("compensated", tests, NULL, NULL);
}
