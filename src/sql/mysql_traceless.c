/*
 * By its tokens: begins as one of a known few, and holds no variable, no query, and no default that
 * is computed. Expressions of generated columns and of checks cannot do more than compute.
 */
#include "sql/judge.h"
#include "sql/token.h"

struct look {
    const char *at, *end;
    struct token token;
    unsigned behind_default; /* so many tokens */
};

static void next(struct look *l)
{
    l->token = token_next(ENGINE_MYSQL, &l->at, l->end);
}

static bool skip(struct look *l, const char *keyword)
{
    bool is = token_is(&l->token, keyword);

    if (is)
        next(l);
    return is;
}

/* ALTER TABLE; CREATE and DROP of a TABLE or INDEX, but none that is TEMPORARY. */
static bool begins_plain(struct look *l)
{
    next(l);
    if (skip(l, "ALTER")) {
        while (skip(l, "ONLINE") || skip(l, "IGNORE"))
            ;
        return skip(l, "TABLE");
    }
    if (skip(l, "CREATE")) {
        while (skip(l, "UNIQUE") || skip(l, "FULLTEXT") || skip(l, "SPATIAL"))
            ;
        return skip(l, "TABLE") || skip(l, "INDEX");
    }
    return skip(l, "DROP") && (skip(l, "TABLE") || skip(l, "INDEX"));
}

/* DEFAULT (1 + 2), DEFAULT UUID() */
static bool is_computed(const struct look *l)
{
    return token_is_char(&l->token, '(') && l->behind_default <= 2;
}

static bool may_leave(const struct look *l)
{
    static const char *const queries[] = {"SELECT", "TABLE", "VALUES", "WITH"};

    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++)
        if (token_is(&l->token, queries[i]))
            return true;
    return is_computed(l) || token_is_char(&l->token, '@') || l->token.kind == TOKEN_OPEN;
}

bool mysql_is_traceless(const char *sql, size_t len)
{
    struct look l = {.at = sql, .end = sql + len, .behind_default = 3};

    if (!begins_plain(&l))
        return false;
    while (l.token.kind != TOKEN_END) {
        if (may_leave(&l))
            return false;
        l.behind_default = token_is(&l.token, "DEFAULT") ? 1 : l.behind_default + 1;
        next(&l);
    }
    return true;
}
