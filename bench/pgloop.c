/*
 * What a deploy script in C would do with PostgreSQL: each tenant on its own, on a few connections.
 *
 *     pgloop [--connections 4] [--schemas] SCRIPT RECORD TENANTS
 *
 * Each line of TENANTS is what to connect to (a url) or, with --schemas, the first line is, and
 * each line behind it a schema of that database. For each tenant: BEGIN, with --schemas SET LOCAL
 * search_path, the SCRIPT, the RECORD (a row of the user's own history), COMMIT; a message each. A
 * database needs a connection of its own, as a connection cannot go to another one; for schemas
 * each thread keeps one. Each tenant is committed at once: when this stops, the fleet is split.
 */
#include "tenants.h"

#include <getopt.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct loop {
    struct tenants tenants; /* urls, or schemas */
    const char *url;        /* of the schemas' database */
    char *script, *record;
    unsigned connections;
    pthread_key_t kept; /* a thread's connection, for schemas */
};

static int run(PGconn *conn, const char *name, const char *sql)
{
    PGresult *answer = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(answer);
    int r = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? 0 : -1;

    if (r < 0)
        fprintf(stderr, "%s: %s", name, PQerrorMessage(conn));
    PQclear(answer);
    return r;
}

static PGconn *connect_to(const char *url)
{
    PGconn *conn = PQconnectdb(url);

    if (PQstatus(conn) == CONNECTION_OK)
        return conn;
    fprintf(stderr, "%s", PQerrorMessage(conn));
    PQfinish(conn);
    return NULL;
}

static int migrate(const struct loop *l, PGconn *conn, const char *name, const char *path)
{
    int r = run(conn, name, "BEGIN");

    if (r == 0 && path)
        r = run(conn, name, path);
    if (r == 0)
        r = run(conn, name, l->script);
    if (r == 0)
        r = run(conn, name, l->record);
    if (r == 0)
        return run(conn, name, "COMMIT");
    run(conn, name, "ROLLBACK");
    return r;
}

static int one_database(void *context, size_t i)
{
    const struct loop *l = context;
    const char *url = l->tenants.paths[i];
    PGconn *conn = connect_to(url);
    int r = conn ? migrate(l, conn, url, NULL) : -1;

    PQfinish(conn);
    return r;
}

static int one_schema(void *context, size_t i)
{
    const struct loop *l = context;
    PGconn *conn = pthread_getspecific(l->kept);
    char path[128];

    if (!conn && !(conn = connect_to(l->url)))
        return -1;
    pthread_setspecific(l->kept, conn);
    snprintf(path, sizeof path, "SET LOCAL search_path = %.80s", l->tenants.paths[i]);
    return migrate(l, conn, l->tenants.paths[i], path);
}

static void finish(void *conn)
{
    PQfinish(conn);
}

static void usage(void)
{
    fprintf(stderr, "usage: pgloop [--connections N] [--schemas] SCRIPT RECORD TENANTS\n");
    exit(2);
}

static int parse(int argc, char **argv, struct loop *l)
{
    static const struct option options[] = {
        {"connections", required_argument, NULL, 'c'}, {"schemas", no_argument, NULL, 's'}, {0}};
    int c, schemas = 0;
    size_t size;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c')
            l->connections = (unsigned)option_number("--connections", optarg, 1024);
        else if (c == 's')
            schemas = 1;
        else
            usage();
    }
    if (optind != argc - 3)
        usage();
    if (!(l->script = file_slurp(argv[optind], &size)) ||
        !(l->record = file_slurp(argv[optind + 1], &size)) ||
        tenants_read(argv[optind + 2], &l->tenants) < 0 || !l->tenants.count)
        exit(1);
    return schemas;
}

/* The first line, which is no tenant, is taken out. */
static char *take_first(struct tenants *t)
{
    char *first = t->paths[0];

    memmove(t->paths, t->paths + 1, --t->count * sizeof *t->paths);
    return first;
}

int main(int argc, char **argv)
{
    struct loop l = {.connections = 4};
    int schemas = parse(argc, argv, &l);
    char *url = schemas ? take_first(&l.tenants) : NULL;
    size_t failed;

    l.url = url;
    if (pthread_key_create(&l.kept, finish) != 0)
        return 1;
    failed = in_parallel(l.connections, l.tenants.count, schemas ? one_schema : one_database, &l);
    if (failed)
        fprintf(stderr, "%zu of %zu tenants failed\n", failed, l.tenants.count);
    free(url);
    free(l.script);
    free(l.record);
    tenants_free(&l.tenants);
    return failed ? 1 : 0;
}
