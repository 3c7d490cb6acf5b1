#include "sql/postgres_rows.h"

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "sql/expand.h"
#include "sql/postgres_read.h"

static const char *const writers[] = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"};

enum { WRITERS = sizeof writers / sizeof writers[0] };

/* The last word of a function's name: with a schema before it or without. */
static bool is_called(const json_t *call, const char *name)
{
    const json_t *words = json_object_get(call, "funcname");
    const json_t *last = json_array_get(words, json_array_size(words) - 1);

    return str_same(postgres_text(json_object_get(last, "String"), "sval"), name) ||
           str_same(postgres_text(json_object_get(last, "String"), "str"), name);
}

/* Is this function called anywhere in it? */
static bool calls(const json_t *node, const char *name) /* NOLINT(misc-no-recursion): as the tree */
{
    const json_t *child;
    const char *key;
    size_t i;

    if (is_called(json_object_get(node, "FuncCall"), name))
        return true;
    json_array_foreach(node, i, child) if (calls(child, name)) return true;
    json_object_foreach((json_t *)node, key, child) if (calls(child, name)) return true;
    return false;
}

static enum sql_for_rows judge(const json_t *stmt)
{
    const json_t *select = json_object_get(stmt, "SelectStmt");

    if (calls(stmt, "set_config")) /* of the setting that tells the tenants apart, or of the role */
        return SQL_ROWS_SETTING;
    for (int i = 0; i < WRITERS; i++)
        if (json_object_get(stmt, writers[i]))
            return SQL_ROWS_YES;
    while (json_object_get(select, "larg"))
        select = json_object_get(select, "larg");
    return select && !json_object_get(select, "intoClause") ? SQL_ROWS_YES : SQL_ROWS_NO;
}

enum sql_for_rows sql_for_rows(const char *sql, size_t len)
{
    CLEANUP_STR struct str text = STR_INIT;
    enum sql_for_rows is;
    json_t *root;

    if (sql_blank_values(ENGINE_POSTGRES, sql, len, &text, NULL) != E_OK)
        return SQL_ROWS_NO;
    root = postgres_read(str_text(&text));
    is = judge(postgres_statement(root));
    json_decref(root);
    return is;
}

/* --- what is written --- */

struct writing {
    int (*visit)(void *ctx, const char *schema, const char *table, struct error *e);
    void *ctx;
    struct error *e;
};

static int tell(const struct writing *w, const json_t *writer)
{
    const json_t *relation = json_object_get(writer, "relation");

    return w->visit(w->ctx, json_string_value(json_object_get(relation, "schemaname")),
                    json_string_value(json_object_get(relation, "relname")), w->e);
}

/* A statement stands in another only within its WITH; wherever it stands, it is found. */
static int look(const struct writing *w, json_t *node) /* NOLINT(misc-no-recursion): as the tree */
{
    const char *key;
    json_t *child;
    size_t i;
    int r = E_OK;

    json_array_foreach(node, i, child) if ((r = look(w, child)) != E_OK) return r;
    json_object_foreach(node, key, child)
    {
        for (i = 0; i < WRITERS && r == E_OK; i++)
            if (str_same(key, writers[i]))
                r = tell(w, child);
        if (r != E_OK || (r = look(w, child)) != E_OK)
            return r;
    }
    return r;
}

int sql_written(const char *sql,
                int (*visit)(void *ctx, const char *schema, const char *table, struct error *e),
                void *ctx, struct error *e)
{
    const struct writing w = {visit, ctx, e};
    json_t *root = postgres_read(sql);
    int r = root ? look(&w, root)
                 : error_set(e, E_INVALID, "the grammar of PostgreSQL 15 cannot read this");

    json_decref(root);
    return r;
}
