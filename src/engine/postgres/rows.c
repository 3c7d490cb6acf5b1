#include "engine/postgres/rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/row_tenants.h"
#include "base/str.h"
#include "db/postgres_batch.h"
#include "engine/postgres/history.h"
#include "engine/postgres/rows_guard.h"
#include "engine/postgres/work.h"

enum { NAP_MS = 50 };

/* One run over the row tenants of a database. */
struct rows {
    struct pg *pg;
    const struct pg_work *w;
    const struct step *step;
    const struct script *script;
    const struct row_tenants *who;
    const char *direction;
    const char *table; /* ours, quoted */
    PGresult *list;    /* who is to get it: their id, then what the query gives */
};

/* --- who --- */

static void add_table(struct str *out, struct pg *pg, const struct place *place)
{
    pg_add_name(out, pg, PG_SCHEMA_OF(place));
    str_add(out, "." ROWS_TABLE);
}

static int has_table(struct pg *pg, const char *table, bool *has, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = pg_query(pg, "SELECT pg_catalog.to_regclass($1) IS NOT NULL", 1,
                     (const char *const[]){table}, &rows, e);

    *has = r == E_OK && strcmp(PQgetvalue(rows, 0, 0), "t") == 0;
    return r;
}

static int make_table(const struct rows *x, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    bool has;
    int r = has_table(x->pg, x->table, &has, e);

    if (r != E_OK || has)
        return r;
    str_addf(&sql,
             "CREATE TABLE %s (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
             " version bigint NOT NULL, tenant text NOT NULL, direction text NOT NULL,"
             " run text NOT NULL, grp bigint NOT NULL,"
             " applied_at timestamptz NOT NULL DEFAULT clock_timestamp());"
             " CREATE INDEX ON %s (version, tenant, seq)",
             x->table, x->table);
    return str_ok(&sql) ? pg_exec(x->pg, str_text(&sql), e) : error_oom(e);
}

/* Without a semicolon at its end, and behind a line of its own: it may end in a comment. */
static void add_query(struct str *sql, const char *query)
{
    size_t n = strlen(query);

    while (n > 0 && strchr("; \t\r\n", query[n - 1]))
        n--;
    str_addn(sql, query, n);
    str_addc(sql, '\n');
}

/* Who was given the step, or had it taken back, by the latest row of each. The ids are compared as
 * they are read here: what ::text gives for char(n) or boolean is another text. */
static void add_last(struct str *sql, const struct rows *x)
{
    str_addf(sql,
             "(SELECT DISTINCT ON (tenant) tenant, direction, run, grp FROM %s"
             " WHERE version = $1 ORDER BY tenant, seq DESC) AS l"
             " ON l.tenant = pg_catalog.format('%%s', q.id) WHERE ",
             x->table);
}

/* Up: whom the query gives and who lacks it. Down: who has it, also one that the query does not
 * give any more; and where this group takes back what it did, whom it gave it. */
static int ask(struct rows *x, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    char version[24], group[16];
    bool has = x->w->back || str_same(x->direction, "down");

    snprintf(version, sizeof version, "%" PRIu64, x->step->version);
    snprintf(group, sizeof group, "%" PRIu32, x->w->group);
    str_addf(&sql, "SELECT %s AS id, q.* FROM (",
             has ? "l.tenant" : "pg_catalog.format('%s', q.id)");
    add_query(&sql, x->who->query);
    str_addf(&sql, ") AS q %s JOIN ", has ? "RIGHT" : "LEFT");
    add_last(&sql, x);
    str_add(&sql, "l.direction IS DISTINCT FROM $2 AND ");
    str_add(&sql, x->w->back ? "l.run = $3 AND l.grp = $4" : "($3::text, $4::bigint) IS NOT NULL");
    str_add(&sql, " ORDER BY 1");
    if (!str_ok(&sql))
        return error_oom(e);
    return pg_query(x->pg, str_text(&sql), 4,
                    (const char *const[]){version, x->direction, x->w->run, group}, &x->list, e);
}

static const char *id_at(const struct rows *x, int row)
{
    return PQgetvalue(x->list, row, 0);
}

static int check_ids(const struct rows *x, struct error *e)
{
    for (int i = 0; i < PQntuples(x->list); i++) {
        if (!id_at(x, i)[0])
            return error_set(e, E_REFUSED, "the query for row tenants gives one without an id");
        if (i && str_same(id_at(x, i - 1), id_at(x, i)))
            return error_set(e, E_REFUSED, "the query for row tenants gives %.60s twice",
                             id_at(x, i));
    }
    return E_OK;
}

static int list(struct rows *x, struct error *e)
{
    int r = ask(x, e);

    if (r == E_OK)
        r = check_ids(x, e);
    if (r != E_OK)
        error_statement(e, x->who->query, strlen(x->who->query));
    return r;
}

/* --- one of them --- */

static void add_setting(struct pg_batch *b, const struct rows *x, const char *id)
{
    str_add(&b->sql, "SELECT pg_catalog.set_config(");
    pg_add_literal(&b->sql, x->pg, x->who->setting);
    str_add(&b->sql, ", ");
    pg_add_literal(&b->sql, x->pg, id);
    pg_batch_add(b, ", true)");
}

static int begin_one(const struct rows *x, const char *id, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    str_add(&b.sql, "SET LOCAL ROLE ");
    pg_add_name(&b.sql, x->pg, x->who->role);
    pg_batch_end(&b);
    add_setting(&b, x, id);
    return pg_batch_run(x->pg, &b, NULL, NULL, e);
}

static int end_one(const struct rows *x, const char *id, struct error *e)
{
    const char *texts[] = {id, x->direction, x->w->run};
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    /* Triggers that wait for the end are of this tenant's rows, and of the role. */
    pg_work_add_checks(&b);
    pg_batch_add(&b, "RESET ROLE");
    add_setting(&b, x, "");
    str_addf(&b.sql,
             "INSERT INTO %s (version, grp, tenant, direction, run) VALUES (%" PRIu64 ", %" PRIu32,
             x->table, x->step->version, x->w->group);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        str_add(&b.sql, ", ");
        pg_add_literal(&b.sql, x->pg, texts[i]);
    }
    pg_batch_add(&b, ")");
    return pg_batch_run(x->pg, &b, NULL, NULL, e);
}

static struct sql_values values_of(const struct rows *x, int row, struct sql_value *list)
{
    struct sql_values values = {.list = list};

    for (int i = 0; i < PQnfields(x->list); i++) /* the id, then its columns: one is the id too */
        if (!PQgetisnull(x->list, row, i) && (!i || !str_same(PQfname(x->list, i), "id")))
            list[values.n++] = (struct sql_value){PQfname(x->list, i), PQgetvalue(x->list, row, i)};
    return values;
}

/* Behind the message stands whose rows it was. */
static void name_row_tenant(struct error *e, const char *id)
{
    size_t n = e ? strlen(e->message) : 0;

    if (e)
        snprintf(e->message + n, sizeof e->message - n, " (for row tenant %.60s)", id);
}

static int run_statements(const struct rows *x, int row, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct sql_value *list = arena_array(&arena, (size_t)PQnfields(x->list), sizeof *list);
    struct sql_values values;
    int r = list ? E_OK : error_oom(e);

    if (r == E_OK)
        values = values_of(x, row, list);
    for (size_t i = 0; i < x->script->n && r == E_OK; i++) {
        r = pg_work_statement(x->pg, &x->script->statements[i], &values, e);
        if (r == E_OK)
            continue;
        name_row_tenant(e, id_at(x, row));
        error_at(e, x->script->file, x->script->statements[i].line);
        error_statement(e, x->script->statements[i].sql, x->script->statements[i].len);
    }
    return r;
}

static int run_one(const struct rows *x, int row, struct error *e)
{
    const char *id = id_at(x, row);
    int r = begin_one(x, id, e);

    if (r == E_OK)
        r = run_statements(x, row, e);
    if (r != E_OK)
        return r;
    r = end_one(x, id, e);
    if (r != E_OK) { /* what its rows had put off to the end */
        name_row_tenant(e, id);
        error_at(e, x->script->file, 0);
    }
    return r;
}

/* --- all of them --- */

static int run_some(const struct rows *x, int from, int to, struct error *e)
{
    int r = E_OK;

    for (int i = from; i < to && r == E_OK; i++)
        r = run_one(x, i, e);
    return r;
}

static int run_batch(const struct rows *x, int from, int to, struct error *e)
{
    int r = pg_exec(x->pg, PG_BEGIN, e);

    if (r == E_OK)
        r = run_some(x, from, to, e);
    if (r == E_OK)
        r = pg_exec(x->pg, PG_COMMIT, e);
    if (r != E_OK && !x->pg->lost)
        pg_exec(x->pg, "ROLLBACK", NULL);
    return r;
}

static bool is_stopped(const struct rows *x)
{
    return x->pg->setup.stop && atomic_load(x->pg->setup.stop);
}

static int rest(const struct rows *x, struct error *e)
{
    int64_t until_us = clock_mono_us() + x->script->rows.pause_ms * 1000;

    while (!is_stopped(x) && clock_mono_us() < until_us)
        clock_nap_ms(x->script->rows.pause_ms < NAP_MS ? (int)x->script->rows.pause_ms : NAP_MS);
    return is_stopped(x) ? error_set(e, E_REFUSED, "interrupted between two batches") : E_OK;
}

static int run_batches(const struct rows *x, uint32_t *committed, struct error *e)
{
    int n = PQntuples(x->list), size = (int)x->script->rows.batch, r = E_OK;

    for (int from = 0; from < n && r == E_OK; from += size) {
        int to = n - from > size ? from + size : n;

        r = run_batch(x, from, to, e);
        *committed += r == E_OK;
        if (r == E_OK && to < n)
            r = rest(x, e);
    }
    return r;
}

static int check_deferred(struct pg *pg, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    pg_work_add_checks(&b);
    return pg_batch_run(pg, &b, NULL, NULL, e);
}

int pg_rows_run(struct pg *pg, const struct pg_work *w, const struct step *step,
                uint32_t *committed, struct error *e)
{
    CLEANUP_STR struct str table = STR_INIT;
    struct rows x = {.pg = pg, .w = w, .step = step, .who = w->spec->rows};
    int r;

    if (!x.who)
        return error_set(e, E_REFUSED, "its source does not say who its row tenants are");
    x.script = w->undo ? step->inverse : step->script;
    x.direction = step->down != w->undo ? "down" : "up";
    add_table(&table, pg, &w->spec->place);
    if (!str_ok(&table))
        return error_oom(e);
    x.table = str_text(&table);
    r = pg_rows_guard(pg, x.script, x.who, e);
    if (r == E_OK && !x.script->rows.batch) /* what waits of the steps before is not the role's */
        r = check_deferred(pg, e);
    if (r == E_OK)
        r = make_table(&x, e);
    if (r == E_OK)
        r = list(&x, e);
    if (r == E_OK && x.script->rows.batch)
        r = run_batches(&x, committed, e);
    else if (r == E_OK)
        r = run_some(&x, 0, PQntuples(x.list), e);
    pg_clear(&x.list);
    return r;
}

/* --- what one was given --- */

static int read_one(struct pg_history *h, const char *table, const char *id, PGresult **rows,
                    struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_addf(&sql,
             "SELECT g.seq, g.version, h.name, g.direction, h.checksum, g.run, g.grp, "
             "h.down_sql, " PG_UTC(
                 "g.applied_at") ", 0, h.log_head FROM %s g LEFT JOIN LATERAL (SELECT * FROM %s"
                                 " WHERE version = g.version AND direction <> 'fence' ORDER BY seq "
                                 "DESC LIMIT 1) h"
                                 " ON true WHERE g.tenant = $1 ORDER BY g.seq",
             table, h->table);
    if (!str_ok(&sql))
        return error_oom(e);
    return pg_query(h->pg, str_text(&sql), 1, (const char *const[]){id}, rows, e);
}

int pg_rows_read(struct pg_history *h, const struct place *place, history_visit visit, void *arg,
                 struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    CLEANUP_STR struct str table = STR_INIT;
    bool has = false;
    int r;

    add_table(&table, h->pg, place);
    r = str_ok(&table) ? has_table(h->pg, str_text(&table), &has, e) : error_oom(e);
    if (r == E_OK && has && h->there)
        r = read_one(h, str_text(&table), place->row, &rows, e);
    if (r == E_OK && !PQntuples(rows)) /* of none there are none */
        return error_set(e, E_MISSING, "no row tenant %.60s of it was given anything", place->row);
    return r == E_OK ? pg_history_tell(rows, visit, arg) : r;
}
