#include "engine/postgres/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/str.h"
#include "db/postgres_batch.h"

static const char *text_at(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

/* Of the first row; 0: null. */
static unsigned long number_at(const PGresult *rows, int column)
{
    return strtoul(PQgetvalue(rows, 0, column), NULL, 10);
}

/* --- heads --- */

/* "HASH NUMBER" */
static bool is_head(const char *text)
{
    const char *number = text + HASH_TEXT;
    uint64_t last;

    return strlen(text) > HASH_TEXT && strlen(text) < PG_HEAD_TEXT &&
           strspn(text, "0123456789abcdef") == HASH_TEXT - 1 && number[-1] == ' ' &&
           number_read(&number, &last) && !*number;
}

bool pg_history_head(const char *comment, char head[PG_HEAD_TEXT])
{
    size_t n = sizeof PG_HEAD_MARK - 1;

    head[0] = 0;
    if (!comment || strncmp(comment, PG_HEAD_MARK, n) != 0 || !is_head(comment + n))
        return false;
    snprintf(head, PG_HEAD_TEXT, "%s", comment + n);
    return true;
}

static void take_head(struct pg_history *h, const char *head)
{
    snprintf(h->head, sizeof h->head, "%s", head);
    snprintf(h->hash, sizeof h->hash, "%.*s", HASH_TEXT - 1, head);
    h->last = head[0] ? strtoull(head + HASH_TEXT, NULL, 10) : 0;
}

int pg_history_changed(struct error *e)
{
    error_clear(e);
    return error_set(e, E_CHANGED, "its history has changed since it was looked at");
}

static int name_table(struct pg *pg, const struct place *place, struct pg_history *h,
                      struct error *e)
{
    CLEANUP_STR struct str table = STR_INIT;

    *h = (struct pg_history){.pg = pg};
    pg_add_name(&table, pg, PG_SCHEMA_OF(place));
    str_add(&table, "." HISTORY_TABLE);
    h->table = str_take(&table);
    return h->table ? E_OK : error_oom(e);
}

/* A chain that begins behind rows which are not in it is like no other tenant's. */
static int begin_chain(struct pg_history *h, struct error *e)
{
    struct hash *hash = hash_begin();

    if (!hash)
        return error_oom(e);
    hash_add_text(hash, PQdb(h->pg->conn));
    hash_add_text(hash, h->table);
    hash_end(hash, h->hash);
    return E_OK;
}

static int ask_last(struct pg_history *h, uint64_t *last, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r;

    pg_batch_add(&b, "SELECT COALESCE(pg_catalog.max(seq), 0) FROM %s", h->table);
    r = pg_batch_run(h->pg, &b, &rows, NULL, e);
    *last = r == E_OK ? number_at(rows, 0) : 0;
    return r;
}

/* Without a comment of ours the rows tell. */
static int count_rows(struct pg_history *h, struct error *e)
{
    int r = ask_last(h, &h->last, e);

    return r == E_OK && h->last ? begin_chain(h, e) : r;
}

int pg_history_look(struct pg_history *h, struct pg_batch *before, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    char head[PG_HEAD_TEXT];
    int r;

    str_add(&before->sql, "SELECT (SELECT description FROM " PG_COMMENTS_OF
                          "c), pg_catalog.pg_relation_filenode(c) FROM pg_catalog.to_regclass(");
    pg_add_literal(&before->sql, h->pg, h->table);
    pg_batch_add(before, ") AS c");
    r = pg_batch_run(h->pg, before, &rows, NULL, e);
    if (r != E_OK)
        return r;
    h->there = !PQgetisnull(rows, 0, 1);
    h->node = number_at(rows, 1);
    pg_history_head(text_at(rows, 0, 0), head);
    take_head(h, head);
    return h->there && !head[0] ? count_rows(h, e) : E_OK;
}

int pg_history_open_behind(struct pg *pg, const struct place *place, struct pg_batch *before,
                           struct pg_history *h, struct error *e)
{
    int r = name_table(pg, place, h, e);

    return r == E_OK ? pg_history_look(h, before, e) : r;
}

int pg_history_open(struct pg *pg, const struct place *place, struct pg_history *h, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch nothing = PG_BATCH_INIT;

    return pg_history_open_behind(pg, place, &nothing, h, e);
}

int pg_history_expect(struct pg *pg, const struct place *place, const char *seen,
                      struct pg_history *h, struct error *e)
{
    int r = name_table(pg, place, h, e);
    const char *node = strrchr(seen, ' ');
    char head[PG_HEAD_TEXT];

    h->there = seen[0];
    h->node = node ? strtoul(node + 1, NULL, 10) : 0;
    snprintf(head, sizeof head, "%.*s", node ? (int)(node - seen) : 0, seen);
    take_head(h, head);
    return r;
}

void pg_history_seen(const char *head, unsigned long node, char seen[SEEN_TEXT])
{
    snprintf(seen, SEEN_TEXT, "%s %lu", head, node);
}

int pg_history_is(struct pg *pg, const struct place *place, const char *seen, bool *is,
                  struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    int r = pg_history_open(pg, place, &h, e);
    char now[SEEN_TEXT] = "";

    if (r == E_OK && h.there)
        pg_history_seen(h.head, h.node, now);
    *is = r == E_OK && strcmp(now, seen) == 0;
    return r;
}

int pg_history_same(struct pg_history *h, const char *seen, struct error *e)
{
    bool same = strncmp(h->hash, seen, HASH_TEXT - 1) == 0;
    uint64_t last = h->last;
    int r = same && h->there ? ask_last(h, &last, e) : E_OK;

    if (r != E_OK)
        return r;
    return same && last == h->last ? E_OK : pg_history_changed(e);
}

void pg_history_close(struct pg_history *h)
{
    free(h->table);
    h->table = NULL;
}

/* --- questions --- */

static int was_fenced(const char *run, struct error *e)
{
    return error_set(e, E_REFUSED, "run %s was settled by somebody else meanwhile", run);
}

/* Does `SELECT 1 FROM table WHERE condition` give a row that says yes? */
static int ask(struct pg_history *h, const char *what, const char *condition,
               const char *const *values, int n, bool *yes, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r;

    *yes = false;
    if (!h->there)
        return E_OK;
    str_addf(&sql, "SELECT %s FROM %s WHERE %s", what, h->table, condition);
    r = str_ok(&sql) ? pg_query(h->pg, str_text(&sql), n, values, &rows, e) : error_oom(e);
    *yes = r == E_OK && PQntuples(rows) > 0 && strcmp(PQgetvalue(rows, 0, 0), "t") == 0;
    return r;
}

int pg_history_applied(struct pg_history *h, uint64_t version, bool *applied, struct error *e)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRIu64, version);
    return ask(h, "direction = 'up'",
               "version = $1 AND direction <> 'fence' ORDER BY seq DESC LIMIT 1",
               (const char *const[]){number}, 1, applied, e);
}

static int ask_group(struct pg_history *h, const char *condition, const char *run, uint32_t group,
                     bool *yes, struct error *e)
{
    char number[24];

    snprintf(number, sizeof number, "%" PRIu32, group);
    return ask(h, "true", condition, (const char *const[]){run, number}, 2, yes, e);
}

int pg_history_has_group(struct pg_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e)
{
    return ask_group(h, "run = $1 AND grp = $2 AND direction <> 'fence' LIMIT 1", run, group, has,
                     e);
}

int pg_history_has_fence(struct pg_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e)
{
    return ask_group(h, "run = $1 AND grp = $2 AND direction = 'fence' LIMIT 1", run, group, has,
                     e);
}

int pg_history_fenced(struct pg_history *h, const char *run, uint32_t group, struct error *e)
{
    bool fenced = false;
    int r = pg_history_has_fence(h, run, group, &fenced, e);

    return r == E_OK && fenced ? was_fenced(run, e) : r;
}

/* --- reading --- */

#define COLUMNS                                                                                    \
    "seq, version, name, direction, checksum, run, grp, down_sql, " PG_UTC(                        \
        "applied_at") ", duration_us, log_head"

static struct history_row row_at(const PGresult *rows, int i)
{
    return (struct history_row){
        .seq = strtoll(PQgetvalue(rows, i, 0), NULL, 10),
        .version = strtoull(PQgetvalue(rows, i, 1), NULL, 10),
        .name = PQgetvalue(rows, i, 2),
        .down = strcmp(PQgetvalue(rows, i, 3), "down") == 0,
        .checksum = PQgetvalue(rows, i, 4),
        .run = PQgetvalue(rows, i, 5),
        .group = (uint32_t)strtoul(PQgetvalue(rows, i, 6), NULL, 10),
        .down_sql = text_at(rows, i, 7),
        .applied_at = PQgetvalue(rows, i, 8),
        .duration_us = strtoll(PQgetvalue(rows, i, 9), NULL, 10),
        .log_head = PQgetvalue(rows, i, 10),
    };
}

int pg_history_tell(const PGresult *rows, history_visit visit, void *arg)
{
    int r = E_OK;

    for (int i = 0; r == E_OK && i < PQntuples(rows); i++) {
        struct history_row row = row_at(rows, i);

        r = visit(arg, &row);
    }
    return r;
}

int pg_history_read(struct pg_history *h, history_visit visit, void *arg, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r;

    if (!h->there)
        return error_set(e, E_MISSING, "has no history");
    str_addf(&sql, "SELECT " COLUMNS " FROM %s WHERE direction <> 'fence' ORDER BY seq", h->table);
    r = str_ok(&sql) ? pg_query(h->pg, str_text(&sql), 0, NULL, &rows, e) : error_oom(e);
    return r == E_OK ? pg_history_tell(rows, visit, arg) : r;
}
