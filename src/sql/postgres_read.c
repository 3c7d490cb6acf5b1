#include "sql/postgres_read.h"

#include <pg_query.h>

json_t *postgres_read(const char *sql)
{
    PgQueryParseResult result = pg_query_parse(sql);
    json_t *root = result.error ? NULL : json_loads(result.parse_tree, 0, NULL);

    pg_query_free_parse_result(result);
    return root;
}

const json_t *postgres_statement(const json_t *root)
{
    const json_t *all = json_object_get(root, "stmts");

    return json_array_size(all) == 1 ? json_object_get(json_array_get(all, 0), "stmt") : NULL;
}

const char *postgres_text(const json_t *node, const char *field)
{
    const char *text = json_string_value(json_object_get(node, field));

    return text ? text : "";
}
