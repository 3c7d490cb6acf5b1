/*
 * An application that reads while a run goes on: how long is it shut out of a tenant?
 *
 *     reader [--tenants 50] [--pause-us 500] FOLDER
 *
 * Keeps a stock SQLite connection to each of some tenants, spread evenly over the fleet, without a
 * busy timeout, and reads them in turn, with a pause after each round. Says "ready" on stdout when
 * each was read once, goes on until its stdin ends, and then prints one JSON object.
 *
 * A tenant is shut out from its last read that came through to the next one: the time between two
 * looks counts as shut out too, so the figure is an upper bound. `look_us`, the longest time
 * between two looks at a tenant, says how coarse it is.
 */
#include "tenants.h"

#include <getopt.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct probe {
    sqlite3 *db;
    sqlite3_stmt *query;
    int64_t read_at; /* the last read that came through */
    int64_t look_at; /* the last try */
    int shut;        /* tries since then were refused */
};

struct reader {
    struct probe *probes;
    size_t count;
    unsigned pause_us;
    uint64_t reads, busy;
    int64_t longest_us, look_us;
};

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* SQLITE_OK when rows came, SQLITE_BUSY when shut out, else an error. */
static int query(struct probe *p)
{
    int rc;

    if (!p->query) {
        rc = sqlite3_prepare_v2(p->db, "SELECT count(*), max(email) FROM users", -1, &p->query,
                                NULL);
        if (rc != SQLITE_OK)
            return rc & 0xff;
    }
    while ((rc = sqlite3_step(p->query)) == SQLITE_ROW)
        ;
    sqlite3_reset(p->query);
    return rc == SQLITE_DONE ? SQLITE_OK : rc & 0xff;
}

static int look(struct reader *r, struct probe *p)
{
    int64_t before = now_us(), after;
    int rc = query(p);

    if (rc != SQLITE_OK && rc != SQLITE_BUSY) {
        fprintf(stderr, "reader: %s: %s\n", sqlite3_db_filename(p->db, NULL),
                sqlite3_errmsg(p->db));
        return -1;
    }
    if (p->look_at && before - p->look_at > r->look_us)
        r->look_us = before - p->look_at;
    p->look_at = before;
    if (rc == SQLITE_BUSY) {
        r->busy++;
        p->shut = 1;
        return 0;
    }
    after = now_us();
    if (p->shut && after - p->read_at > r->longest_us)
        r->longest_us = after - p->read_at;
    p->read_at = after;
    p->shut = 0;
    r->reads++;
    return 0;
}

/* Whether a probe is still shut out at the end counts as well. */
static void close_accounts(struct reader *r)
{
    int64_t now = now_us();

    for (size_t i = 0; i < r->count; i++)
        if (r->probes[i].shut && now - r->probes[i].read_at > r->longest_us)
            r->longest_us = now - r->probes[i].read_at;
}

static int stdin_ended(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    char bytes[64];

    return poll(&p, 1, 0) > 0 && read(STDIN_FILENO, bytes, sizeof bytes) <= 0;
}

static int round_of_looks(struct reader *r)
{
    for (size_t i = 0; i < r->count; i++)
        if (look(r, &r->probes[i]) < 0)
            return -1;
    return 0;
}

static int open_probes(struct reader *r, const struct tenants *t)
{
    if (r->count > t->count)
        r->count = t->count;
    r->probes = calloc(r->count + 1, sizeof *r->probes);
    if (!r->probes)
        return -1;
    for (size_t i = 0; i < r->count; i++) {
        const char *path = t->paths[i * (t->count - 1) / (r->count > 1 ? r->count - 1 : 1)];

        if (sqlite3_open_v2(path, &r->probes[i].db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
            fprintf(stderr, "reader: cannot open %s\n", path);
            return -1;
        }
        r->probes[i].read_at = now_us();
    }
    return 0;
}

static void close_probes(struct reader *r)
{
    for (size_t i = 0; r->probes && i < r->count; i++) {
        sqlite3_finalize(r->probes[i].query);
        sqlite3_close(r->probes[i].db);
    }
    free(r->probes);
}

static int read_on(struct reader *r)
{
    if (round_of_looks(r) < 0)
        return -1;
    puts("ready");
    fflush(stdout);
    while (!stdin_ended()) {
        usleep(r->pause_us);
        if (round_of_looks(r) < 0)
            return -1;
    }
    close_accounts(r);
    printf("{\"tenants\": %zu, \"reads\": %ju, \"busy\": %ju, \"longest_us\": %jd, "
           "\"look_us\": %jd}\n",
           r->count, (uintmax_t)r->reads, (uintmax_t)r->busy, (intmax_t)r->longest_us,
           (intmax_t)r->look_us);
    return 0;
}

static void parse(int argc, char **argv, struct reader *r)
{
    static const struct option options[] = {
        {"tenants", required_argument, NULL, 'n'}, {"pause-us", required_argument, NULL, 'p'}, {0}};
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'n')
            r->count = option_number("--tenants", optarg, 100000);
        else if (c == 'p')
            r->pause_us = (unsigned)option_number("--pause-us", optarg, 999999);
        else
            exit(2);
    }
    if (optind != argc - 1) {
        fprintf(stderr, "usage: reader [--tenants N] [--pause-us N] FOLDER\n");
        exit(2);
    }
}

int main(int argc, char **argv)
{
    struct reader r = {.count = 50, .pause_us = 500};
    struct tenants t = {0};
    int failed;

    parse(argc, argv, &r);
    failed = tenants_list(argv[optind], &t) < 0 || t.count == 0 || open_probes(&r, &t) < 0 ||
             read_on(&r) < 0;
    close_probes(&r);
    tenants_free(&t);
    return failed ? 1 : 0;
}
