/*
 * The survey of one server: what it allows, which databases it has, and one query for each of
 * these that has tenants. The comments of the history tables say which of them are equal; the rows
 * are read once for each kind, and of those without a comment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/postgres.h"
#include "engine/past.h"
#include "engine/postgres/history.h"
#include "engine/postgres/link.h"

struct place_at { /* sorted by database, then schema */
    const struct place *place;
    uint32_t index;
};

struct looking {
    struct pg_link *link;
    struct place_at *order;
    uint32_t *first; /* of each database, in order; one more at the end */
    uint32_t n_databases;
    struct sight *sights;
};

static int compare(const void *left, const void *right)
{
    const struct place_at *a = left, *b = right;
    int by_database = strcmp(a->place->database, b->place->database);

    return by_database ? by_database : strcmp(PG_SCHEMA_OF(a->place), PG_SCHEMA_OF(b->place));
}

/* --- one database --- */

struct head { /* a past that was read */
    char head[HASH_TEXT];
    uint32_t index; /* the tenant whose sight has it */
};

struct heads { /* of one database */
    struct head *list;
    size_t n, cap;
};

static int read_past(struct pg *pg, const struct place *place, struct sight *sight, struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    CLEANUP_PAST struct past_draft draft = {0};
    int r = pg_history_open(pg, place, &h, e);

    if (r == E_OK)
        r = pg_history_read(&h, past_take, &draft, e);
    if (r == E_OK)
        past_write(&draft, &sight->past);
    return r == E_OK && !str_ok(&sight->past) ? error_oom(e) : r;
}

/* Most tenants of a database have one of very few pasts: the last ones read are looked at. */
static const struct head *known(const struct heads *heads, const char *head)
{
    for (size_t i = heads->n; head[0] && i-- > 0;)
        if (strcmp(heads->list[i].head, head) == 0)
            return &heads->list[i];
    return NULL;
}

static int take_past(const struct looking *v, struct pg *pg, const struct place_at *at,
                     const char *comment, struct heads *heads, struct error *e)
{
    struct sight *sight = &v->sights[at->index];
    const struct head *like;
    char head[HASH_TEXT];
    int r;

    pg_history_head(comment, head);
    like = known(heads, head);
    if (like) {
        str_join(&sight->past, &v->sights[like->index].past);
        return str_ok(&sight->past) ? E_OK : error_oom(e);
    }
    r = read_past(pg, at->place, sight, e);
    if (r != E_OK || !head[0])
        return r;
    if (!array_room(&heads->list, heads->n, &heads->cap, sizeof *heads->list))
        return error_oom(e);
    memcpy(heads->list[heads->n].head, head, sizeof head);
    heads->list[heads->n++].index = at->index;
    return E_OK;
}

static int ask(struct pg *pg, const struct place_at *order, uint32_t n, PGresult **rows,
               struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_add(&sql,
            "SELECT n.nspname, pg_catalog.obj_description(h.oid, 'pg_class'), h.oid IS NOT NULL,"
            " EXISTS (SELECT 1 FROM pg_catalog.pg_class t WHERE t.relnamespace = n.oid"
            " AND t.relkind IN ('r', 'p') AND t.relname <> '" HISTORY_TABLE "'),"
            " pg_catalog.has_schema_privilege(n.oid, 'CREATE')"
            " FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class h"
            " ON h.relnamespace = n.oid AND h.relname = '" HISTORY_TABLE "' AND h.relkind = 'r'"
            " WHERE n.nspname IN (");
    for (uint32_t i = 0; i < n; i++) {
        str_add(&sql, i ? ", " : "");
        pg_add_literal(&sql, pg, PG_SCHEMA_OF(order[i].place));
    }
    str_add(&sql, ") ORDER BY n.nspname COLLATE \"C\"");
    return str_ok(&sql) ? pg_query(pg, str_text(&sql), 0, NULL, rows, e) : error_oom(e);
}

static bool says(const PGresult *rows, int row, int column)
{
    return strcmp(PQgetvalue(rows, row, column), "t") == 0;
}

static int take_all(const struct looking *v, struct pg *pg, const struct place_at *order,
                    uint32_t n, const PGresult *rows, struct error *e)
{
    struct heads heads = {0};
    int r = E_OK, row = 0;

    for (uint32_t i = 0; i < n && r == E_OK; i++) {
        struct sight *sight = &v->sights[order[i].index];
        const char *schema = PG_SCHEMA_OF(order[i].place);

        while (row < PQntuples(rows) && strcmp(PQgetvalue(rows, row, 0), schema) < 0)
            row++;
        if (row == PQntuples(rows) || strcmp(PQgetvalue(rows, row, 0), schema) != 0) {
            error_set(&sight->why, E_MISSING, "there is no schema %s", schema);
            continue;
        }
        sight->guarantee = v->link->two_phase ? GUARANTEE_PREPARED : GUARANTEE_LOGGED;
        sight->history = says(rows, row, 2);
        sight->foreign = says(rows, row, 3) && !sight->history;
        if (!says(rows, row, 4))
            error_set(&sight->why, E_REFUSED, "may not create anything in schema %s", schema);
        else if (sight->history)
            r = take_past(v, pg, &order[i],
                          PQgetisnull(rows, row, 1) ? NULL : PQgetvalue(rows, row, 1), &heads, e);
    }
    free(heads.list);
    return r;
}

static int look_at(const struct looking *v, uint32_t first, uint32_t n, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    const struct place_at *order = &v->order[first];
    struct pg *pg = NULL;
    int r = pool_take(&v->link->pool, order->place->database, &pg, e);

    if (r == E_OK)
        r = ask(pg, order, n, &rows, e);
    if (r == E_OK)
        r = take_all(v, pg, order, n, rows, e);
    pool_give(&v->link->pool, &pg);
    return r;
}

/* What fails for the database fails for its tenants, and for no other. */
static void look_at_database(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    const struct looking *v = arg;
    uint32_t first = v->first[i], n = v->first[i + 1] - first;

    if (look_at(v, first, n, &e) == E_OK)
        return;
    for (uint32_t k = first; k < first + n; k++) {
        struct sight *sight = &v->sights[v->order[k].index];

        if (sight->why.code)
            continue;
        error_set(&sight->why, e.code == E_DOUBT ? E_REFUSED : e.code, "%s", e.message);
        if (e.hint[0])
            error_hint(&sight->why, "%s", e.hint);
    }
}

/* --- the server --- */

static int sort(struct looking *v, const struct place *places, uint32_t n, struct error *e)
{
    v->order = calloc(n ? n : 1, sizeof *v->order);
    v->first = calloc((size_t)n + 1, sizeof *v->first);
    if (!v->order || !v->first)
        return error_oom(e);
    for (uint32_t i = 0; i < n; i++)
        v->order[i] = (struct place_at){&places[i], i};
    qsort(v->order, n, sizeof *v->order, compare);
    for (uint32_t i = 0; i < n; i++)
        if (!i || strcmp(v->order[i].place->database, v->order[i - 1].place->database) != 0)
            v->first[v->n_databases++] = i;
    v->first[v->n_databases] = n;
    return E_OK;
}

enum { LOCKS_A_TENANT = 12 }; /* careful: three tables with an index each, the history, catalogs */

static void bound(struct room *room, const char *server, uint32_t most, const char *what,
                  uint32_t is)
{
    if (room->branches && room->branches <= most)
        return;
    room->branches = most ? most : 1;
    snprintf(room->reason, sizeof room->reason, "%s is %u on %.60s", what, is, server);
}

/* Tenants of one database share bundles, so that as many fit as the lock table holds. */
static void find_room(const struct pg_link *l, uint32_t tenants, uint32_t databases,
                      struct room *room)
{
    const char *server = l->base.server->name;
    uint64_t each = databases ? tenants / databases : 1;
    uint32_t slots = l->two_phase ? l->prepared_slots : l->pool.most;
    uint32_t spare = slots > 2 * l->width ? slots - l->width : slots / 2 + 1;

    *room = (struct room){.width = l->width, .answer_us = l->answer_us};
    bound(room, server, l->lock_room / LOCKS_A_TENANT, "room in the lock table", l->lock_room);
    if (databases > 1 || databases == tenants)
        bound(room, server, (uint32_t)(spare * each),
              l->two_phase ? "max_prepared_transactions" : "the number of our connections", slots);
}

int pg_survey(struct link *link, const struct place *places, uint32_t n, const struct each *each,
              struct sight *sights, struct room *room, struct error *e)
{
    struct looking v = {.link = (struct pg_link *)link, .sights = sights};
    int r = pg_link_ask(v.link, e);

    if (r == E_OK)
        r = sort(&v, places, n, e);
    if (r == E_OK) {
        each->run(each->ctx, v.n_databases, look_at_database, &v);
        find_room(v.link, n, v.n_databases, room);
    }
    free(v.order);
    free(v.first);
    return r;
}
