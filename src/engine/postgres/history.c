#include "engine/postgres/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/postgres.h"

#define MARK "lockstep 1 " /* what a comment of ours begins with; the head follows */

bool pg_history_head(const char *comment, char head[HASH_TEXT])
{
    size_t n = sizeof MARK - 1;

    head[0] = 0;
    if (!comment || strncmp(comment, MARK, n) != 0 || strlen(comment + n) != HASH_TEXT - 1)
        return false;
    memcpy(head, comment + n, HASH_TEXT);
    return true;
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

#define COMMENT_OF(table)                                                                          \
    "(SELECT description FROM pg_catalog.pg_description WHERE objoid = " table                     \
    " AND classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND objsubid = 0)"

int pg_history_open_behind(struct pg *pg, const struct place *place, const char *before,
                           struct pg_history *h, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = name_table(pg, place, h, e);

    if (r != E_OK)
        return r;
    str_addf(&sql, "%sSELECT " COMMENT_OF("c") ", c IS NOT NULL FROM pg_catalog.to_regclass(",
             before);
    pg_add_literal(&sql, pg, h->table);
    str_add(&sql, ") AS c");
    r = str_ok(&sql) ? pg_last(pg, str_text(&sql), &rows, e) : error_oom(e);
    if (r != E_OK)
        return r;
    h->there = strcmp(PQgetvalue(rows, 0, 1), "t") == 0;
    pg_history_head(PQgetisnull(rows, 0, 0) ? NULL : PQgetvalue(rows, 0, 0), h->head);
    memcpy(h->from, h->head, HASH_TEXT);
    return E_OK;
}

int pg_history_open(struct pg *pg, const struct place *place, struct pg_history *h, struct error *e)
{
    return pg_history_open_behind(pg, place, "", h, e);
}

int pg_history_expect(struct pg *pg, const struct place *place, const char *head,
                      struct pg_history *h, struct error *e)
{
    int r = name_table(pg, place, h, e);

    h->there = head[0];
    snprintf(h->head, sizeof h->head, "%s", head);
    memcpy(h->from, h->head, HASH_TEXT);
    return r;
}

int pg_history_is(struct pg *pg, const struct place *place, const char *head, bool *is,
                  struct error *e)
{
    CLEANUP_PG_HISTORY struct pg_history h = {0};
    int r = pg_history_open(pg, place, &h, e);

    *is = r == E_OK && strcmp(h.head, head) == 0 && h.there == (head[0] != 0);
    return r;
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

int pg_history_fenced(struct pg_history *h, const char *run, uint32_t group, struct error *e)
{
    bool fenced = false;
    int r = ask_group(h, "run = $1 AND grp = $2 AND direction = 'fence' LIMIT 1", run, group,
                      &fenced, e);

    return r == E_OK && fenced ? was_fenced(run, e) : r;
}

/* --- writing --- */

/* Where it is not there yet. */
static void add_create(struct str *sql, struct pg_history *h)
{
    if (!h->there)
        str_addf(sql,
                 "CREATE TABLE %s (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                 " version bigint NOT NULL, name text NOT NULL, direction text NOT NULL,"
                 " checksum text NOT NULL, run text NOT NULL, grp bigint NOT NULL, down_sql text,"
                 " applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
                 " duration_us bigint NOT NULL, log_head text NOT NULL); ",
                 h->table);
}

static int next_head(struct pg_history *h, const struct history_row *row)
{
    struct hash *hash = hash_begin();
    char number[24];

    if (!hash)
        return E_NOMEM;
    snprintf(number, sizeof number, "%" PRIu64, row->version);
    hash_add_text(hash, h->head);
    hash_add_text(hash, number);
    hash_add_text(hash, row->down ? "down" : "up");
    hash_add_text(hash, row->name);
    hash_add_text(hash, row->checksum);
    hash_add_text(hash, row->down_sql ? row->down_sql : "");
    hash_add_text(hash, row->down_sql ? "has" : "none");
    hash_end(hash, h->head);
    return E_OK;
}

static void add_row(struct str *sql, struct pg_history *h, const struct history_row *row)
{
    const char *texts[] = {row->name,     row->down ? "down" : "up",
                           row->checksum, row->run,
                           row->down_sql, row->log_head};

    str_addf(sql,
             "INSERT INTO %s (version, grp, duration_us, name, direction, checksum, run, down_sql,"
             " log_head) VALUES (%" PRIu64 ", %" PRIu32 ", %" PRId64,
             h->table, row->version, row->group, row->duration_us);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        str_add(sql, ", ");
        pg_add_literal(sql, h->pg, texts[i]);
    }
    str_add(sql, ")");
}

int pg_history_add(struct pg_history *h, const struct history_row *row, struct str *sql,
                   struct error *e)
{
    if (next_head(h, row) != E_OK)
        return error_oom(e);
    add_create(sql, h);
    add_row(sql, h, row);
    str_add(sql, "; ");
    h->there = true; /* or the transaction comes to nothing */
    return E_OK;
}

void pg_history_add_head(struct pg_history *h, struct str *sql)
{
    str_addf(sql, "COMMENT ON TABLE %s IS '" MARK "%s'; ", h->table, h->head);
}

/* Is there a fence, and which comment has the table still? Asked behind the rows of this group:
 * whoever puts a fence up waits for these; and under the lock that COMMENT takes, so that of two
 * that began from one head the second sees the first. */
static void add_look(struct pg_history *h, const char *run, uint32_t group, struct str *sql)
{
    str_addf(sql,
             "LOCK TABLE %s IN SHARE UPDATE EXCLUSIVE MODE;"
             " SELECT EXISTS (SELECT 1 FROM %s WHERE run = ",
             h->table, h->table);
    pg_add_literal(sql, h->pg, run);
    str_addf(sql,
             " AND grp = %" PRIu32
             " AND direction = 'fence'), " COMMENT_OF("c") " FROM pg_catalog.to_regclass(",
             group);
    pg_add_literal(sql, h->pg, h->table);
    str_add(sql, ") AS c; ");
}

static int judge_look(const struct pg_history *h, const char *run, const PGresult *rows,
                      struct error *e)
{
    char head[HASH_TEXT];

    if (strcmp(PQgetvalue(rows, 0, 0), "t") == 0)
        return was_fenced(run, e);
    pg_history_head(PQgetisnull(rows, 0, 1) ? NULL : PQgetvalue(rows, 0, 1), head);
    if (strcmp(head, h->from) != 0)
        return error_set(e, E_CHANGED, "its history has changed since it was looked at");
    return E_OK;
}

int pg_history_vote(struct pg_history *h, const char *run, uint32_t group, struct str *sql,
                    struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r;

    if (!h->there) /* nothing was added, and nobody could have put a fence up */
        return str_ok(sql) ? pg_exec(h->pg, str_text(sql), e) : error_oom(e);
    add_look(h, run, group, sql);
    pg_history_add_head(h, sql);
    r = str_ok(sql) ? pg_last(h->pg, str_text(sql), &rows, e) : error_oom(e);
    return r == E_OK ? judge_look(h, run, rows, e) : r;
}

int pg_history_fence(struct pg_history *h, const char *run, uint32_t group, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    str_add(&sql, PG_BEGIN "; ");
    add_create(&sql, h);
    str_addf(&sql,
             "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE; INSERT INTO %s (version, grp,"
             " duration_us, name, direction, checksum, log_head, run) SELECT 0, %" PRIu32
             ", 0, 'fence', 'fence', '', '', r FROM (VALUES (",
             h->table, h->table, group);
    pg_add_literal(&sql, h->pg, run);
    str_addf(&sql,
             ")) v(r) WHERE NOT EXISTS (SELECT 1 FROM %s WHERE run = r AND grp = %" PRIu32
             " AND direction = 'fence'); " PG_COMMIT,
             h->table, group);
    r = str_ok(&sql) ? pg_exec(h->pg, str_text(&sql), e) : error_oom(e);
    if (r != E_OK && !h->pg->lost)
        pg_exec(h->pg, "ROLLBACK", NULL);
    return r;
}

/* --- reading --- */

#define COLUMNS                                                                                    \
    "seq, version, name, direction, checksum, run, grp, down_sql, " PG_UTC(                        \
        "applied_at") ", duration_us, log_head"

static const char *text_at(const PGresult *rows, int row, int column)
{
    return PQgetisnull(rows, row, column) ? NULL : PQgetvalue(rows, row, column);
}

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
