/* What a tenant is asked before it votes, and what it says no to. */
#include "group_under_test.h"

static const char wal[] =
    "PRAGMA journal_mode=WAL; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
    "INSERT INTO users(name) VALUES ('a'), ('b'), ('c');";

/* An application that dies in the middle of what it does, in each tenant. */
static void crash_in(struct fleet_under_test *t, const char *sql)
{
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        for (int i = 0; i < TENANTS; i++) {
            sqlite3 *db;

            if (sqlite3_open(t->paths[i], &db) || sqlite3_exec(db, sql, NULL, NULL, NULL))
                _exit(1);
        }
        _exit(0);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void a_hot_journal_of_a_crashed_application_is_settled_first(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    /* too little cache for what it writes: its pages are in the file, the old ones in the journal
     */
    crash_in(&t,
             "PRAGMA cache_size=2; BEGIN; UPDATE users SET name='crashed';"
             "CREATE TABLE big(x); WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<40)"
             "INSERT INTO big SELECT randomblob(1000) FROM n;");
    assert_int_equal(count_side_files(t.dir), TENANTS);
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "delete");
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users WHERE name='crashed'"), 0);
    tear_down(&t);
}

static void the_wal_of_a_crashed_application_is_taken_in_first(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, wal, add_tier);
    crash_in(&t, "UPDATE users SET name='committed'");
    assert_int_equal(count_side_files(t.dir), TENANTS);
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "wal");
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users WHERE name='committed'"), 3);
    tear_down(&t);
}

/* Where there is no room to hold pages they are written before the vote: not under a reader. */
static void a_full_cap_writes_nothing_while_somebody_reads(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct application reader;
    enum guarantee got;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.held_cap = 0;
    reader = connect_application(&t, "BEGIN; SELECT * FROM users");
    open_group(&t, false);
    must(t.p->ops->open(t.p, &e), &e);
    assert_int_equal(t.p->ops->prepare(t.p, 0, &got, &e), E_BUSY);
    finish(&t, VERDICT_ABORT);
    disconnect(&reader);
    expect(&t, 0, "delete");
    tear_down(&t);
}

/* COMMIT would find it, and it comes after the decision. */
static void a_logged_vote_looks_at_deferred_foreign_keys(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct application app;
    enum guarantee got;

    (void)state;
    set_up(&t, wal,
           "CREATE TABLE child(user REFERENCES users(id) DEFERRABLE INITIALLY DEFERRED);"
           "INSERT INTO child VALUES (99);");
    app = connect_application(&t, "SELECT count(*) FROM users");
    open_group(&t, false);
    must(t.p->ops->open(t.p, &e), &e);
    assert_int_equal(t.p->ops->prepare(t.p, 0, &got, &e), E_REFUSED);
    assert_non_null(strstr(e.message, "FOREIGN KEY"));
    finish(&t, VERDICT_ABORT);
    disconnect(&app);
    tear_down(&t);
}

/* Another run was quicker, or the plan is old: the history in the tenant itself has the last word.
 */
static void a_tenant_that_has_the_step_already_is_refused(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum guarantee got;

    (void)state;
    set_up(&t, plain, "UPDATE users SET name = name || '+';");
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    t.p->ops->free(t.p);
    open_group(&t, false);
    must(t.p->ops->open(t.p, &e), &e);
    assert_int_equal(t.p->ops->prepare(t.p, 0, &got, &e), E_CHANGED);
    assert_non_null(strstr(e.message, "is applied already"));
    finish(&t, VERDICT_ABORT);
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users WHERE name = 'a+'"), 1);
    tear_down(&t);
}

/* SQLite may end a transaction otherwise than by its journal: then the group could not take it
 * back. */
static void a_vote_needs_the_record_and_the_end_of_the_journal(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct tenant_file f;

    (void)state;
    set_up(&t, plain, add_tier);
    for (int have = 0; have < 4; have++) {
        must(tenant_file_open(&f, t.paths[0], "super", 0, 0, &t.engine.room, &e), &e);
        f.journal.recorded = have & 1;
        f.journal_ended = have & 2;
        assert_int_equal(tenant_file_vote(&f, &e), have == 3 ? E_OK : E_REFUSED);
        tenant_file_release(&f);
    }
    tear_down(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_folder(a_hot_journal_of_a_crashed_application_is_settled_first),
        in_a_folder(the_wal_of_a_crashed_application_is_taken_in_first),
        in_a_folder(a_full_cap_writes_nothing_while_somebody_reads),
        in_a_folder(a_logged_vote_looks_at_deferred_foreign_keys),
        in_a_folder(a_tenant_that_has_the_step_already_is_refused),
        in_a_folder(a_vote_needs_the_record_and_the_end_of_the_journal),
    };

    return cmocka_run_group_tests_name("vote", tests, NULL, NULL);
}
