#include "engine/postgres/rows_guard.h"

#include <string.h>

#include "base/error.h"
#include "base/row_tenants.h"
#include "base/str.h"
#include "db/postgres.h"
#include "source/migration.h"
#include "sql/expand.h"
#include "sql/postgres_rows.h"

struct guard {
    struct pg *pg;
    const struct row_tenants *who;
};

static bool says(const PGresult *rows, int column)
{
    return strcmp(PQgetvalue(rows, 0, column), "t") == 0;
}

static int check_role(const struct guard *g, struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = pg_query(g->pg,
                     "SELECT rolsuper OR rolbypassrls,"
                     " pg_catalog.pg_has_role(current_user, oid, 'MEMBER')"
                     " FROM pg_catalog.pg_roles WHERE rolname = $1",
                     1, (const char *const[]){g->who->role}, &rows, e);

    if (r != E_OK)
        return r;
    if (!PQntuples(rows)) {
        error_set(e, E_REFUSED, "there is no role %s for the rows of tenants", g->who->role);
        error_hint(e, "make it, or correct rows_role in the source");
        return E_REFUSED;
    }
    if (says(rows, 0)) {
        error_set(e, E_REFUSED, "row security does not hold for the role %s", g->who->role);
        error_hint(e, "give one without SUPERUSER and BYPASSRLS as rows_role");
        return E_REFUSED;
    }
    if (!says(rows, 1)) {
        error_set(e, E_REFUSED, "lockstep's role is no member of %s", g->who->role);
        error_hint(e, "GRANT the role of rows_role to it");
        return E_REFUSED;
    }
    return E_OK;
}

static int refuse(const char *table, const char *why, const char *hint, struct error *e)
{
    error_set(e, E_REFUSED, "%.60s %s: this step could change the rows of other tenants", table,
              why);
    error_hint(e, "%s", hint);
    return E_REFUSED;
}

static int check_table(void *ctx, const char *schema, const char *table, struct error *e)
{
    const struct guard *g = ctx;
    CLEANUP_STR struct str name = STR_INIT;
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r;

    if (schema) {
        pg_add_name(&name, g->pg, schema);
        str_addc(&name, '.');
    }
    pg_add_name(&name, g->pg, table);
    if (!str_ok(&name))
        return error_oom(e);
    r = pg_query(g->pg,
                 "SELECT relkind IN ('r', 'p'), relrowsecurity, NOT relforcerowsecurity"
                 " AND pg_catalog.pg_has_role($2, relowner, 'USAGE')"
                 " FROM pg_catalog.pg_class WHERE oid = pg_catalog.to_regclass($1)",
                 2, (const char *const[]){str_text(&name), g->who->role}, &rows, e);
    if (r != E_OK || !PQntuples(rows))
        return r;
    if (!says(rows, 0))
        return refuse(table, "is not a table", "write to its table itself", e);
    if (!says(rows, 1))
        return refuse(table, "has no row security",
                      "ALTER TABLE .. ENABLE ROW LEVEL SECURITY, with a policy by the setting", e);
    if (says(rows, 2))
        return refuse(table, "belongs to the role, which row security does not hold for then",
                      "ALTER TABLE .. FORCE ROW LEVEL SECURITY, or give another role", e);
    return E_OK;
}

static int check_statement(const struct guard *g, const struct script *script,
                           const struct statement *s, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r = sql_blank_values(ENGINE_POSTGRES, s->sql, s->len, &sql, e);

    if (r == E_OK)
        r = sql_written(str_text(&sql), check_table, (void *)g, e);
    if (r != E_OK) {
        error_at(e, script->file, s->line);
        error_statement(e, s->sql, s->len);
    }
    return r;
}

/* As the role: its search_path ("$user" in it) may find another table by the same name. */
static int check_as_role(const struct guard *g, const struct script *script, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    str_add(&sql, "SET LOCAL ROLE ");
    pg_add_name(&sql, g->pg, g->who->role);
    r = str_ok(&sql) ? pg_exec(g->pg, str_text(&sql), e) : error_oom(e);
    for (size_t i = 0; i < script->n && r == E_OK; i++)
        r = check_statement(g, script, &script->statements[i], e);
    return r == E_OK ? pg_exec(g->pg, "RESET ROLE", e) : r;
}

int pg_rows_guard(struct pg *pg, const struct script *script, const struct row_tenants *who,
                  struct error *e)
{
    const struct guard g = {pg, who};
    bool own = PQtransactionStatus(pg->conn) == PQTRANS_IDLE;
    int r = check_role(&g, e);

    if (r == E_OK && own)
        r = pg_exec(pg, PG_BEGIN, e);
    if (r == E_OK)
        r = check_as_role(&g, script, e);
    if (own && !pg->lost)
        pg_exec(pg, "ROLLBACK", NULL);
    return r;
}
