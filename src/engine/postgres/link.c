#include "engine/postgres/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "db/postgres_batch.h"
#include "engine/postgres/group.h"
#include "engine/postgres/history.h"
#include "engine/postgres/rows.h"
#include "engine/postgres/session.h"
#include "engine/postgres/steps.h"

enum { WIDTH = 4, LEAST_CONNECTIONS = 2, PINGS = 3 };

static uint32_t number_at(const PGresult *rows, int column)
{
    return (uint32_t)strtoul(PQgetvalue(rows, 0, column), NULL, 10);
}

/* Ours are kept under half of what the server allows, unless the configuration says otherwise. */
static void take_limits(struct pg_link *l, const PGresult *rows)
{
    const struct server *server = l->base.server;
    uint32_t prepared = number_at(rows, 0), most = number_at(rows, 1), taken = number_at(rows, 2);

    l->two_phase = prepared > 0;
    l->prepared_slots = prepared > taken ? prepared - taken : 1;
    l->lock_room = number_at(rows, 3) * (most + prepared) / 2;
    l->pool.most = server->max_connections ? server->max_connections : most / 2;
    if (l->pool.most < LEAST_CONNECTIONS)
        l->pool.most = LEAST_CONNECTIONS;
    l->width = server->max_parallel ? server->max_parallel : WIDTH;
    if (l->width >= l->pool.most)
        l->width = l->pool.most - 1;
}

/* The quickest: a session's first answers, and those of a busy moment, say nothing of a run. */
static void measure(struct pg_link *l, struct pg *pg)
{
    for (int i = 0; i < PINGS; i++) {
        int64_t asked_us = clock_mono_us(), took_us;

        if (pg_exec(pg, "SELECT 1", NULL) != E_OK)
            return;
        took_us = clock_mono_us() - asked_us;
        if (i == 0 || took_us < l->answer_us)
            l->answer_us = took_us;
    }
}

int pg_link_ask(struct pg_link *l, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg *pg = NULL;
    int r;

    if (l->asked)
        return E_OK;
    r = pool_take(&l->pool, NULL, &pg, e);
    if (r == E_OK)
        r = pg_query(pg,
                     "SELECT pg_catalog.current_setting('max_prepared_transactions'),"
                     " pg_catalog.current_setting('max_connections'),"
                     " (SELECT count(*) FROM pg_catalog.pg_prepared_xacts),"
                     " pg_catalog.current_setting('max_locks_per_transaction'),"
                     " pg_catalog.pg_is_in_recovery()",
                     0, NULL, &rows, e);
    if (r == E_OK)
        measure(l, pg);
    pool_give(&l->pool, &pg);
    if (r != E_OK)
        return r;
    if (PQgetvalue(rows, 0, 4)[0] == 't')
        return error_set(e, E_REFUSED, "server %s is a standby: it takes no changes",
                         l->base.server->name);
    take_limits(l, rows);
    l->asked = true;
    return E_OK;
}

int pg_rehearse(struct link *link, const struct link_run *run, uint32_t branch, struct error *e)
{
    struct pg_link *l = (struct pg_link *)link;
    const struct branch_spec *spec = &run->branches[branch];
    struct pg_work w = {.spec = spec,
                        .run = run->run,
                        .log_head = "",
                        .lock_timeout_ms = run->lock_timeout_ms,
                        .statement_timeout_ms = run->statement_timeout_ms};
    CLEANUP_PG_BATCH struct pg_batch begin = PG_BATCH_INIT;
    struct pg *pg = NULL;
    int r;

    if (pg_work_is_outside(&w))
        return E_OK; /* it would take effect; the plan says so */
    r = pool_take(&l->pool, spec->place.database, &pg, e);
    if (r == E_OK)
        pg_session_add_begin(&begin, pg, run->key);
    if (r == E_OK)
        r = pg_steps_run(pg, &w, &begin, NULL, e);
    if (pg && !pg->lost)
        pg_exec(pg, "ROLLBACK", NULL);
    pool_give(&l->pool, &pg);
    return r == E_DOUBT ? E_REFUSED : r;
}

int pg_history(struct link *link, const struct place *place, history_visit visit, void *arg,
               struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    struct pg_link *l = (struct pg_link *)link;
    struct pg *pg = NULL;
    int r = pool_take(&l->pool, place->database, &pg, e);

    if (r == E_OK)
        r = pg_history_open(pg, place, &h, e);
    if (r == E_OK)
        r = place->row ? pg_rows_read(&h, place, visit, arg, e)
                       : pg_history_read(&h, visit, arg, e);
    pool_give(&l->pool, &pg);
    return r;
}

/* lockstep_KEY_GROUP_BUNDLE; anything else is somebody else's. */
static bool parse(const char *name, struct stray *stray)
{
    const size_t head = sizeof "lockstep_" - 1, key = sizeof stray->key - 1;
    const char *at = name + head + key;
    uint64_t group, bundle;

    if (strspn(name + head, "0123456789abcdef") != key)
        return false;
    memcpy(stray->key, name + head, key);
    stray->key[key] = '\0';
    if (*at++ != '_' || !number_read(&at, &group) || *at++ != '_' || !number_read(&at, &bundle))
        return false;
    stray->group = (uint32_t)group;
    return !*at && group <= UINT32_MAX;
}

int pg_strays(struct link *link, int (*visit)(void *arg, const struct stray *stray), void *arg,
              struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg_link *l = (struct pg_link *)link;
    struct pg *pg = NULL;
    int r = pool_take(&l->pool, NULL, &pg, e);

    if (r == E_OK)
        r = pg_query(pg,
                     "SELECT gid, database,"
                     " extract(epoch FROM pg_catalog.clock_timestamp() - prepared)::bigint"
                     " FROM pg_catalog.pg_prepared_xacts"
                     " WHERE pg_catalog.starts_with(gid, 'lockstep_') ORDER BY prepared",
                     0, NULL, &rows, e);
    pool_give(&l->pool, &pg);
    for (int i = 0; r == E_OK && i < PQntuples(rows); i++) {
        struct stray stray = {.name = PQgetvalue(rows, i, 0),
                              .database = PQgetvalue(rows, i, 1),
                              .age_s = strtoll(PQgetvalue(rows, i, 2), NULL, 10)};

        if (parse(stray.name, &stray))
            r = visit(arg, &stray);
    }
    return r;
}

static void free_link(struct link *link)
{
    struct pg_link *l = (struct pg_link *)link;

    pool_close(&l->pool);
    free(l);
}

struct link *pg_link_new(const struct server *server)
{
    static const struct link_ops ops = {
        .survey = pg_survey,
        .join = pg_join,
        .rehearse = pg_rehearse,
        .history = pg_history,
        .strays = pg_strays,
        .free = free_link,
    };
    struct pg_link *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->base.ops = &ops;
    l->base.server = server;
    l->pool.server = server;
    l->pool.busy = (atomic_flag)ATOMIC_FLAG_INIT;
    return &l->base;
}
