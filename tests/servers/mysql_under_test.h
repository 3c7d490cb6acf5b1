/*
 * A group of four tenants on a real MariaDB server (tests/servers/with-mariadb), to be taken
 * through the calls of the protocol as the machine does it; the client `mariadb` is the judge.
 */
#ifndef TESTS_SERVERS_MYSQL_UNDER_TEST_H
#define TESTS_SERVERS_MYSQL_UNDER_TEST_H

#include "../unit/test.h"
#undef system
#include "base/error.h"
#include "base/str.h"
#include "engine/mysql/link.h"
#include "source/step.h"

static const char key[] = "0123456789abcdef0123456789abcdef";

enum { TENANTS = 4 };

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
/* What it prints for this statement, without the last line feed. */
static inline const char *mariadb(const char *database, const char *sql)
{
    static char out[8192];
    char command[8192];
    FILE *from;
    size_t n;

    snprintf(command, sizeof command,
             "mariadb --no-defaults --skip-ssl --socket='%s' -uroot -NB %s -e \"%s\" 2>&1",
             getenv("SERVER_SOCKET"), database, sql);
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

static inline void expect(const char *database, const char *sql, const char *answer)
{
    assert_string_equal(mariadb(database, sql), answer);
}

static inline void server_do(const char *what)
{
    char command[600];

    snprintf(command, sizeof command, "python3 -SEB %s %s %s/my", getenv("SERVER_FRONT"), what,
             getenv("SERVER_FOLDER"));
    assert_int_equal(system(command), 0);
}

static inline void take_script(struct try *t, const char *sql, struct script *script)
{
    must(script_parse(&t->arena, ENGINE_MYSQL, "001_notes.sql", sql, script, &t->e), &t->e);
}

static inline void take_scripts(struct try *t, const char *up, const char *down)
{
    take_script(t, up, &t->up);
    take_script(t, down, &t->down);
}

static inline int begin_with(void **state, const char *up, const char *down)
{
    static const char *const ids[TENANTS] = {"t1", "t2", "t3", "t4"};
    struct try *t = calloc(1, sizeof *t);

    assert_non_null(t);
    *state = t;
    for (int i = 0; i < TENANTS; i++) {
        char sql[300];

        snprintf(sql, sizeof sql,
                 "DROP DATABASE IF EXISTS %s; CREATE DATABASE %s; USE %s; CREATE TABLE users(id INT"
                 " PRIMARY KEY, name TEXT); INSERT INTO users VALUES (1, 'a'), (2, 'a')",
                 ids[i], ids[i], ids[i]);
        expect("mysql", sql, "");
        t->branches[i] = (struct branch_spec){.id = ids[i],
                                              .engine = ENGINE_MYSQL,
                                              .path = ids[i],
                                              .place = {.database = ids[i]},
                                              .steps = &t->step,
                                              .n = 1};
    }
    t->server = (struct server){
        .name = "my", .engine = ENGINE_MYSQL, .url = getenv("SERVER_URL"), .shown = "my"};
    t->link = my_link_new(&t->server);
    assert_non_null(t->link);
    take_scripts(t, up, down);
    t->step = (struct step){.version = 1,
                            .digits = "001",
                            .name = "notes",
                            .checksum = "1:x",
                            .script = &t->up,
                            .inverse = &t->down};
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

static inline struct participant *join_as(struct try *t, bool recovered, bool undo)
{
    static const uint32_t all[TENANTS] = {0, 1, 2, 3};
    const struct link_group group = {.id = undo ? 2 : 1,
                                     .branches = all,
                                     .n = TENANTS,
                                     .recovered = recovered,
                                     .undo = undo,
                                     .log_head = "0000000000000000000000000000000000000000000000"
                                                 "000000000000000000"};
    struct participant *p = t->link->ops->join(t->link, &t->run, &group);

    enum found found;

    assert_non_null(p);
    must(recovered ? p->ops->ask(p, &found, &t->e) : p->ops->open(p, &t->e), &t->e);
    return p;
}

static inline void join(struct try *t, bool recovered, bool undo)
{
    if (t->p)
        t->p->ops->free(t->p);
    t->p = join_as(t, recovered, undo);
}

static inline int vote(struct try *t, uint32_t slot)
{
    enum guarantee guarantee;

    error_clear(&t->e);
    return t->p->ops->prepare(t->p, slot, &guarantee, &t->e);
}

static inline void vote_all(struct try *t)
{
    for (uint32_t i = 0; i < TENANTS; i++)
        must(vote(t, i), &t->e);
    must(t->p->ops->seal(t->p, &t->e), &t->e);
}

/* As the machine does it: again while it is busy. Slots that gave no yes are none of it. */
static inline int try_to_settle(struct try *t, enum verdict verdict, uint8_t slots[TENANTS])
{
    int r = E_BUSY;

    for (int i = 0; i < 100 && r == E_BUSY; i++) {
        error_clear(&t->e);
        r = t->p->ops->settle(t->p, verdict, slots, &t->e);
        if (r == E_BUSY)
            usleep(20000);
    }
    return r;
}

static inline void settle(struct try *t, enum verdict verdict)
{
    uint8_t slots[TENANTS] = {0};

    must(try_to_settle(t, verdict, slots), &t->e);
    for (uint32_t i = 0; i < TENANTS; i++)
        assert_int_equal(slots[i], SETTLE_DONE);
}

#endif
