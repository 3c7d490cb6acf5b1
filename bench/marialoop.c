/*
 * What a deploy script in C would do with MySQL or MariaDB: each tenant on its own, on some
 * connections.
 *
 *     marialoop [--connections 8] --socket PATH --user NAME SCRIPT RECORD TENANTS
 *
 * For each database, a line of TENANTS each: select it, the SCRIPT, the RECORD (a row of the user's
 * own history), a message each. A connection goes from one database to the next. What changes a
 * schema commits on its own; nothing is written down of what was under way.
 */
#include "tenants.h"

#include <getopt.h>
#include <mysql.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct loop {
    struct tenants tenants;
    const char *socket, *user;
    char *script, *record;
    unsigned connections;
    pthread_key_t kept; /* a thread's connection */
};

static MYSQL *connect_to(const struct loop *l)
{
    MYSQL *my = mysql_init(NULL);

    if (my && mysql_real_connect(my, NULL, l->user, NULL, NULL, 0, l->socket, 0))
        return my;
    fprintf(stderr, "%s\n", my ? mysql_error(my) : "out of memory");
    if (my)
        mysql_close(my);
    return NULL;
}

static int migrate(const struct loop *l, MYSQL *my, const char *name)
{
    int r = mysql_select_db(my, name);

    if (r == 0)
        r = mysql_query(my, l->script);
    if (r == 0)
        r = mysql_query(my, l->record);
    if (r != 0)
        fprintf(stderr, "%s: %s\n", name, mysql_error(my));
    return r;
}

static int one_database(void *context, size_t i)
{
    const struct loop *l = context;
    MYSQL *my = pthread_getspecific(l->kept);

    if (!my && !(my = connect_to(l)))
        return -1;
    pthread_setspecific(l->kept, my);
    return migrate(l, my, l->tenants.paths[i]);
}

static void finish(void *my)
{
    mysql_close(my);
    mysql_thread_end();
}

static void usage(void)
{
    fprintf(stderr, "usage: marialoop [--connections N] --socket PATH --user NAME"
                    " SCRIPT RECORD TENANTS\n");
    exit(2);
}

static void parse(int argc, char **argv, struct loop *l)
{
    static const struct option options[] = {{"connections", required_argument, NULL, 'c'},
                                            {"socket", required_argument, NULL, 's'},
                                            {"user", required_argument, NULL, 'u'},
                                            {0}};
    size_t size;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'c')
            l->connections = (unsigned)option_number("--connections", optarg, 1024);
        else if (c == 's')
            l->socket = optarg;
        else if (c == 'u')
            l->user = optarg;
        else
            usage();
    }
    if (optind != argc - 3 || !l->socket || !l->user)
        usage();
    if (!(l->script = file_slurp(argv[optind], &size)) ||
        !(l->record = file_slurp(argv[optind + 1], &size)) ||
        tenants_read(argv[optind + 2], &l->tenants) < 0)
        exit(1);
}

int main(int argc, char **argv)
{
    struct loop l = {.connections = 8};
    size_t failed;

    parse(argc, argv, &l);
    if (mysql_library_init(0, NULL, NULL) != 0 || pthread_key_create(&l.kept, finish) != 0)
        return 1;
    failed = in_parallel(l.connections, l.tenants.count, one_database, &l);
    if (failed)
        fprintf(stderr, "%zu of %zu tenants failed\n", failed, l.tenants.count);
    free(l.script);
    free(l.record);
    tenants_free(&l.tenants);
    mysql_library_end();
    return failed ? 1 : 0;
}
