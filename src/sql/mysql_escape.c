/*
 * Escapes in MySQL's and MariaDB's dialect, and which statements a transaction can take back there.
 * What stands in version comments counts: token_next() goes into them.
 */
#include <stddef.h>

#include "sql/judge.h"
#include "sql/token.h"

/* The first tokens; of kind TOKEN_END where there are fewer. */
struct head {
    struct token t[3];
    const char *at; /* behind the first */
};

static struct head head_of(const char *sql, const char *end)
{
    struct head h;
    const char *at = sql;

    do
        h.t[0] = token_next(ENGINE_MYSQL, &at, end);
    while (h.t[0].kind == TOKEN_SEMICOLON);
    h.at = at;
    h.t[1] = token_next(ENGINE_MYSQL, &at, end);
    h.t[2] = token_next(ENGINE_MYSQL, &at, end);
    return h;
}

/* {first, second}; a second of NULL is any. */
struct rule {
    const char *first, *second;
    enum sql_escape escape;
};

static const struct rule *find(const struct rule *rules, const struct head *h)
{
    for (; rules->first; rules++)
        if (token_is(&h->t[0], rules->first) &&
            (!rules->second || token_is(&h->t[1], rules->second)))
            return rules;
    return NULL;
}

/* In SET: autocommit, in whatever scope, but no user variable @autocommit. */
static bool sets_autocommit(const char *at, const char *end)
{
    unsigned ats = 0;

    for (;;) {
        struct token token = token_next(ENGINE_MYSQL, &at, end);

        if (token.kind == TOKEN_END || token.kind == TOKEN_OPEN)
            return false;
        if (ats != 1 && token_names(&token, "autocommit") && *token.at != '\'')
            return true;
        ats = token_is_char(&token, '@') ? ats + 1 : 0;
    }
}

static bool takes_read_lock(const char *at, const char *end)
{
    struct token before = {.kind = TOKEN_END, .at = at};

    for (;;) {
        struct token token = token_next(ENGINE_MYSQL, &at, end);

        if (token.kind == TOKEN_END || token.kind == TOKEN_OPEN)
            return false;
        if ((token_is(&before, "READ") && token_is(&token, "LOCK")) ||
            (token_is(&before, "FOR") && token_is(&token, "EXPORT")))
            return true;
        before = token;
    }
}

enum sql_escape mysql_escape(const char *sql, size_t len)
{
    static const struct rule rules[] = {
        {"BEGIN", "NOT", SQL_ESCAPE_NONE}, /* ATOMIC: a compound statement */
        {"BEGIN", NULL, SQL_ESCAPE_TRANSACTION},
        {"START", "TRANSACTION", SQL_ESCAPE_TRANSACTION},
        {"COMMIT", NULL, SQL_ESCAPE_TRANSACTION},
        {"ROLLBACK", NULL, SQL_ESCAPE_TRANSACTION},
        {"SAVEPOINT", NULL, SQL_ESCAPE_TRANSACTION},
        {"RELEASE", NULL, SQL_ESCAPE_TRANSACTION},
        {"XA", NULL, SQL_ESCAPE_TRANSACTION},
        {"LOCK", NULL, SQL_ESCAPE_LOCK},
        {"UNLOCK", NULL, SQL_ESCAPE_LOCK},
        {"USE", NULL, SQL_ESCAPE_USE},
        {"END", NULL, SQL_ESCAPE_BODY},
        {NULL, NULL, SQL_ESCAPE_NONE},
    };
    const char *end = sql + len;
    struct head h = head_of(sql, end);
    const struct rule *rule = find(rules, &h);

    if (rule)
        return rule->escape;
    if (token_is(&h.t[0], "SET") && sets_autocommit(h.at, end))
        return SQL_ESCAPE_TRANSACTION;
    if (token_is(&h.t[0], "FLUSH") && takes_read_lock(h.at, end))
        return SQL_ESCAPE_LOCK;
    return SQL_ESCAPE_NONE;
}

bool sql_mysql_is_ddl(const char *sql, size_t len)
{
    static const struct rule committing[] = {
        {"ALTER", NULL, 0},     {"ANALYZE", "TABLE", 0}, {"ANALYZE", "LOCAL", 0},
        {"BEGIN", NULL, 0},     {"CACHE", NULL, 0},      {"CHANGE", NULL, 0},
        {"CHECK", NULL, 0},     {"CREATE", NULL, 0},     {"DROP", NULL, 0},
        {"FLUSH", NULL, 0},     {"GRANT", NULL, 0},      {"IMPORT", NULL, 0},
        {"INSTALL", NULL, 0},   {"LOAD", "INDEX", 0},    {"LOCK", NULL, 0},
        {"OPTIMIZE", NULL, 0},  {"RENAME", NULL, 0},     {"REPAIR", NULL, 0},
        {"RESET", NULL, 0},     {"REVOKE", NULL, 0},     {"SET", "PASSWORD", 0},
        {"START", NULL, 0},     {"STOP", NULL, 0},       {"TRUNCATE", NULL, 0},
        {"UNINSTALL", NULL, 0}, {"UNLOCK", NULL, 0},     {"ANALYZE", "NO_WRITE_TO_BINLOG", 0},
        {"SET", "DEFAULT", 0},  {NULL, NULL, 0},
    };
    struct head h = head_of(sql, sql + len);
    bool table = token_is(&h.t[0], "CREATE") || token_is(&h.t[0], "DROP");

    if (table && token_is(&h.t[1], "TEMPORARY"))
        return false;
    return find(committing, &h);
}

/* SET @a = 1, @b := 2: each that is set, between commas outside parentheses, is a user variable. */
static bool sets_variables_only(const char *at, const char *end)
{
    unsigned parens = 0;
    bool target = true;

    for (;;) {
        struct token token = token_next(ENGINE_MYSQL, &at, end);

        if (token.kind == TOKEN_END || token.kind == TOKEN_OPEN)
            return !target;
        if (target) {
            if (!token_is_char(&token, '@') || at == end || *at == '@')
                return false;
            target = false;
        }
        if (token_is_char(&token, '('))
            parens++;
        else if (token_is_char(&token, ')') && parens > 0)
            parens--;
        else if (token_is_char(&token, ',') && parens == 0)
            target = true;
    }
}

bool sql_mysql_is_data(const char *sql, size_t len)
{
    static const struct rule data[] = {
        {"INSERT", NULL, 0}, {"UPDATE", NULL, 0}, {"DELETE", NULL, 0}, {"REPLACE", NULL, 0},
        {"SELECT", NULL, 0}, {"WITH", NULL, 0},   {"DO", NULL, 0},     {NULL, NULL, 0},
    };
    const char *end = sql + len;
    struct head h = head_of(sql, end);

    if (token_is(&h.t[0], "SET"))
        return sets_variables_only(h.at, end);
    return find(data, &h);
}
