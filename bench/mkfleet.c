/*
 * Makes a fleet: FOLDER/t000001.db and so on, each a byte copy of one template.
 *
 *     mkfleet [--work W1|W2] [--mode delete|wal] --count N FOLDER
 *
 * W1 tenants hold one table `users` of 100 rows, W2 tenants one of 1,000. The template is made by
 * SQLite in FOLDER and removed again; the copies are written by several threads and not synced: who
 * measures syncs the file system first. Prints the size of one tenant in bytes.
 */
#include "tenants.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_THREADS 4

struct fleet {
    const char *folder;
    unsigned long count, rows;
    const char *mode;
    char *bytes; /* the template */
    size_t size;
};

static const char SCHEMA[] = "CREATE TABLE users ("
                             "id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL,"
                             " created_at TEXT NOT NULL);"
                             "WITH RECURSIVE n(i) AS"
                             " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %lu)"
                             "INSERT INTO users SELECT i,"
                             " printf('user%%05d@customer.example.com', i),"
                             " printf('Given%%d Family%%d', i * 7919 %% 997, i * 104729 %% 9973),"
                             " datetime(1700000000 + i * 86399, 'unixepoch') FROM n;";

static int fill(sqlite3 *db, const struct fleet *f)
{
    char *mode = sqlite3_mprintf("PRAGMA journal_mode=%s", f->mode);
    char *schema = sqlite3_mprintf(SCHEMA, f->rows);
    int rc = SQLITE_NOMEM;

    if (mode && schema)
        rc = sqlite3_exec(db, mode, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(db, schema, NULL, NULL, NULL);
    if (rc != SQLITE_OK)
        fprintf(stderr, "template: %s\n", sqlite3_errmsg(db));
    sqlite3_free(mode);
    sqlite3_free(schema);
    return rc == SQLITE_OK ? 0 : -1;
}

static int make_template(struct fleet *f)
{
    sqlite3 *db = NULL;
    char *path = NULL;
    int r = -1;

    if (asprintf(&path, "%s/template", f->folder) < 0)
        return -1;
    if (sqlite3_open(path, &db) == SQLITE_OK)
        r = fill(db, f);
    else
        fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
    sqlite3_close(db); /* the last connection folds the WAL into the file */
    if (r == 0 && !(f->bytes = file_slurp(path, &f->size)))
        r = -1;
    unlink(path);
    free(path);
    return r;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, bytes, n);

        if (w < 0 && errno != EINTR)
            return -1;
        if (w > 0) {
            bytes += w;
            n -= (size_t)w;
        }
    }
    return 0;
}

static int clone_one(void *context, size_t i)
{
    const struct fleet *f = context;
    char *path = NULL;
    int r = -1, fd;

    if (asprintf(&path, "%s/t%06zu.db", f->folder, i + 1) < 0)
        return -1;
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd >= 0) {
        r = write_all(fd, f->bytes, f->size);
        if (close(fd) < 0)
            r = -1;
    }
    if (r < 0)
        perror(path);
    free(path);
    return r;
}

static void usage(void)
{
    fprintf(stderr, "usage: mkfleet [--work W1|W2] [--mode delete|wal] --count N FOLDER\n");
    exit(2);
}

static void parse(int argc, char **argv, struct fleet *f)
{
    static const struct option options[] = {{"work", required_argument, NULL, 'w'},
                                            {"mode", required_argument, NULL, 'm'},
                                            {"count", required_argument, NULL, 'n'},
                                            {0}};
    const char *work = "W1";
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'w')
            work = optarg;
        else if (c == 'm')
            f->mode = optarg;
        else if (c == 'n')
            f->count = option_number("--count", optarg, 1000000);
        else
            usage();
    }
    if (optind != argc - 1 || !f->count || (strcmp(work, "W1") && strcmp(work, "W2")) ||
        (strcmp(f->mode, "delete") && strcmp(f->mode, "wal")))
        usage();
    f->rows = strcmp(work, "W1") == 0 ? 100 : 1000;
    f->folder = argv[optind];
}

int main(int argc, char **argv)
{
    struct fleet f = {.mode = "delete"};
    size_t failed;

    parse(argc, argv, &f);
    if (mkdir(f.folder, 0755) < 0 && errno != EEXIST) {
        perror(f.folder);
        return 1;
    }
    if (make_template(&f) < 0)
        return 1;
    failed = in_parallel(COPY_THREADS, f.count, clone_one, &f);
    free(f.bytes);
    printf("%zu\n", f.size);
    return failed ? 1 : 0;
}
