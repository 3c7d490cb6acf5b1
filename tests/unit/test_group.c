/* A group in a transaction: atomic and logged tenants, up to every end. */
#include "group_under_test.h"

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

/* Most of the cap is there after the first votes: they go to the disk, the lock is whole. */
static void held_pages_near_their_cap_go_to_disk_together(void **state)
{
    static const enum verdict verdicts[] = {VERDICT_COMMIT, VERDICT_ABORT};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fleet_under_test t;

        set_up(&t, plain, add_tier);
        t.engine.room.held_cap = 30000; /* a tenant holds some pages of 4 kB */
        prepare_all(&t, GUARANTEE_ATOMIC);
        assert_true(atomic_load(&t.engine.room.held_bytes) < 30000);
        assert_int_equal(((struct sqlite_group *)t.p)->slots[0].file->phase, FILE_APPLIED);
        assert_false(((struct sqlite_group *)t.p)->slots[0].file->through);
        assert_int_equal(ask(t.paths[0], "SELECT count(*) FROM users"), -1);
        if (verdicts[i] == VERDICT_COMMIT)
            commit(&t);
        else
            finish(&t, VERDICT_ABORT);
        expect(&t, verdicts[i] == VERDICT_COMMIT, "delete");
        tear_down(&t);
        for (int k = 0; k < TENANTS; k++)
            assert_int_equal(unlink(t.paths[k]), 0);
    }
}

/* syncfs tells of a lost page once: that a later one succeeds proves nothing. */
static void a_sync_that_failed_early_is_not_forgotten(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct sqlite_group *g;
    enum guarantee got;
    int fd;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.held_cap = 30000;
    open_group(&t, false);
    g = (struct sqlite_group *)t.p;
    must(t.p->ops->open(t.p, &e), &e);
    fd = g->barrier.fs[0].fd;
    g->barrier.fs[0].fd = -1;
    for (uint32_t i = 0; i < TENANTS; i++)
        must(t.p->ops->prepare(t.p, i, &got, &e), &e);
    g->barrier.fs[0].fd = fd;
    assert_int_equal(t.p->ops->seal(t.p, &e), E_REFUSED);
    assert_int_equal(t.p->ops->seal(t.p, &e), E_REFUSED);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void who_is_being_read_is_left_to_the_sealing(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;
    struct application reader;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.held_cap = 32000;
    reader = connect_application(&t, "BEGIN; SELECT * FROM users");
    prepare_all(&t, GUARANTEE_ATOMIC);
    assert_int_equal(((struct sqlite_group *)t.p)->slots[0].file->phase, FILE_ARMED);
    assert_int_equal(t.p->ops->seal(t.p, &e), E_BUSY);
    disconnect(&reader);
    commit(&t);
    expect(&t, 1, "delete");
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
    struct stat st;

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
    assert_int_equal(stat(t.paths[0], &st), 0);
    assert_true(st.st_size < 100000);
    tear_down(&t);
}

/* Debian's SQLite overwrites what is deleted, so it journals it; others leave it as it is. */
static int delete_lightly(sqlite3 *db, char **message, const struct sqlite3_api_routines *api)
{
    (void)message;
    (void)api;
    return sqlite3_exec(db, "PRAGMA secure_delete=OFF", NULL, NULL, NULL);
}

static void a_shrinking_file_aborts_whole(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    assert_int_equal(sqlite3_auto_extension((void (*)(void))delete_lightly), SQLITE_OK);
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
    sqlite3_reset_auto_extension();
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

/* Whoever has only them, without a run log, must know all whom they decide for. */
static void the_decision_files_name_every_journal(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str journals = STR_INIT;
    struct fleet_under_test t;
    const char *at;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(decision_journals(&((struct sqlite_group *)t.p)->decision, &journals, &e), &e);
    at = str_text(&journals);
    for (int i = 0; i < TENANTS; i++, at += strlen(at) + 1) {
        assert_int_equal(strncmp(at, t.paths[i], strlen(t.paths[i])), 0);
        assert_string_equal(at + strlen(t.paths[i]), "-journal");
    }
    finish(&t, VERDICT_ABORT);
    tear_down(&t);
}

/* It may have been removed by whoever takes it for a left-over, and that commits. */
static void a_super_journal_that_somebody_removed_is_doubt(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    assert_int_equal(unlink(((struct sqlite_group *)t.p)->decision.super), 0);
    assert_int_equal(t.p->ops->decide(t.p, &e), E_DOUBT);
    tear_down(&t);
}

/* SQLite sums the bytes of the name as signed ones; a sum that is wrong is no name. */
static void a_decision_holds_in_a_folder_with_an_accent(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    assert_int_equal(mkdir("caf\303\251", 0755), 0);
    assert_int_equal(chdir("caf\303\251"), 0);
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    must(t.p->ops->decide(t.p, &e), &e);
    t.p->ops->free(t.p); /* as if killed: the next to open them is a stock SQLite */
    t.p = NULL;
    for (int i = 0; i < TENANTS; i++)
        assert_int_equal(ask(t.paths[i], has_tier), 1);
    tear_down(&t);
    assert_int_equal(chdir(".."), 0);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_folder(commits_in_rollback_mode),
        in_a_folder(commits_idle_wal_without_a_change_of_mode),
        in_a_folder(an_abort_before_the_seal_leaves_files_untouched),
        in_a_folder(an_abort_after_the_seal_rolls_pages_back),
        in_a_folder(a_full_cap_writes_through_and_commits),
        in_a_folder(a_full_cap_writes_through_and_aborts),
        in_a_folder(held_pages_near_their_cap_go_to_disk_together),
        in_a_folder(a_sync_that_failed_early_is_not_forgotten),
        in_a_folder(who_is_being_read_is_left_to_the_sealing),
        in_a_folder(parked_locks_keep_writers_out_and_commit),
        in_a_folder(a_live_wal_tenant_is_logged),
        in_a_folder(a_file_that_shrinks_is_cut_after_the_decision),
        in_a_folder(a_shrinking_file_aborts_whole),
        in_a_folder(a_spilling_migration_commits),
        in_a_folder(a_left_over_journal_does_no_harm),
        in_a_folder(a_new_process_settles_an_undecided_group),
        in_a_folder(a_new_process_settles_a_decided_group),
        in_a_folder(the_decision_files_name_every_journal),
        in_a_folder(a_super_journal_that_somebody_removed_is_doubt),
        in_a_folder(a_decision_holds_in_a_folder_with_an_accent),
        in_a_folder(a_reader_that_stays_leaves_files_untouched),
        in_a_folder(page_sizes),
        in_a_folder(who_waits_for_a_reader_lets_no_new_one_in),
        in_a_folder(a_file_moved_over_a_tenant_after_its_vote_is_refused),
        in_a_folder(a_new_process_knows_every_file_system),
    };

    return cmocka_run_group_tests_name("group", tests, NULL, NULL);
}
