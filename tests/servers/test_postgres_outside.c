/* Steps that cannot run in a transaction, on a real PostgreSQL server: their effects show before
 * the decision, and are finished or taken back after it. */
#include "postgres_under_test.h"

static const char index_sql[] = "CREATE INDEX CONCURRENTLY notes_body ON notes(body);";
static const char index_down_sql[] = "DROP INDEX CONCURRENTLY IF EXISTS notes_body;";

static void parse_outside(struct try *t, const char *sql, struct script *script)
{
    CLEANUP_STR struct str text = STR_INIT;

    str_addf(&text, "-- lockstep:transaction off\n%s", sql);
    must(script_parse(&t->arena, ENGINE_POSTGRES, "002_x.sql", str_text(&text), script, &t->e),
         &t->e);
}

/* All tenants have a table; the step makes an index on it. */
static void use(struct try *t, const char *up, const char *down)
{
    static const char table[] = "CREATE TABLE notes(id int, body text)";

    psql("t1", table);
    psql("t2", table);
    psql("t3", table);
    psql("app",
         "CREATE TABLE s1.notes(id int, body text); CREATE TABLE s2.notes(id int, body text);"
         " CREATE TABLE s3.notes(id int, body text)");
    parse_outside(t, up, &t->up);
    if (down)
        parse_outside(t, down, &t->down);
    t->step.version = 2;
    t->step.inverse = down ? &t->down : NULL;
}

static const char *const databases[] = {"t1", "t2", "t3", "app"};

/* In all databases together: what this counts. */
static int count(const char *what)
{
    int n = 0;

    for (int i = 0; i < 4; i++)
        n += (int)strtol(psql(databases[i], what), NULL, 10);
    return n;
}

static const char indexes[] =
    "SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE c.relname = 'notes_body'";
static const char ledgers[] = "SELECT count(*) FROM pg_class WHERE relname = 'lockstep_ledger'";

static void vote(struct try *t)
{
    must(t->p->ops->open(t->p, &t->e), &t->e);
    for (uint32_t i = 0; i < TENANTS; i++) {
        enum guarantee guarantee;

        must(t->p->ops->prepare(t->p, i, &guarantee, &t->e), &t->e);
        assert_int_equal(guarantee, GUARANTEE_COMPENSATED);
    }
    must(t->p->ops->seal(t->p, &t->e), &t->e);
}

static void effects_show_and_the_ledger_knows_until_it_is_settled(void **state)
{
    struct try *t = *state;

    use(t, index_sql, index_down_sql);
    join(t, false, false);
    vote(t);
    assert_int_equal(count(indexes), 6);
    assert_int_equal(count(ledgers), 6);
    settle(t, VERDICT_COMMIT);
    assert_int_equal(count(indexes), 6);
    assert_int_equal(count(ledgers), 0);
    assert_string_equal(psql("app", "SELECT direction FROM s3.lockstep_history"), "up");
}

static void an_abort_runs_the_inverse(void **state)
{
    struct try *t = *state;

    use(t, index_sql, index_down_sql);
    join(t, false, false);
    vote(t);
    settle(t, VERDICT_ABORT);
    assert_int_equal(count(indexes), 0);
    assert_int_equal(count(ledgers), 0);
    assert_string_equal(psql("t2", "SELECT string_agg(direction, ' ' ORDER BY seq) FROM "
                                   "lockstep_history"),
                        "up down");
}

static void who_fails_leaves_no_invalid_index(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;

    use(t, "CREATE UNIQUE INDEX CONCURRENTLY notes_body ON notes(body);", NULL);
    psql("t1", "INSERT INTO notes VALUES (1, 'x'), (2, 'x')");
    join(t, false, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    assert_int_equal(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), E_REFUSED);
    error_clear(&t->e);
    assert_int_equal(count(indexes), 0);
    assert_int_equal(count(ledgers), 0);
    assert_string_equal(psql("t1", "SELECT to_regclass('lockstep_history') IS NULL"), "t");
}

static void an_invalid_index_of_an_earlier_try_is_replaced(void **state)
{
    struct try *t = *state;

    use(t, index_sql, index_down_sql);
    psql("t1", "INSERT INTO notes VALUES (1, 'x'), (2, 'x')");
    psql("t1", "CREATE UNIQUE INDEX CONCURRENTLY notes_body ON notes(body)"); /* fails */
    assert_int_equal(count(indexes), 1);
    join(t, false, false);
    vote(t);
    assert_int_equal(count(indexes), 6);
    assert_string_equal(psql("t1", "SELECT bool_and(indisvalid) FROM pg_index"), "t");
}

static void what_ran_before_the_failure_is_taken_back(void **state)
{
    struct try *t = *state;
    enum guarantee guarantee;

    use(t, "CREATE TABLE more(i int); CREATE INDEX CONCURRENTLY x ON nowhere(i);",
        "DROP TABLE IF EXISTS more;");
    join(t, false, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    assert_int_equal(t->p->ops->prepare(t->p, 0, &guarantee, &t->e), E_REFUSED);
    error_clear(&t->e);
    assert_string_equal(psql("t1", "SELECT to_regclass('more') IS NULL"), "t");
    assert_int_equal(count(ledgers), 0);
}

static void a_later_process_takes_back_what_was_not_decided(void **state)
{
    struct try *t = *state;

    use(t, index_sql, index_down_sql);
    join(t, false, false);
    vote(t);
    join(t, true, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    settle(t, VERDICT_ABORT);
    assert_int_equal(count(indexes), 0);
    assert_int_equal(count(ledgers), 0);
    assert_string_equal(psql("app", "SELECT direction FROM s1.lockstep_history ORDER BY seq DESC "
                                    "LIMIT 1"),
                        "down");
}

static void a_later_process_finishes_what_was_decided(void **state)
{
    struct try *t = *state;

    use(t, index_sql, index_down_sql);
    join(t, false, false);
    vote(t);
    join(t, true, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    settle(t, VERDICT_COMMIT);
    assert_int_equal(count(indexes), 6);
    assert_int_equal(count(ledgers), 0);
}

/* It was stopped before it began, and wakes up behind the recovery. */
static void a_late_worker_is_refused(void **state)
{
    struct try *t = *state;
    struct participant *late;
    enum guarantee guarantee;

    use(t, index_sql, index_down_sql);
    join(t, false, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    late = t->p;
    t->p = NULL;
    join(t, true, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    settle(t, VERDICT_ABORT);
    assert_int_equal(late->ops->prepare(late, 0, &guarantee, &t->e), E_REFUSED);
    assert_string_equal(t->e.message, "run r1 was settled by somebody else meanwhile");
    error_clear(&t->e);
    late->ops->free(late);
    assert_int_equal(count(indexes), 0);
    assert_int_equal(count(ledgers), 0);
}

/* Its session goes on without it: an index is being built, and waits. */
static void recovery_ends_a_session_that_is_still_at_work(void **state)
{
    struct try *t = *state;
    CLEANUP_PG struct pg *writer = NULL;
    CLEANUP_PG struct pg *orphan = NULL;
    struct pg_setup setup = {0};

    use(t, index_sql, index_down_sql);
    join(t, false, false);
    vote(t);
    must(pg_open(&t->server, "t1", &setup, &writer, &t->e), &t->e);
    psql("t1", "CREATE TABLE held(i int)");
    must(pg_exec(writer, "BEGIN; INSERT INTO held VALUES (1)", &t->e), &t->e);
    must(pg_open(&t->server, "t1", &setup, &orphan, &t->e), &t->e);
    must(pg_exec(orphan, "SET application_name = 'lockstep_0123456789abcdef0123456789abcdef'",
                 &t->e),
         &t->e);
    assert_int_equal(PQsendQuery(orphan->conn, "CREATE INDEX CONCURRENTLY other ON held(i)"), 1);
    join(t, true, false);
    must(t->p->ops->open(t->p, &t->e), &t->e);
    settle(t, VERDICT_ABORT);
    assert_int_equal(count(indexes), 0);
    assert_string_equal(psql("t1", "SELECT count(*) FROM pg_stat_activity WHERE application_name "
                                   "LIKE 'lockstep_%' AND state = 'active'"),
                        "0");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(effects_show_and_the_ledger_knows_until_it_is_settled),
        CASE(an_abort_runs_the_inverse),
        CASE(who_fails_leaves_no_invalid_index),
        CASE(an_invalid_index_of_an_earlier_try_is_replaced),
        CASE(what_ran_before_the_failure_is_taken_back),
        CASE(a_later_process_takes_back_what_was_not_decided),
        CASE(a_later_process_finishes_what_was_decided),
        CASE(a_late_worker_is_refused),
        CASE(recovery_ends_a_session_that_is_still_at_work),
    };

    choose_case();
    return cmocka_run_group_tests_name("postgres outside a transaction", tests, NULL, NULL);
}
