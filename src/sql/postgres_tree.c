/* Escapes by PostgreSQL's own grammar: the name of a statement's node and a field or two tell. */
#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "sql/judge.h"
#include "sql/postgres_read.h"

enum { CURSOR_HOLD = 0x20 }; /* CURSOR_OPT_HOLD of PostgreSQL's parsenodes.h, since 14 */

/* Does a list of options ({"DefElem": {"defname": ...}}) have this one? */
static bool has_option(const json_t *list, const char *name)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_same(postgres_text(json_object_get(json_array_get(list, i), "DefElem"), "defname"),
                     name))
            return true;
    return false;
}

static enum sql_escape alone_if(bool alone)
{
    return alone ? SQL_ESCAPE_ALONE : SQL_ESCAPE_NONE;
}

static enum sql_escape concurrent(const json_t *node)
{
    return alone_if(json_is_true(json_object_get(node, "concurrent")));
}

static enum sql_escape create_index(const json_t *node)
{
    enum sql_escape escape = concurrent(node);

    return escape == SQL_ESCAPE_ALONE && !json_object_get(node, "idxname") ? SQL_ESCAPE_UNNAMED
                                                                           : escape;
}

static enum sql_escape reindex(const json_t *node)
{
    const char *kind = postgres_text(node, "kind");

    return alone_if(
        has_option(json_object_get(node, "params"), "concurrently") ||
        (!str_same(kind, "REINDEX_OBJECT_TABLE") && !str_same(kind, "REINDEX_OBJECT_INDEX")));
}

static enum sql_escape vacuum(const json_t *node)
{
    return alone_if(json_is_true(json_object_get(node, "is_vacuumcmd"))); /* else ANALYZE */
}

static enum sql_escape cluster(const json_t *node)
{
    return alone_if(!json_object_get(node, "relation"));
}

static enum sql_escape alter_database(const json_t *node)
{
    return alone_if(has_option(json_object_get(node, "options"), "tablespace"));
}

static enum sql_escape discard(const json_t *node)
{
    return alone_if(str_same(postgres_text(node, "target"), "DISCARD_ALL"));
}

/* DETACH PARTITION ... CONCURRENTLY */
static enum sql_escape alter_table(const json_t *node)
{
    const json_t *commands = json_object_get(node, "cmds");

    for (size_t i = 0; i < json_array_size(commands); i++) {
        const json_t *command = json_object_get(json_array_get(commands, i), "AlterTableCmd");
        const json_t *def = json_object_get(json_object_get(command, "def"), "PartitionCmd");

        if (concurrent(def) != SQL_ESCAPE_NONE)
            return SQL_ESCAPE_ALONE;
    }
    return SQL_ESCAPE_NONE;
}

static enum sql_escape copy(const json_t *node)
{
    return json_object_get(node, "filename") ? SQL_ESCAPE_NONE : SQL_ESCAPE_STREAM;
}

static enum sql_escape cursor(const json_t *node)
{
    bool hold = json_integer_value(json_object_get(node, "options")) & CURSOR_HOLD;

    return hold ? SQL_ESCAPE_CURSOR : SQL_ESCAPE_NONE;
}

static enum sql_escape range(const json_t *relation)
{
    bool temp = str_same(postgres_text(relation, "relpersistence"), "t") ||
                str_same(postgres_text(relation, "schemaname"), "pg_temp");

    return temp ? SQL_ESCAPE_TEMP : SQL_ESCAPE_NONE;
}

static enum sql_escape create_table(const json_t *node)
{
    return range(json_object_get(node, "relation"));
}

static enum sql_escape create_as(const json_t *node)
{
    return range(json_object_get(json_object_get(node, "into"), "rel"));
}

static enum sql_escape create_view(const json_t *node)
{
    return range(json_object_get(node, "view"));
}

static enum sql_escape create_sequence(const json_t *node)
{
    return range(json_object_get(node, "sequence"));
}

/* SELECT ... INTO TEMP; in a UNION it stands in the leftmost one. */
static enum sql_escape select_into(const json_t *node)
{
    while (json_object_get(node, "larg"))
        node = json_object_get(node, "larg");
    return range(json_object_get(json_object_get(node, "intoClause"), "rel"));
}

static const struct rule {
    const char *node;
    enum sql_escape escape;
    enum sql_escape (*look)(const json_t *node); /* NULL: the node alone tells */
} rules[] = {
    {"TransactionStmt", SQL_ESCAPE_TRANSACTION, NULL},
    {"IndexStmt", SQL_ESCAPE_NONE, create_index},
    {"DropStmt", SQL_ESCAPE_NONE, concurrent},
    {"ReindexStmt", SQL_ESCAPE_NONE, reindex},
    {"VacuumStmt", SQL_ESCAPE_NONE, vacuum},
    {"ClusterStmt", SQL_ESCAPE_NONE, cluster},
    {"CreatedbStmt", SQL_ESCAPE_ALONE, NULL},
    {"DropdbStmt", SQL_ESCAPE_ALONE, NULL},
    {"AlterDatabaseStmt", SQL_ESCAPE_NONE, alter_database},
    {"AlterSystemStmt", SQL_ESCAPE_ALONE, NULL},
    {"CreateTableSpaceStmt", SQL_ESCAPE_ALONE, NULL},
    {"DropTableSpaceStmt", SQL_ESCAPE_ALONE, NULL},
    {"CreateSubscriptionStmt", SQL_ESCAPE_ALONE, NULL},
    {"AlterSubscriptionStmt", SQL_ESCAPE_ALONE, NULL},
    {"DropSubscriptionStmt", SQL_ESCAPE_ALONE, NULL},
    {"DiscardStmt", SQL_ESCAPE_NONE, discard},
    {"AlterTableStmt", SQL_ESCAPE_NONE, alter_table},
    {"CopyStmt", SQL_ESCAPE_NONE, copy},
    {"ListenStmt", SQL_ESCAPE_NOTIFY, NULL},
    {"UnlistenStmt", SQL_ESCAPE_NOTIFY, NULL},
    {"NotifyStmt", SQL_ESCAPE_NOTIFY, NULL},
    {"DeclareCursorStmt", SQL_ESCAPE_NONE, cursor},
    {"CreateStmt", SQL_ESCAPE_NONE, create_table},
    {"CreateTableAsStmt", SQL_ESCAPE_NONE, create_as},
    {"ViewStmt", SQL_ESCAPE_NONE, create_view},
    {"CreateSeqStmt", SQL_ESCAPE_NONE, create_sequence},
    {"SelectStmt", SQL_ESCAPE_NONE, select_into},
};

static enum sql_escape judge(const json_t *stmt)
{
    enum sql_escape escape = SQL_ESCAPE_NONE;

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const json_t *node = json_object_get(stmt, rules[i].node);

        if (node)
            escape = rules[i].look ? rules[i].look(node) : rules[i].escape;
    }
    return escape;
}

bool postgres_tree_escape(const char *sql, size_t len, enum sql_escape *escape)
{
    CLEANUP_STR struct str copy = STR_INIT;
    json_t *root;

    str_addn(&copy, sql, len);
    root = str_ok(&copy) ? postgres_read(str_text(&copy)) : NULL;
    if (root)
        *escape = judge(postgres_statement(root));
    json_decref(root);
    return root;
}
