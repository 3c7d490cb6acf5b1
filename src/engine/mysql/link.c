#include "engine/mysql/link.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "db/mysql.h"
#include "engine/mysql/history.h"
#include "engine/turns.h"

enum { WIDTH = 8, LEAST_CONNECTIONS = 2, PINGS = 3 };

/* Ours are kept under half of what the server allows, unless the configuration says otherwise. */
static void take_limits(struct my_link *l, MYSQL_ROW row)
{
    const struct server *server = l->base.server;
    uint32_t most = (uint32_t)strtoul(row[0], NULL, 10);

    l->pool.most = server->max_connections ? server->max_connections : most / 2;
    if (l->pool.most < LEAST_CONNECTIONS)
        l->pool.most = LEAST_CONNECTIONS;
    l->width = server->max_parallel ? server->max_parallel : WIDTH;
    if (l->width >= l->pool.most)
        l->width = l->pool.most - 1;
}

/* Since MariaDB 10.5 and MySQL 5.7.7 a prepared transaction stays when its session ends. */
static void take_version(struct my_link *l, const char *version)
{
    unsigned long major = strtoul(version, NULL, 10), minor = 0;
    const char *dot = strchr(version, '.');

    if (dot)
        minor = strtoul(dot + 1, NULL, 10);
    l->mariadb = strstr(version, "MariaDB") != NULL;
    l->xa = l->mariadb ? major > 10 || (major == 10 && minor >= 5) : major >= 8;
}

/* Scripts are cut, and values quoted, as backslashes escape. */
static int refuse_mode(const struct my_link *l, struct error *e)
{
    error_set(e, E_REFUSED, "server %s has NO_BACKSLASH_ESCAPES in its sql_mode",
              l->base.server->name);
    error_hint(e, "lockstep reads scripts as servers without it do; take it out of sql_mode");
    return E_REFUSED;
}

static int judge(struct my_link *l, MYSQL_ROW row, struct error *e)
{
    take_limits(l, row);
    take_version(l, row[1]);
    l->exact = row[4][0] == '0';
    if (strstr(row[3], "NO_BACKSLASH_ESCAPES"))
        return refuse_mode(l, e);
    if (row[2][0] == '1')
        return error_set(e, E_REFUSED, "server %s is read only: it takes no changes",
                         l->base.server->name);
    return E_OK;
}

/* The quickest: a session's first answers, and those of a busy moment, say nothing of a run. */
static void measure(struct my_link *l, struct my *my)
{
    for (int i = 0; i < PINGS; i++) {
        int64_t asked_us = clock_mono_us(), took_us;

        if (my_exec(my, "DO 1", NULL) != E_OK)
            return;
        took_us = clock_mono_us() - asked_us;
        if (i == 0 || took_us < l->answer_us)
            l->answer_us = took_us;
    }
}

int my_link_ask(struct my_link *l, struct error *e)
{
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    struct my *my = NULL;
    MYSQL_ROW row;
    int r;

    if (l->asked)
        return E_OK;
    r = my_pool_take(&l->pool, &my, e);
    if (r == E_OK)
        r = my_query(
            my,
            "SELECT @@global.max_connections, version(), @@global.read_only, @@session.sql_mode,"
            " @@lower_case_table_names",
            &rows, e);
    if (r == E_OK)
        measure(l, my);
    my_pool_give(&l->pool, &my);
    if (r != E_OK)
        return r;
    row = rows ? mysql_fetch_row(rows) : NULL;
    if (!row || !row[0] || !row[1] || !row[2] || !row[3] || !row[4])
        return error_set(e, E_REFUSED, "server %s does not say its limits", l->base.server->name);
    r = judge(l, row, e);
    l->asked = r == E_OK;
    return r;
}

void my_link_enter(struct my_link *l)
{
    turns_take(&l->at_work, l->width);
}

void my_link_leave(struct my_link *l)
{
    turns_give(&l->at_work);
}

static int history(struct link *link, const struct place *place, history_visit visit, void *arg,
                   struct error *e)
{
    struct my_link *l = (struct my_link *)link;
    struct my_history h;
    struct my *my = NULL;
    int r = my_pool_take(&l->pool, &my, e);

    if (r == E_OK)
        r = my_history_open(my, place->database, &h, e);
    if (r == E_OK)
        r = my_history_read(&h, visit, arg, e);
    my_pool_give(&l->pool, &my);
    return r;
}

static void free_link(struct link *link)
{
    struct my_link *l = (struct my_link *)link;

    my_pool_close(&l->pool);
    free(l);
}

struct link *my_link_new(const struct server *server)
{
    static const struct link_ops ops = {
        .survey = my_survey,
        .join = my_join,
        .rehearse = my_rehearse,
        .history = history,
        .strays = my_strays,
        .free = free_link,
    };
    struct my_link *l = my_begin() == E_OK ? calloc(1, sizeof *l) : NULL;

    if (!l)
        return NULL;
    l->base.ops = &ops;
    l->base.server = server;
    l->pool.server = server;
    return &l->base;
}
