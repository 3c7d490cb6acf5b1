/* Tenants from a query against a catalog database, which is only read. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "db/sqlite.h"
#include "fleet/draft.h"

enum { PATIENCE_MS = 5000 };

/* Every error names the catalog and the query, and is one in the configuration. */
static int blame(const struct draft *draft, int r, struct error *e)
{
    if (r == E_OK || r < 0)
        return r;
    r = r == E_NOMEM ? r : E_INVALID;
    if (e)
        e->code = r;
    error_at(e, draft->source->place, 0);
    error_statement(e, draft->source->query, strlen(draft->source->query));
    error_hint(e, "the query of a catalog gives the columns id and path; further ones are labels");
    return r;
}

static int take_columns(struct draft *draft, sqlite3_stmt *stmt, struct columns *columns,
                        const char **names, struct error *e)
{
    size_t n = (size_t)sqlite3_column_count(stmt);

    for (size_t i = 0; i < n; i++) {
        names[i] = sqlite3_column_name(stmt, (int)i);
        if (!names[i])
            return error_oom(e);
    }
    return columns_take(draft, names, n, columns, e);
}

static int take_row(struct draft *draft, sqlite3_stmt *stmt, const struct columns *columns,
                    const char **values, const char *origin, struct error *e)
{
    for (size_t i = 0; i < columns->n; i++) {
        values[i] = (const char *)sqlite3_column_text(stmt, (int)i);
        if (!values[i] && sqlite3_column_type(stmt, (int)i) != SQLITE_NULL)
            return error_oom(e);
        if (values[i] && strlen(values[i]) != (size_t)sqlite3_column_bytes(stmt, (int)i))
            return error_set(e, E_INVALID, "a NUL byte in the column %s", columns->names[i]);
    }
    return columns_row(draft, columns, values, origin, e);
}

static int read_rows(struct draft *draft, sqlite3_stmt *stmt, struct error *e)
{
    size_t n = (size_t)sqlite3_column_count(stmt), row = 0;
    const char **texts = arena_array(draft->arena, n, sizeof *texts);
    struct columns columns = {0};
    int r = texts ? take_columns(draft, stmt, &columns, texts, e) : error_oom(e);

    while (r == E_OK) {
        CLEANUP_STR struct str origin = STR_INIT;

        r = db_step(stmt, e);
        if (r != DB_ROW)
            break;
        str_addf(&origin, "catalog %s row %zu", draft->source->place, ++row);
        r = str_ok(&origin) ? take_row(draft, stmt, &columns, texts, str_text(&origin), e)
                            : error_oom(e);
    }
    return r;
}

static int run_query(struct draft *draft, sqlite3 *db, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = db_prepare(db, draft->source->query, &stmt, e);

    if (r != E_OK)
        return r;
    if (!stmt)
        return error_set(e, E_INVALID, "the query is empty");
    if (!sqlite3_stmt_readonly(stmt))
        return error_set(e, E_INVALID, "the query would change the catalog");
    return read_rows(draft, stmt, e);
}

int catalog_tenants(struct draft *draft, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    int r = db_open(draft->source->place, SQLITE_OPEN_READONLY, NULL, &db, e);

    if (r == E_OK) {
        sqlite3_busy_timeout(db, PATIENCE_MS);
        r = run_query(draft, db, e);
    }
    return blame(draft, r, e);
}
