/*
 * A group of real SQLite files taken through the calls of the protocol, with the stock library as
 * the judge. Kills are the kill test's; here every step is taken on purpose.
 */
#include "engine/sqlite/engine.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/sqlite/group.h"
#include "test.h"

enum { TENANTS = 3 };

struct fleet_under_test {
    struct sqlite_engine engine;
    struct branch_spec specs[TENANTS];
    char paths[TENANTS][256];
    char dir[200];
    struct arena arena;
    struct script up, down;
    struct step step;
    struct participant *p;
    uint8_t slots[TENANTS];
};

static void each(void *ctx, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        fn(arg, i);
}

static int64_t ask(const char *path, const char *sql)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    sqlite3 *db = NULL;
    int64_t value = -1;

    assert_int_equal(db_open(path, SQLITE_OPEN_READWRITE, NULL, &db, &e), E_OK);
    if (db_int(db, sql, -1, &value, &e) != E_OK)
        print_message("# %s: %s\n", path, e.message);
    db_close(&db);
    return value;
}

static void run_sql(const char *path, const char *sql)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    sqlite3 *db = NULL;

    assert_int_equal(db_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL, &db, &e),
                     E_OK);
    if (db_exec(db, sql, &e) != E_OK)
        fail_msg("%s: %s", sql, e.message);
    db_close(&db);
}

static const char plain[] = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
                            "INSERT INTO users(name) VALUES ('a'), ('b'), ('c');";

static void set_up(struct fleet_under_test *t, const char *setup, const char *up)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct stat st;

    memset(t, 0, sizeof *t);
    assert_int_equal(sqlite_engine_setup(), E_OK);
    assert_non_null(getcwd(t->dir, sizeof t->dir - 1));
    assert_int_equal(script_parse(&t->arena, "001_up.sql", up, &t->up, &e), E_OK);
    assert_int_equal(script_parse(&t->arena, "001_down.sql", "SELECT 1;", &t->down, &e), E_OK);
    t->step = (struct step){.version = 1,
                            .digits = "001",
                            .name = "up",
                            .checksum = "1:x",
                            .script = &t->up,
                            .inverse = &t->down};
    for (int i = 0; i < TENANTS; i++) {
        snprintf(t->paths[i], sizeof t->paths[i], "%s/t%d.db", t->dir, i);
        run_sql(t->paths[i], setup);
        assert_int_equal(stat(t->paths[i], &st), 0);
        t->specs[i] = (struct branch_spec){.id = t->paths[i],
                                           .path = t->paths[i],
                                           .dev = st.st_dev,
                                           .ino = st.st_ino,
                                           .steps = &t->step,
                                           .n = 1,
                                           .may_log = true};
    }
    t->engine = (struct sqlite_engine){.run = "run",
                                       .key = "0123456789abcdef0123456789abcdef",
                                       .decisions = t->dir,
                                       .branches = t->specs,
                                       .each = {.run = each}};
    file_room_init(&t->engine.room, 1 << 28);
}

static void open_group(struct fleet_under_test *t, bool recovered)
{
    uint32_t branches[TENANTS] = {0, 1, 2};

    t->p = sqlite_group_new(&t->engine, 1, branches, TENANTS, false, recovered,
                            "0000000000000000000000000000000000000000000000000000000000000000");
    assert_non_null(t->p);
}

static void must(int outcome, struct error *e)
{
    if (outcome != E_OK)
        fail_msg("outcome %d: %s: %s", outcome, e->tenant ? e->tenant : "", e->message);
}

static void prepare_all(struct fleet_under_test *t, enum guarantee expected)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    enum guarantee got;

    open_group(t, false);
    must(t->p->ops->open(t->p, &e), &e);
    for (uint32_t i = 0; i < TENANTS; i++) {
        must(t->p->ops->prepare(t->p, i, &got, &e), &e);
        assert_int_equal(got, expected);
    }
}

static void finish(struct fleet_under_test *t, enum verdict verdict)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    memset(t->slots, SETTLE_NOT_YET, sizeof t->slots);
    must(t->p->ops->settle(t->p, verdict, t->slots, &e), &e);
    must(t->p->ops->close(t->p, verdict, &e), &e);
}

static void commit(struct fleet_under_test *t)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    must(t->p->ops->seal(t->p, &e), &e);
    must(t->p->ops->decide(t->p, &e), &e);
    finish(t, VERDICT_COMMIT);
}

/* Journals, decision files and left-over WALs. */
static int count_side_files(const char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    int n = 0;

    assert_non_null(d);
    while ((entry = readdir(d)))
        n += strstr(entry->d_name, "-journal") || strstr(entry->d_name, "lockstep-") ||
             strstr(entry->d_name, "-wal");
    closedir(d);
    return n;
}

/*
 * An application: another process (POSIX locks of our own would go with any descriptor we close)
 * that has run some SQL on every tenant and stays connected.
 */
struct application {
    pid_t pid;
    int stay; /* closed: it leaves */
};

static void be_an_application(struct fleet_under_test *t, const char *sql, int ready, int stay)
{
    sqlite3 *db[TENANTS];
    char byte = 0;

    for (int i = 0; i < TENANTS; i++)
        if (sqlite3_open(t->paths[i], &db[i]) || sqlite3_exec(db[i], sql, NULL, NULL, NULL))
            _exit(1);
    if (write(ready, &byte, 1) != 1 || read(stay, &byte, 1) < 0)
        _exit(1);
    _exit(0);
}

static struct application connect_application(struct fleet_under_test *t, const char *sql)
{
    struct application app;
    int ready[2], stay[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(stay), 0);
    app.pid = fork();
    if (app.pid == 0) {
        close(stay[1]);
        be_an_application(t, sql, ready[1], stay[0]);
    }
    close(ready[1]);
    close(stay[0]);
    app.stay = stay[1];
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return app;
}

static void disconnect(struct application *app)
{
    close(app->stay);
    waitpid(app->pid, NULL, 0);
}

static const char has_tier[] = "SELECT count(*) FROM pragma_table_info('users') WHERE name='tier'";
static const char add_tier[] = "ALTER TABLE users ADD COLUMN tier TEXT DEFAULT 'basic';";

static void expect(struct fleet_under_test *t, int64_t tier, const char *mode)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_addf(&sql, "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = '%s'", mode);
    assert_int_equal(count_side_files(t->dir), 0);
    for (int i = 0; i < TENANTS; i++) {
        assert_int_equal(ask(t->paths[i], has_tier), tier);
        assert_int_equal(ask(t->paths[i], "SELECT count(*) FROM users"), 3);
        assert_int_equal(ask(t->paths[i], "SELECT count(*) FROM pragma_integrity_check "
                                          "WHERE integrity_check = 'ok'"),
                         1);
        assert_int_equal(ask(t->paths[i], str_text(&sql)), 1);
        if (tier)
            assert_int_equal(ask(t->paths[i], "SELECT count(*) FROM lockstep_history"), 1);
    }
}

static void tear_down(struct fleet_under_test *t)
{
    if (t->p)
        t->p->ops->free(t->p);
    arena_free(&t->arena);
}

static void commits_in_rollback_mode(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void commits_idle_wal_without_a_change_of_mode(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t,
           "PRAGMA journal_mode=WAL; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
           "INSERT INTO users(name) VALUES ('a'), ('b'), ('c');",
           add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "wal");
    tear_down(&t);
}

static void an_abort_before_the_seal_leaves_files_untouched(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void an_abort_after_the_seal_rolls_pages_back(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void a_full_cap_writes_through_and_commits(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.held_cap = 0;
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_full_cap_writes_through_and_aborts(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.held_cap = 0;
    prepare_all(&t, GUARANTEE_ATOMIC);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void parked_locks_keep_writers_out_and_commit(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.open_cap = 0;
    prepare_all(&t, GUARANTEE_ATOMIC);
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users"), 3);
    assert_int_equal(ask(t.paths[0], "INSERT INTO users(name) VALUES('x') RETURNING 1"), -1);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_live_wal_tenant_is_logged(void **state)
{
    struct fleet_under_test t;
    struct application app;

    (void)state;
    set_up(&t,
           "PRAGMA journal_mode=WAL; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
           "INSERT INTO users(name) VALUES ('a'), ('b'), ('c');",
           add_tier);
    app = connect_application(&t, "SELECT count(*) FROM users");
    prepare_all(&t, GUARANTEE_LOGGED);
    commit(&t);
    disconnect(&app);
    for (int i = 0; i < TENANTS; i++)
        ask(t.paths[i],
            "SELECT count(*) FROM users"); /* a last connection to close takes the WAL away */
    expect(&t, 1, "wal");
    tear_down(&t);
}

static void a_file_that_shrinks_is_cut_after_the_decision(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t,
           "PRAGMA auto_vacuum=FULL; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
           "INSERT INTO users(name) VALUES ('a'), ('b'), ('c'); CREATE TABLE big(x);"
           "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)"
           "INSERT INTO big SELECT randomblob(1000) FROM n;",
           "DROP TABLE big; ALTER TABLE users ADD COLUMN tier TEXT;");
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_shrinking_file_aborts_whole(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    set_up(&t,
           "PRAGMA auto_vacuum=FULL; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
           "INSERT INTO users(name) VALUES ('a'), ('b'), ('c'); CREATE TABLE big(x);"
           "WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<200)"
           "INSERT INTO big SELECT randomblob(1000) FROM n;",
           "DROP TABLE big; ALTER TABLE users ADD COLUMN tier TEXT;");
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM big"), 200);
    tear_down(&t);
}

/* More dirty pages than the connection's cache: SQLite spills in the middle of the migration. */
static void a_spilling_migration_commits(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain,
           "CREATE TABLE big(x); WITH n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<24)"
           "INSERT INTO big SELECT zeroblob(1000000) FROM n; UPDATE big SET x = x || 'y';"
           "ALTER TABLE users ADD COLUMN tier TEXT;");
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_left_over_journal_does_no_harm(void **state)
{
    struct fleet_under_test t;
    char sql[600];

    (void)state;
    snprintf(sql, sizeof sql, "PRAGMA journal_mode=PERSIST; %s", plain);
    set_up(&t, sql, add_tier);
    assert_int_equal(count_side_files(t.dir), TENANTS);
    prepare_all(&t, GUARANTEE_ATOMIC);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_new_process_settles_an_undecided_group(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum found found;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    t.p->ops->free(t.p); /* as if killed: locks go, files stay */
    open_group(&t, true);
    must(t.p->ops->ask(t.p, &found, &e), &e);
    assert_int_equal(found, FOUND_UNDECIDED);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void a_new_process_settles_a_decided_group(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    enum found found;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    must(t.p->ops->decide(t.p, &e), &e);
    t.p->ops->free(t.p);
    open_group(&t, true);
    must(t.p->ops->ask(t.p, &found, &e), &e);
    assert_int_equal(found, FOUND_COMMITTED);
    finish(&t, VERDICT_COMMIT);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_reader_that_stays_leaves_files_untouched(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct application reader;

    (void)state;
    set_up(&t, plain, add_tier);
    reader = connect_application(&t, "BEGIN; SELECT * FROM users");
    prepare_all(&t, GUARANTEE_ATOMIC);
    assert_int_equal(t.p->ops->seal(t.p, &e), E_BUSY);
    assert_string_equal(e.tenant, t.paths[0]);
    finish(&t, VERDICT_ABORT);
    disconnect(&reader);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void page_sizes(void **state)
{
    static const int sizes[] = {512, 1024, 8192, 65536};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fleet_under_test t;
        char sql[600];

        snprintf(sql, sizeof sql, "PRAGMA page_size=%d; PRAGMA journal_mode=WAL; %s", sizes[i],
                 plain);
        set_up(&t, sql, add_tier);
        prepare_all(&t, GUARANTEE_ATOMIC);
        commit(&t);
        expect(&t, 1, "wal");
        assert_int_equal(ask(t.paths[0], "PRAGMA page_size"), sizes[i]);
        tear_down(&t);
        for (int k = 0; k < TENANTS; k++)
            assert_int_equal(unlink(t.paths[k]), 0);
    }
}

/* Parked, so that the lock must be taken by a second description. */
static void who_waits_for_a_reader_lets_no_new_one_in(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct application reader;

    (void)state;
    set_up(&t, plain, add_tier);
    reader = connect_application(&t, "BEGIN; SELECT * FROM users");
    t.engine.room.open_cap = TENANTS - 1; /* the last one to vote is parked */
    prepare_all(&t, GUARANTEE_ATOMIC);
    t.engine.room.open_cap = 2 * TENANTS;
    assert_int_equal(t.p->ops->seal(t.p, &e), E_BUSY);
    for (int i = 0; i < TENANTS; i++)
        assert_int_equal(ask(t.paths[i], "SELECT count(*) FROM users"), -1);
    disconnect(&reader);
    commit(&t);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void a_file_moved_over_a_tenant_after_its_vote_is_refused(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    run_sql("other.db", "CREATE TABLE other(a)");
    assert_int_equal(rename("other.db", t.paths[1]), 0);
    assert_int_equal(t.p->ops->seal(t.p, &e), E_REFUSED);
    assert_non_null(strstr(e.message, "replaced"));
    finish(&t, VERDICT_ABORT);
    assert_int_equal(ask(t.paths[1], "SELECT count(*) FROM other"), 0);
    assert_int_equal(ask(t.paths[0], has_tier), 0);
    assert_int_equal(count_side_files(t.dir), 0);
    tear_down(&t);
}

/* Devices are not in the log: a new process asks for all of them, or its barriers miss some. */
static void a_new_process_knows_every_file_system(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char elsewhere[] = "/dev/shm/lockstep-unit-XXXXXX";
    int fd = mkstemp(elsewhere);
    struct fleet_under_test t;
    struct stat here, there;
    enum found found;

    (void)state;
    assert_true(fd >= 0);
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    t.p->ops->free(t.p);
    assert_int_equal(fstat(fd, &there), 0);
    assert_int_equal(stat(t.dir, &here), 0);
    t.specs[2].path = elsewhere;
    for (int i = 0; i < TENANTS; i++)
        t.specs[i].dev = 0;
    open_group(&t, true);
    must(t.p->ops->ask(t.p, &found, &e), &e);
    assert_int_equal(((struct sqlite_group *)t.p)->barrier.n, here.st_dev == there.st_dev ? 1 : 2);
    tear_down(&t);
    close(fd);
    unlink(elsewhere);
}

/* --- outside a transaction --- */

static const char vacuum[] = "-- lockstep:transaction off\nVACUUM;";
static const char has_ledger[] = "SELECT count(*) FROM sqlite_schema WHERE name='lockstep_ledger'";

static void go_back_with(struct fleet_under_test *t, const char *down)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    assert_int_equal(script_parse(&t->arena, "001_down.sql", down, &t->down, &e), E_OK);
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

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_folder(commits_in_rollback_mode),
        in_a_folder(commits_idle_wal_without_a_change_of_mode),
        in_a_folder(an_abort_before_the_seal_leaves_files_untouched),
        in_a_folder(an_abort_after_the_seal_rolls_pages_back),
        in_a_folder(a_full_cap_writes_through_and_commits),
        in_a_folder(a_full_cap_writes_through_and_aborts),
        in_a_folder(parked_locks_keep_writers_out_and_commit),
        in_a_folder(a_live_wal_tenant_is_logged),
        in_a_folder(a_file_that_shrinks_is_cut_after_the_decision),
        in_a_folder(a_shrinking_file_aborts_whole),
        in_a_folder(a_spilling_migration_commits),
        in_a_folder(a_left_over_journal_does_no_harm),
        in_a_folder(a_new_process_settles_an_undecided_group),
        in_a_folder(a_new_process_settles_a_decided_group),
        in_a_folder(a_reader_that_stays_leaves_files_untouched),
        in_a_folder(page_sizes),
        in_a_folder(who_waits_for_a_reader_lets_no_new_one_in),
        in_a_folder(a_file_moved_over_a_tenant_after_its_vote_is_refused),
        in_a_folder(a_new_process_knows_every_file_system),
        in_a_folder(a_vacuum_commits),
        in_a_folder(what_failed_at_its_first_statement_needs_no_inverse),
        in_a_folder(what_failed_later_is_taken_back),
        in_a_folder(taking_back_can_be_repeated),
    };

    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
