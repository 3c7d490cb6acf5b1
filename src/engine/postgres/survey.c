/*
 * The survey of one server: what it allows, and one query for each of its databases that has
 * tenants. The comments of the history tables say which of them are equal, in whatever database
 * they are: the rows are read of one of each kind, and of those without a comment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/index.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/postgres.h"
#include "engine/past.h"
#include "engine/postgres/history.h"
#include "engine/postgres/link.h"
#include "engine/strands.h"

struct place_at { /* sorted by database, then schema */
    const struct place *place;
    uint32_t index;
    bool wants; /* its past is to be read */
    bool moved; /* it was written to meanwhile: what was read is nobody else's */
    char head[PG_HEAD_TEXT];
    uint32_t like; /* in order[]: whose past is its own, too; itself: it is to be read first */
};

struct looking {
    struct pg_link *link;
    struct place_at *order;
    uint32_t n;
    uint32_t *first; /* of each database, in order; one more at the end */
    uint32_t n_databases;
    uint32_t *readers; /* in order[]: one of each kind */
    uint32_t n_readers;
    struct sight *sights;
};

static int compare(const void *left, const void *right)
{
    const struct place_at *a = left, *b = right;
    int by_database = strcmp(a->place->database, b->place->database);

    return by_database ? by_database : strcmp(PG_SCHEMA_OF(a->place), PG_SCHEMA_OF(b->place));
}

/* --- one database --- */

/* As an array of texts has it. */
static void add_element(struct str *out, const char *text)
{
    str_addc(out, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            str_addc(out, '\\');
        str_addc(out, *text);
    }
    str_addc(out, '"');
}

/* Whether a schema has tables already is asked of those without a history, and with one look at
 * pg_class, however many they are: IN is hashed, and CASE keeps it from being asked for nothing. */
static int ask(struct pg *pg, const struct place_at *order, uint32_t n, PGresult **rows,
               struct error *e)
{
    CLEANUP_STR struct str names = STR_INIT;

    for (uint32_t i = 0; i < n; i++) {
        str_addc(&names, i ? ',' : '{');
        add_element(&names, PG_SCHEMA_OF(order[i].place));
    }
    str_addc(&names, '}');
    if (!str_ok(&names))
        return error_oom(e);
    return pg_query(pg,
                    "SELECT n.nspname, (SELECT description FROM " PG_COMMENTS_OF "h.oid),"
                    " h.relfilenode, CASE WHEN h.oid IS NULL THEN n.oid IN (SELECT relnamespace"
                    " FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p')) ELSE false END,"
                    " pg_catalog.has_schema_privilege(n.oid, 'CREATE')"
                    " FROM pg_catalog.pg_namespace n LEFT JOIN pg_catalog.pg_class h"
                    " ON h.relnamespace = n.oid AND h.relname = '" HISTORY_TABLE
                    "' AND h.relkind = 'r' WHERE n.nspname = ANY ($1::name[])"
                    " ORDER BY n.nspname COLLATE \"C\"",
                    1, (const char *const[]){str_text(&names)}, rows, e);
}

/* A session that has just begun knows no catalog yet, and a join wants to know many: where there is
 * one tenant and it has a history, less will do. */
static int ask_one(struct pg *pg, const struct place_at *at, PGresult **rows, struct error *e)
{
    CLEANUP_STR struct str schema = STR_INIT;

    pg_add_name(&schema, pg, PG_SCHEMA_OF(at->place));
    if (!str_ok(&schema))
        return error_oom(e);
    return pg_query(pg,
                    "SELECT $1, (SELECT description FROM " PG_COMMENTS_OF "c),"
                    " pg_catalog.pg_relation_filenode(c), false,"
                    " pg_catalog.has_schema_privilege(pg_catalog.to_regnamespace($2), 'CREATE')"
                    " FROM pg_catalog.to_regclass($2 || '." HISTORY_TABLE "') AS c"
                    " WHERE pg_catalog.pg_relation_filenode(c) IS NOT NULL",
                    2, (const char *const[]){PG_SCHEMA_OF(at->place), str_text(&schema)}, rows, e);
}

static int ask_all(struct pg *pg, const struct place_at *order, uint32_t n, PGresult **rows,
                   struct error *e)
{
    int r = n == 1 ? ask_one(pg, order, rows, e) : E_OK;

    if (r == E_DOUBT || (r == E_OK && PQntuples(*rows) > 0))
        return r;
    pg_clear(rows);
    error_clear(e);
    return ask(pg, order, n, rows, e); /* which says why, if that was refused */
}

static bool says(const PGresult *rows, int row, int column)
{
    return strcmp(PQgetvalue(rows, row, column), "t") == 0;
}

static void take(const struct looking *v, struct place_at *at, const PGresult *rows, int row)
{
    struct sight *sight = &v->sights[at->index];

    sight->guarantee = v->link->two_phase ? GUARANTEE_PREPARED : GUARANTEE_LOGGED;
    sight->history = !PQgetisnull(rows, row, 2);
    sight->foreign = says(rows, row, 3);
    if (!says(rows, row, 4))
        error_set(&sight->why, E_REFUSED, "may not create anything in schema %s",
                  PG_SCHEMA_OF(at->place));
    at->wants = sight->history && !sight->why.code;
    pg_history_head(PQgetisnull(rows, row, 1) ? NULL : PQgetvalue(rows, row, 1), at->head);
    if (at->head[0])
        pg_history_seen(at->head, strtoul(PQgetvalue(rows, row, 2), NULL, 10), sight->seen);
}

static void take_all(const struct looking *v, uint32_t first, uint32_t n, const PGresult *rows)
{
    int row = 0;

    for (uint32_t i = first; i < first + n; i++) {
        const char *schema = PG_SCHEMA_OF(v->order[i].place);

        while (row < PQntuples(rows) && strcmp(PQgetvalue(rows, row, 0), schema) < 0)
            row++;
        if (row < PQntuples(rows) && strcmp(PQgetvalue(rows, row, 0), schema) == 0)
            take(v, &v->order[i], rows, row);
        else
            error_set(&v->sights[v->order[i].index].why, E_MISSING, "there is no schema %s",
                      schema);
    }
}

static int look_at(const struct looking *v, uint32_t first, uint32_t n, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    struct pg *pg = NULL;
    int r = pool_take(&v->link->pool, v->order[first].place->database, &pg, e);

    if (r == E_OK)
        r = ask_all(pg, &v->order[first], n, &rows, e);
    if (r == E_OK)
        take_all(v, first, n, rows);
    pool_give(&v->link->pool, &pg);
    return r;
}

static void cannot_be_looked_at(struct sight *sight, const struct error *e)
{
    error_set(&sight->why, e->code == E_DOUBT ? E_REFUSED : e->code, "%s", e->message);
    if (e->hint[0])
        error_hint(&sight->why, "%s", e->hint);
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

        if (!sight->why.code)
            cannot_be_looked_at(sight, &e);
    }
}

/* --- pasts --- */

/* Rows are of the head that is there before them, and is there after them. */
static int read_rows(struct pg *pg, struct place_at *at, struct sight *sight, struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    CLEANUP_PAST struct past_draft draft = {0};
    bool still = true;
    int r = pg_history_open(pg, at->place, &h, e);

    if (r == E_OK)
        r = pg_history_read(&h, past_take, &draft, e);
    if (r == E_OK && at->head[0])
        r = pg_history_is(pg, at->place, sight->seen, &still, e);
    at->moved = !still;
    if (r == E_OK)
        past_write(&draft, &sight->past);
    return r == E_OK && !str_ok(&sight->past) ? error_oom(e) : r;
}

static void read_past(const struct looking *v, struct place_at *at)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct sight *sight = &v->sights[at->index];
    struct pg *pg = NULL;
    int r = pool_take(&v->link->pool, at->place->database, &pg, &e);

    if (r == E_OK)
        r = read_rows(pg, at, sight, &e);
    if (at->moved)
        sight->seen[0] = '\0';
    pool_give(&v->link->pool, &pg);
    if (r != E_OK)
        cannot_be_looked_at(sight, &e);
}

static void read_one(void *arg, uint32_t i)
{
    const struct looking *v = arg;

    read_past(v, &v->order[v->readers[i]]);
}

/* What could not be read of the one that stands for it, or is not its own any more, is read of this
 * one. */
static void copy_one(void *arg, uint32_t i)
{
    const struct looking *v = arg;
    struct place_at *at = &v->order[i];
    const struct place_at *reader = &v->order[at->like];
    const struct sight *like = &v->sights[reader->index];
    struct sight *sight = &v->sights[at->index];

    if (!at->wants || at->like == i)
        return;
    if (like->why.code || reader->moved) {
        read_past(v, at);
        return;
    }
    str_join(&sight->past, &like->past);
    if (!str_ok(&sight->past))
        error_oom(&sight->why);
}

static int choose_readers(struct looking *v, struct error *e)
{
    CLEANUP_INDEX struct index known = INDEX_INIT;

    v->readers = calloc(v->n ? v->n : 1, sizeof *v->readers);
    if (!v->readers)
        return error_oom(e);
    for (uint32_t i = 0; i < v->n; i++) {
        struct place_at *at = &v->order[i];
        const uint32_t *like = at->head[0] ? index_find(&known, at->head, strlen(at->head)) : NULL;

        if (!at->wants)
            continue;
        at->like = like ? *like : i;
        if (like)
            continue;
        v->readers[v->n_readers++] = i;
        if (at->head[0] && index_add(&known, at->head, strlen(at->head), i) != E_OK)
            return error_oom(e);
    }
    return E_OK;
}

static int read_pasts(struct looking *v, const struct each *each, struct error *e)
{
    int r = choose_readers(v, e);

    if (r != E_OK)
        return r;
    strands_run(each, v->link->width, v->n_readers, read_one, v);
    strands_run(each, v->link->width, v->n, copy_one, v);
    return E_OK;
}

/* --- the server --- */

static int sort(struct looking *v, const struct place *places, uint32_t n, struct error *e)
{
    v->order = calloc(n ? n : 1, sizeof *v->order);
    v->first = calloc((size_t)n + 1, sizeof *v->first);
    if (!v->order || !v->first)
        return error_oom(e);
    for (uint32_t i = 0; i < n; i++)
        v->order[i] = (struct place_at){.place = &places[i], .index = i};
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
    struct looking v = {.link = (struct pg_link *)link, .n = n, .sights = sights};
    int r = pg_link_ask(v.link, e);

    if (r == E_OK)
        r = sort(&v, places, n, e);
    if (r == E_OK) {
        strands_run(each, v.link->width, v.n_databases, look_at_database, &v);
        r = read_pasts(&v, each, e);
        find_room(v.link, n, v.n_databases, room);
    }
    free(v.readers);
    free(v.order);
    free(v.first);
    return r;
}
