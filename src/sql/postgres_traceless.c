/*
 * By the server's own grammar: every node of the tree is one of those that run nothing. A name with
 * a capital is a node's ({"ColumnDef": {...}}), all others are fields.
 */
#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "sql/judge.h"
#include "sql/postgres_read.h"

#define IS_ONE_OF(text, list) is_one_of(text, list, sizeof(list) / sizeof(list)[0])

static bool is_one_of(const char *text, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_same(text, list[i]))
            return true;
    return false;
}

/* No expression but a constant, and no LIKE or AS that takes over those of others. */
static bool is_plain_node(const char *name)
{
    static const char *const plain[] = {
        "A_Const",    "AlterTableCmd", "AlterTableStmt", "ColumnDef", "CommentStmt", "Constraint",
        "CreateStmt", "DropStmt",      "IndexElem",      "IndexStmt", "Integer",     "List",
        "RangeVar",   "RenameStmt",    "String",         "TypeCast"};

    return IS_ONE_OF(name, plain);
}

/* Those that check rows by an expression, or fill them by one, are none of them. */
static bool is_plain_command(const json_t *command)
{
    static const char *const plain[] = {"AT_AddColumn",     "AT_DropColumn",  "AT_ColumnDefault",
                                        "AT_SetNotNull",    "AT_DropNotNull", "AT_AddConstraint",
                                        "AT_DropConstraint"};

    return IS_ONE_OF(postgres_text(command, "subtype"), plain);
}

/* An identity draws numbers, a generated column has an expression. */
static bool is_plain_constraint(const json_t *constraint)
{
    static const char *const plain[] = {"CONSTR_NULL",   "CONSTR_NOTNULL", "CONSTR_DEFAULT",
                                        "CONSTR_UNIQUE", "CONSTR_PRIMARY", "CONSTR_FOREIGN"};

    return IS_ONE_OF(postgres_text(constraint, "contype"), plain);
}

/* The server's own (it looks there first), of which none draws numbers; a domain may check its
 * values by a function. */
static bool is_plain_type(const json_t *type)
{
    static const char *const plain[] = {
        "bit",  "bool", "bpchar",    "bytea",       "cidr",     "date", "float4", "float8",
        "inet", "int2", "int4",      "int8",        "interval", "json", "jsonb",  "numeric",
        "text", "time", "timestamp", "timestamptz", "timetz",   "uuid", "varbit", "varchar"};
    const json_t *names = json_object_get(type, "names");
    size_t n = json_array_size(names);
    const char *name = "", *schema = "pg_catalog";

    if (n > 0)
        name = postgres_text(json_object_get(json_array_get(names, n - 1), "String"), "sval");
    if (n > 1)
        schema = postgres_text(json_object_get(json_array_get(names, 0), "String"), "sval");
    return n <= 2 && str_same(schema, "pg_catalog") && IS_ONE_OF(name, plain);
}

static bool is_plain(const json_t *value);

static bool is_plain_entry(const char *key, const json_t *value)
{
    if (*key >= 'A' && *key <= 'Z' && !is_plain_node(key))
        return false;
    if (str_same(key, "AlterTableCmd") && !is_plain_command(value))
        return false;
    if (str_same(key, "Constraint") && !is_plain_constraint(value))
        return false;
    if (str_same(key, "typeName") && !is_plain_type(value))
        return false;
    return !str_same(key, "ofTypename") && is_plain(value);
}

static bool is_plain(const json_t *value)
{
    bool plain = true;
    const char *key;
    json_t *entry;

    json_object_foreach((json_t *)value, key, entry) plain = plain && is_plain_entry(key, entry);
    for (size_t i = 0; i < json_array_size(value) && plain; i++)
        plain = is_plain(json_array_get(value, i));
    return plain;
}

bool postgres_is_traceless(const char *sql, size_t len)
{
    CLEANUP_STR struct str copy = STR_INIT;
    const json_t *stmt;
    json_t *root;
    bool plain;

    str_addn(&copy, sql, len);
    root = str_ok(&copy) ? postgres_read(str_text(&copy)) : NULL;
    stmt = postgres_statement(root);
    plain = stmt && is_plain(stmt);
    json_decref(root);
    return plain;
}
