#include "sql/postgres_outside.h"

#include <jansson.h>

#include "sql/postgres_read.h"

static void take(const json_t *made, struct sql_index *index)
{
    const json_t *relation = json_object_get(made, "relation");

    str_add(&index->name, json_string_value(json_object_get(made, "idxname")));
    str_add(&index->table, json_string_value(json_object_get(relation, "relname")));
    if (json_object_get(relation, "schemaname"))
        str_add(&index->schema, json_string_value(json_object_get(relation, "schemaname")));
}

/* Of a schema or a database they may be anybody's. */
static enum sql_leaves made_again(const json_t *again, struct sql_index *index)
{
    const json_t *relation = json_object_get(again, "relation");
    const char *kind = postgres_text(again, "kind");
    bool table = str_same(kind, "REINDEX_OBJECT_TABLE");

    if (!table && !str_same(kind, "REINDEX_OBJECT_INDEX"))
        return SQL_LEAVES_ANYTHING;
    str_add(table ? &index->table : &index->name, postgres_text(relation, "relname"));
    str_add(&index->schema, postgres_text(relation, "schemaname"));
    return SQL_LEAVES_COPIES;
}

static enum sql_leaves judge(const json_t *stmt, struct sql_index *index)
{
    const json_t *made = json_object_get(stmt, "IndexStmt");
    const json_t *again = json_object_get(stmt, "ReindexStmt");

    if (again)
        return made_again(again, index);
    if (made && json_is_true(json_object_get(made, "concurrent"))) {
        take(made, index);
        return SQL_LEAVES_INDEX;
    }
    if (!stmt || json_object_get(stmt, "CallStmt") || json_object_get(stmt, "DoStmt"))
        return SQL_LEAVES_ANYTHING;
    return SQL_LEAVES_NOTHING;
}

enum sql_leaves sql_leaves(const char *sql, struct sql_index *index)
{
    json_t *root = postgres_read(sql);
    enum sql_leaves leaves = judge(postgres_statement(root), index);

    json_decref(root);
    return leaves;
}

void sql_index_free(struct sql_index *index)
{
    str_free(&index->name);
    str_free(&index->schema);
    str_free(&index->table);
}
