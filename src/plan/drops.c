#include "plan/work.h"
#include "sql/token.h"

/* The name in a token, without quotes. */
static struct token bare(struct token name)
{
    if (name.kind == TOKEN_QUOTED && name.len >= 2) {
        name.at++;
        name.len -= 2;
    }
    return name;
}

static char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Names are compared as SQLite does: ASCII letters of either case are one. */
static bool same_name(struct token a, struct token b)
{
    a = bare(a);
    b = bare(b);
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (fold(a.at[i]) != fold(b.at[i]))
            return false;
    return true;
}

struct scan {
    bool drop_table, alter, drops, renames;
    struct token name; /* the last one: of the table dropped, or what it is renamed to */
};

static struct scan scan_statement(enum engine_kind engine, const struct statement *s)
{
    const char *at = s->sql, *end = s->sql + s->len;
    struct token token = token_next(engine, &at, end);
    bool drop = token_is(&token, "DROP");
    struct scan scan = {.alter = token_is(&token, "ALTER")};

    token = token_next(engine, &at, end);
    scan.drop_table = drop && token_is(&token, "TABLE");
    for (; token.kind != TOKEN_END; token = token_next(engine, &at, end)) {
        scan.drops = scan.drops || token_is(&token, "DROP");
        scan.renames = scan.renames || token_is(&token, "RENAME");
        if (token.kind == TOKEN_WORD || token.kind == TOKEN_QUOTED)
            scan.name = token;
    }
    return scan;
}

/* Another table takes the name of the dropped one further down: a rebuild. */
static bool rebuilt(const struct script *script, size_t from, struct token name)
{
    for (size_t i = from; i < script->n; i++) {
        struct scan scan = scan_statement(script->engine, &script->statements[i]);

        if (scan.alter && scan.renames && same_name(scan.name, name))
            return true;
    }
    return false;
}

bool plan_script_drops(const struct script *script)
{
    for (size_t i = 0; i < script->n; i++) {
        struct scan scan = scan_statement(script->engine, &script->statements[i]);

        if (scan.alter && scan.drops)
            return true;
        if (scan.drop_table && !rebuilt(script, i + 1, scan.name))
            return true;
    }
    return false;
}
