/*
 * A group of six tenants on a real PostgreSQL server (tests/servers/with-postgres), to be taken
 * through the calls of the protocol as the machine does it; psql is the judge.
 */
#ifndef TESTS_SERVERS_POSTGRES_UNDER_TEST_H
#define TESTS_SERVERS_POSTGRES_UNDER_TEST_H

#include "../unit/test.h"
#undef system
#include "base/error.h"
#include "base/str.h"
#include "engine/postgres/link.h"
#include "source/step.h"

static const char key[] = "0123456789abcdef0123456789abcdef";
static const char up_sql[] =
    "CREATE TABLE notes(id int PRIMARY KEY); INSERT INTO notes VALUES (1);";
static const char down_sql[] = "DROP TABLE notes;";

enum { TENANTS = 6 };

struct
try {
    struct arena arena;
    struct server server;
    struct link *link;
    struct script up, down;
    struct step step;
    struct branch_spec branches[TENANTS];
    struct link_run run;
    atomic_bool stop;
    atomic_llong hold;
    struct participant *p;
    struct error e;
};

static inline void one_by_one(void *ctx, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        fn(arg, i);
}

#undef popen /* the stock client is the judge */
/* What psql prints for this statement, without the last line feed. */
static inline const char *psql(const char *database, const char *sql)
{
    static char out[4096];
    char command[8192];
    FILE *from;
    size_t n;

    snprintf(command, sizeof command, "psql -XqAt '%s' -c '\\c %s' -c \"%s\" 2>&1",
             getenv("SERVER_URL"), database, sql);
    from = popen(command, "r");
    assert_non_null(from);
    n = fread(out, 1, sizeof out - 1, from);
    pclose(from);
    out[n] = 0;
    while (n && out[n - 1] == '\n')
        out[--n] = 0;
    return out;
}

static inline void must(int r, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    if (r == E_OK)
        return;
    error_render(e, &text);
    fail_msg("%d: %s", r, str_text(&text));
}

/* Databases t1 to t3, and schemas s1 to s3 of the database app. */
static inline void place_tenants(struct try *t)
{
    static const char *const ids[TENANTS] = {"t1", "t2", "t3", "s1", "s2", "s3"};

    for (int i = 0; i < TENANTS; i++)
        t->branches[i] = (struct branch_spec){
            .id = ids[i],
            .engine = ENGINE_POSTGRES,
            .path = ids[i],
            .place = {.database = i < 3 ? ids[i] : "app", .schema = i < 3 ? NULL : ids[i]},
            .steps = &t->step,
            .n = 1,
        };
}

static inline int begin(void **state)
{
    struct try *t = calloc(1, sizeof *t);

    assert_non_null(t);
    *state = t;
    psql("postgres", "select pg_terminate_backend(pid) from pg_stat_activity where datname in "
                     "('t1','t2','t3','app')");
    for (int i = 1; i <= 3; i++) {
        char sql[200];

        snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS t%d", i);
        psql("postgres", sql);
        snprintf(sql, sizeof sql, "CREATE DATABASE t%d", i);
        assert_string_equal(psql("postgres", sql), "");
    }
    psql("postgres", "DROP DATABASE IF EXISTS app");
    psql("postgres", "CREATE DATABASE app");
    assert_string_equal(psql("app", "CREATE SCHEMA s1; CREATE SCHEMA s2; CREATE SCHEMA s3"), "");
    t->server = (struct server){
        .name = "eu", .engine = ENGINE_POSTGRES, .url = getenv("SERVER_URL"), .shown = "eu"};
    t->link = pg_link_new(&t->server);
    must(script_parse(&t->arena, ENGINE_POSTGRES, "001_notes.sql", up_sql, &t->up, &t->e), &t->e);
    must(script_parse(&t->arena, ENGINE_POSTGRES, "001_notes.sql", down_sql, &t->down, &t->e),
         &t->e);
    t->step = (struct step){.version = 1,
                            .digits = "001",
                            .name = "notes",
                            .checksum = "1:x",
                            .script = &t->up,
                            .inverse = &t->down};
    place_tenants(t);
    t->run = (struct link_run){.run = "r1",
                               .key = key,
                               .branches = t->branches,
                               .lock_timeout_ms = 300,
                               .each = {.run = one_by_one},
                               .stop = &t->stop,
                               .longest_hold_us = &t->hold};
    return 0;
}

static inline int end(void **state)
{
    struct try *t = *state;

    if (t->p)
        t->p->ops->free(t->p);
    if (t->link)
        t->link->ops->free(t->link);
    error_clear(&t->e);
    arena_free(&t->arena);
    free(t);
    return 0;
}

static inline void join(struct try *t, bool recovered, bool undo)
{
    static const uint32_t all[TENANTS] = {0, 1, 2, 3, 4, 5};
    const struct link_group group = {.id = undo ? 2 : 1,
                                     .branches = all,
                                     .n = TENANTS,
                                     .recovered = recovered,
                                     .undo = undo,
                                     .log_head = "0000000000000000000000000000000000000000000000"
                                                 "000000000000000000"};

    if (t->p)
        t->p->ops->free(t->p);
    t->p = t->link->ops->join(t->link, &t->run, &group);
    assert_non_null(t->p);
}

static inline void vote_all(struct try *t)
{
    must(t->p->ops->open(t->p, &t->e), &t->e);
    for (uint32_t i = 0; i < TENANTS; i++) {
        enum guarantee guarantee;

        must(t->p->ops->prepare(t->p, i, &guarantee, &t->e), &t->e);
        assert_int_equal(guarantee, GUARANTEE_PREPARED);
    }
}

static inline void settle(struct try *t, enum verdict verdict)
{
    uint8_t slots[TENANTS] = {0};
    int r = E_BUSY;

    for (int i = 0; i < 50 && r == E_BUSY; i++) {
        r = t->p->ops->settle(t->p, verdict, slots, &t->e);
        if (r == E_BUSY)
            usleep(20000);
    }
    must(r, &t->e);
    for (uint32_t i = 0; i < TENANTS; i++)
        assert_int_equal(slots[i], SETTLE_DONE);
}

/* All tenants, as psql sees them: with the table and a history row, or with neither. */
static inline void expect_all(bool there)
{
    const char *tables = "SELECT count(*) FROM pg_class WHERE relname = 'notes'";

    for (int i = 1; i <= 3; i++) {
        char database[8];

        snprintf(database, sizeof database, "t%d", i);
        assert_string_equal(psql(database, tables), there ? "1" : "0");
    }
    assert_string_equal(psql("app", tables), there ? "3" : "0");
    if (there)
        assert_string_equal(psql("app", "SELECT direction FROM s3.lockstep_history"), "up");
}

static inline const char *prepared(void)
{
    return psql("postgres", "SELECT count(*) FROM pg_prepared_xacts");
}

#endif
