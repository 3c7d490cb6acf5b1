/*
 * A group of real SQLite files, to be taken through the calls of the protocol step by step, with
 * the stock library as the judge. Kills are the kill test's.
 */
#ifndef TESTS_UNIT_GROUP_UNDER_TEST_H
#define TESTS_UNIT_GROUP_UNDER_TEST_H

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

static inline void each(void *ctx, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        fn(arg, i);
}

static inline int64_t ask(const char *path, const char *sql)
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

static inline void run_sql(const char *path, const char *sql)
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

static inline void set_up(struct fleet_under_test *t, const char *setup, const char *up)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct stat st;

    memset(t, 0, sizeof *t);
    assert_int_equal(sqlite_engine_setup(), E_OK);
    assert_non_null(getcwd(t->dir, sizeof t->dir - 1));
    assert_int_equal(script_parse(&t->arena, ENGINE_SQLITE, "001_up.sql", up, &t->up, &e), E_OK);
    assert_int_equal(
        script_parse(&t->arena, ENGINE_SQLITE, "001_down.sql", "SELECT 1;", &t->down, &e), E_OK);
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

static inline void open_group(struct fleet_under_test *t, bool recovered)
{
    uint32_t branches[TENANTS] = {0, 1, 2};

    t->p = sqlite_group_new(&t->engine, 1, branches, TENANTS, false, recovered,
                            "0000000000000000000000000000000000000000000000000000000000000000");
    assert_non_null(t->p);
}

static inline void must(int outcome, struct error *e)
{
    if (outcome != E_OK)
        fail_msg("outcome %d: %s: %s", outcome, e->tenant ? e->tenant : "", e->message);
}

static inline void prepare_all(struct fleet_under_test *t, enum guarantee expected)
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

static inline void finish(struct fleet_under_test *t, enum verdict verdict)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    memset(t->slots, SETTLE_NOT_YET, sizeof t->slots);
    must(t->p->ops->settle(t->p, verdict, t->slots, &e), &e);
    must(t->p->ops->close(t->p, verdict, &e), &e);
}

static inline void commit(struct fleet_under_test *t)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    must(t->p->ops->seal(t->p, &e), &e);
    must(t->p->ops->decide(t->p, &e), &e);
    finish(t, VERDICT_COMMIT);
}

/* Journals, decision files and left-over WALs. */
static inline int count_side_files(const char *dir)
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

static inline void be_an_application(struct fleet_under_test *t, const char *sql, int ready,
                                     int stay)
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

static inline struct application connect_application(struct fleet_under_test *t, const char *sql)
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

static inline void disconnect(struct application *app)
{
    close(app->stay);
    waitpid(app->pid, NULL, 0);
}

static const char has_tier[] = "SELECT count(*) FROM pragma_table_info('users') WHERE name='tier'";
static const char add_tier[] = "ALTER TABLE users ADD COLUMN tier TEXT DEFAULT 'basic';";

static inline void expect(struct fleet_under_test *t, int64_t tier, const char *mode)
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

static inline void tear_down(struct fleet_under_test *t)
{
    if (t->p)
        t->p->ops->free(t->p);
    arena_free(&t->arena);
}

#define in_a_folder(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

#endif
