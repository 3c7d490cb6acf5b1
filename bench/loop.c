/*
 * What a user would write in C: each tenant on its own, on many threads.
 *
 *     loop [--threads 16] [--sync off] [--lean] [--exclusive] SCRIPT FOLDER
 *
 * For each FOLDER/X.db: open, BEGIN IMMEDIATE, the statements of SCRIPT, COMMIT, close. All else is
 * SQLite's default, synchronous=FULL included. There is no history and no atomicity over tenants.
 * The threads run from start to end and take the next tenant as they come free, and no
 * connection is shared, so SQLite needs no mutex on them.
 *
 *     --sync off    synchronous=OFF and one syncfs at the end: durable only as a whole, and only if
 *                   nothing crashes. No program can be faster with SQLite as it is: the floor.
 *     --lean        SQLite's two settings for many threads: no memory statistics (a mutex around
 *                   every malloc), a larger lookaside.
 *     --exclusive   locking_mode=EXCLUSIVE, which spares a WAL tenant its shared memory file.
 */
#include "tenants.h"

#include <fcntl.h>
#include <getopt.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_MS 5000

struct loop {
    struct tenants tenants;
    const char *folder;
    char *script;
    unsigned threads;
    int no_sync, lean, exclusive;
};

/* Prints the first error and is silent after it. */
static int run(sqlite3 *db, int rc, const char *path, const char *sql)
{
    if (rc != SQLITE_OK)
        return rc;
    rc = sqlite3_exec(db, sql, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
    return rc;
}

static int migrate(const struct loop *l, sqlite3 *db, const char *path)
{
    int rc = sqlite3_busy_timeout(db, BUSY_MS);

    if (l->no_sync)
        rc = run(db, rc, path, "PRAGMA synchronous=OFF");
    if (l->exclusive)
        rc = run(db, rc, path, "PRAGMA locking_mode=EXCLUSIVE");
    rc = run(db, rc, path, "BEGIN IMMEDIATE");
    rc = run(db, rc, path, l->script);
    return run(db, rc, path, "COMMIT");
}

static int one_tenant(void *context, size_t i)
{
    const struct loop *l = context;
    const char *path = l->tenants.paths[i];
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);

    if (rc != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
    else
        rc = migrate(l, db, path);
    if (sqlite3_close(db) != SQLITE_OK) /* rolls back what is open */
        rc = SQLITE_ERROR;
    return rc;
}

static int sync_all(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = fd < 0 ? -1 : syncfs(fd);

    if (r < 0)
        perror(folder);
    if (fd >= 0)
        close(fd);
    return r;
}

static void usage(void)
{
    fprintf(stderr, "usage: loop [--threads N] [--sync off|full] [--lean] [--exclusive] "
                    "SCRIPT FOLDER\n");
    exit(2);
}

static void parse(int argc, char **argv, struct loop *l)
{
    static const struct option options[] = {
        {"threads", required_argument, NULL, 't'},
        {"sync", required_argument, NULL, 's'},
        {"lean", no_argument, NULL, 'l'},
        {"exclusive", no_argument, NULL, 'x'},
        {0},
    };
    size_t size;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 't')
            l->threads = (unsigned)option_number("--threads", optarg, 1024);
        else if (c == 's')
            l->no_sync = strcmp(optarg, "off") == 0;
        else if (c == 'l')
            l->lean = 1;
        else if (c == 'x')
            l->exclusive = 1;
        else
            usage();
    }
    if (optind != argc - 2)
        usage();
    l->folder = argv[optind + 1];
    if (!(l->script = file_slurp(argv[optind], &size)) || tenants_list(l->folder, &l->tenants) < 0)
        exit(1);
}

static void settings(const struct loop *l)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    if (l->lean) {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 100);
    }
}

int main(int argc, char **argv)
{
    struct loop l = {.threads = 16};
    size_t failed;

    parse(argc, argv, &l);
    settings(&l);
    failed = in_parallel(l.threads, l.tenants.count, one_tenant, &l);
    if (l.no_sync && sync_all(l.folder) < 0)
        failed++;
    if (failed)
        fprintf(stderr, "%zu of %zu tenants failed\n", failed, l.tenants.count);
    free(l.script);
    tenants_free(&l.tenants);
    return failed ? 1 : 0;
}
