#include "engine/postgres/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/postgres.h"

#define LEDGER_TABLE "lockstep_ledger"

static void add_table(struct str *sql, const struct pg_history *h, const struct pg_work *w)
{
    pg_add_name(sql, h->pg, PG_SCHEMA_OF(&w->spec->place));
    str_add(sql, "." LEDGER_TABLE);
}

static int exec(struct pg_history *h, struct str *sql, struct error *e)
{
    return str_ok(sql) ? pg_exec(h->pg, str_text(sql), e) : error_oom(e);
}

static int ask(struct pg_history *h, const char *sql, const char *const *values, int n, bool *yes,
               struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = pg_query(h->pg, sql, n, values, &rows, e);

    *yes = r == E_OK && PQntuples(rows) > 0 && strcmp(PQgetvalue(rows, 0, 0), "t") == 0;
    return r;
}

int ledger_lock(struct pg_history *h, struct error *e)
{
    bool locked = false;
    int r = ask(h, "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended($1, 0))",
                (const char *const[]){h->table}, 1, &locked, e);

    if (r == E_OK && !locked)
        return error_set(e, E_BUSY, "another session of lockstep is at work in this tenant");
    return r;
}

void ledger_unlock(struct pg_history *h)
{
    if (h->pg && !h->pg->lost)
        pg_exec(h->pg, "SELECT pg_catalog.pg_advisory_unlock_all()", NULL);
}

static int is_there(struct pg_history *h, const struct pg_work *w, bool *there, struct error *e)
{
    CLEANUP_STR struct str name = STR_INIT;

    add_table(&name, h, w);
    if (!str_ok(&name))
        return error_oom(e);
    return ask(h, "SELECT pg_catalog.to_regclass($1) IS NOT NULL",
               (const char *const[]){str_text(&name)}, 1, there, e);
}

int ledger_begin(struct pg_history *h, const struct pg_work *w, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_add(&sql, "CREATE TABLE IF NOT EXISTS ");
    add_table(&sql, h, w);
    str_add(&sql,
            " (run text NOT NULL, grp bigint NOT NULL, PRIMARY KEY (run, grp)); INSERT INTO ");
    add_table(&sql, h, w);
    str_add(&sql, " VALUES (");
    pg_add_literal(&sql, h->pg, w->run);
    str_addf(&sql, ", %" PRIu32 ") ON CONFLICT DO NOTHING", w->group);
    return exec(h, &sql, e);
}

int ledger_has(struct pg_history *h, const struct pg_work *w, bool *has, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    char group[16];
    int r = is_there(h, w, has, e);

    if (r != E_OK || !*has)
        return r;
    snprintf(group, sizeof group, "%" PRIu32, w->group);
    str_add(&sql, "SELECT true FROM ");
    add_table(&sql, h, w);
    str_add(&sql, " WHERE run = $1 AND grp = $2");
    if (!str_ok(&sql))
        return error_oom(e);
    return ask(h, str_text(&sql), (const char *const[]){w->run, group}, 2, has, e);
}

static int drop_when_empty(struct pg_history *h, const struct pg_work *w, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT, drop = STR_INIT;
    bool left = true;
    int r;

    str_add(&sql, "SELECT EXISTS (SELECT 1 FROM ");
    add_table(&sql, h, w);
    str_add(&sql, ")");
    if (!str_ok(&sql))
        return error_oom(e);
    r = ask(h, str_text(&sql), NULL, 0, &left, e);
    if (r != E_OK || left)
        return r;
    str_add(&drop, "DROP TABLE ");
    add_table(&drop, h, w);
    return exec(h, &drop, e);
}

int ledger_end(struct pg_history *h, const struct pg_work *w, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    str_add(&sql, "DELETE FROM ");
    add_table(&sql, h, w);
    str_add(&sql, " WHERE run = ");
    pg_add_literal(&sql, h->pg, w->run);
    str_addf(&sql, " AND grp = %" PRIu32, w->group);
    r = exec(h, &sql, e);
    return r == E_OK ? drop_when_empty(h, w, e) : r;
}
