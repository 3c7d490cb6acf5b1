#include "sql/postgres_rows.h"

#include <jansson.h>
#include <pg_query.h>

#include "base/error.h"
#include "base/str.h"
#include "sql/expand.h"

static const char *const writers[] = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"};

enum { WRITERS = sizeof writers / sizeof writers[0] };

/* NULL: the grammar cannot read it. */
static json_t *tree_of(const char *sql)
{
    PgQueryParseResult result = pg_query_parse(sql);
    json_t *root = result.error ? NULL : json_loads(result.parse_tree, 0, NULL);

    pg_query_free_parse_result(result);
    return root;
}

static const json_t *only_statement(const json_t *root)
{
    const json_t *all = json_object_get(root, "stmts");

    return json_array_size(all) == 1 ? json_object_get(json_array_get(all, 0), "stmt") : NULL;
}

static bool judge(const json_t *stmt)
{
    const json_t *select = json_object_get(stmt, "SelectStmt");

    for (int i = 0; i < WRITERS; i++)
        if (json_object_get(stmt, writers[i]))
            return true;
    while (json_object_get(select, "larg"))
        select = json_object_get(select, "larg");
    return select && !json_object_get(select, "intoClause");
}

bool sql_is_for_rows(const char *sql, size_t len)
{
    CLEANUP_STR struct str text = STR_INIT;
    json_t *root;
    bool is;

    if (sql_blank_values(ENGINE_POSTGRES, sql, len, &text, NULL) != E_OK)
        return false;
    root = tree_of(str_text(&text));
    is = judge(only_statement(root));
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
    json_t *root = tree_of(sql);
    int r = root ? look(&w, root)
                 : error_set(e, E_INVALID, "the grammar of PostgreSQL 15 cannot read this");

    json_decref(root);
    return r;
}
