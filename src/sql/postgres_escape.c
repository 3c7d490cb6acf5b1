/*
 * Escapes in PostgreSQL's dialect. Most statements are harmless by their first word alone, however
 * long they are; the others are parsed with the server's own grammar (postgres_tree.c). It is that
 * of PostgreSQL 15: of what it does not know, the words decide, which this file knows too.
 */
#include "sql/judge.h"

#include "sql/token.h"

struct text {
    const char *sql, *end;
};

/* The n-th token, from 0. */
static struct token nth(const struct text *t, unsigned n)
{
    const char *at = t->sql;
    struct token token = token_next(ENGINE_POSTGRES, &at, t->end);

    while (n-- > 0 && token.kind != TOKEN_END)
        token = token_next(ENGINE_POSTGRES, &at, t->end);
    return token;
}

static bool nth_is(const struct text *t, unsigned n, const char *word)
{
    struct token token = nth(t, n);

    return token_is(&token, word);
}

static bool has(const struct text *t, const char *word)
{
    const char *at = t->sql;
    struct token token;

    do {
        token = token_next(ENGINE_POSTGRES, &at, t->end);
        if (token_is(&token, word))
            return true;
    } while (token.kind != TOKEN_END && token.kind != TOKEN_OPEN);
    return false;
}

/* What makes a statement of this first word an escape, when it is none by that word alone. */
static bool always(const struct text *t)
{
    return t->sql < t->end;
}

static bool is_concurrent_index(const struct text *t)
{
    return has(t, "CONCURRENTLY") && has(t, "INDEX");
}

static bool is_of_cluster(const struct text *t) /* DATABASE x, TABLESPACE x, SUBSCRIPTION x */
{
    return nth_is(t, 1, "DATABASE") || nth_is(t, 1, "TABLESPACE") || nth_is(t, 1, "SUBSCRIPTION");
}

static bool is_whole_reindex(const struct text *t)
{
    return has(t, "CONCURRENTLY") || has(t, "SCHEMA") || has(t, "DATABASE") || has(t, "SYSTEM");
}

static bool is_cluster_of_all(const struct text *t)
{
    return nth(t, 1).kind == TOKEN_END;
}

static bool is_alter_alone(const struct text *t)
{
    return nth_is(t, 1, "SYSTEM") || nth_is(t, 1, "SUBSCRIPTION") ||
           (nth_is(t, 1, "DATABASE") && has(t, "TABLESPACE")) ||
           (has(t, "DETACH") && has(t, "CONCURRENTLY"));
}

static bool is_all(const struct text *t)
{
    return nth_is(t, 1, "ALL");
}

static bool is_two_phase(const struct text *t)
{
    return nth_is(t, 1, "TRANSACTION") && nth(t, 2).kind == TOKEN_QUOTED;
}

static bool is_temp(const struct text *t) /* CREATE [OR REPLACE] [LOCAL] TEMP */
{
    for (unsigned i = 1; i < 5; i++)
        if (nth_is(t, i, "TEMP") || nth_is(t, i, "TEMPORARY") || nth_is(t, i, "PG_TEMP"))
            return true;
    return false;
}

static bool is_into_temp(const struct text *t)
{
    return has(t, "INTO") && (has(t, "TEMP") || has(t, "TEMPORARY") || has(t, "PG_TEMP"));
}

static bool is_held(const struct text *t)
{
    return has(t, "HOLD");
}

static bool is_stream(const struct text *t)
{
    return has(t, "STDIN") || has(t, "STDOUT");
}

static const struct rule {
    const char *first;
    bool (*is)(const struct text *t);
    enum sql_escape escape;
} rules[] = {
    {"BEGIN", always, SQL_ESCAPE_TRANSACTION},
    {"START", always, SQL_ESCAPE_TRANSACTION},
    {"COMMIT", always, SQL_ESCAPE_TRANSACTION},
    {"END", always, SQL_ESCAPE_TRANSACTION},
    {"ROLLBACK", always, SQL_ESCAPE_TRANSACTION},
    {"ABORT", always, SQL_ESCAPE_TRANSACTION},
    {"SAVEPOINT", always, SQL_ESCAPE_TRANSACTION},
    {"RELEASE", always, SQL_ESCAPE_TRANSACTION},
    {"PREPARE", is_two_phase, SQL_ESCAPE_TRANSACTION},
    {"CREATE", is_concurrent_index, SQL_ESCAPE_ALONE},
    {"CREATE", is_of_cluster, SQL_ESCAPE_ALONE},
    {"CREATE", is_temp, SQL_ESCAPE_TEMP},
    {"DROP", is_concurrent_index, SQL_ESCAPE_ALONE},
    {"DROP", is_of_cluster, SQL_ESCAPE_ALONE},
    {"REINDEX", is_whole_reindex, SQL_ESCAPE_ALONE},
    {"VACUUM", always, SQL_ESCAPE_ALONE},
    {"CLUSTER", is_cluster_of_all, SQL_ESCAPE_ALONE},
    {"ALTER", is_alter_alone, SQL_ESCAPE_ALONE},
    {"DISCARD", is_all, SQL_ESCAPE_ALONE},
    {"LISTEN", always, SQL_ESCAPE_NOTIFY},
    {"UNLISTEN", always, SQL_ESCAPE_NOTIFY},
    {"NOTIFY", always, SQL_ESCAPE_NOTIFY},
    {"DECLARE", is_held, SQL_ESCAPE_CURSOR},
    {"COPY", is_stream, SQL_ESCAPE_STREAM},
    {"SELECT", is_into_temp, SQL_ESCAPE_TEMP},
    {"WITH", is_into_temp, SQL_ESCAPE_TEMP},
};

/* The grammar's word goes first; a first word without a rule needs no grammar. */
static enum sql_escape by_first_word(const struct text *t)
{
    struct token first = nth(t, 0);
    enum sql_escape escape = SQL_ESCAPE_NONE;
    bool suspect = false;

    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!token_is(&first, rules[i].first))
            continue;
        suspect = suspect || rules[i].is(t) || token_is(&first, "CREATE");
        if (escape == SQL_ESCAPE_NONE && rules[i].is(t))
            escape = rules[i].escape;
    }
    if (suspect)
        postgres_tree_escape(t->sql, (size_t)(t->end - t->sql), &escape);
    return escape;
}

/* Outside quotes: psql's backslash, and functions that no prepared transaction may have called. */
static enum sql_escape by_any_word(const struct text *t)
{
    const char *at = t->sql;
    struct token before = {.kind = TOKEN_END, .at = at};

    for (;;) {
        struct token token = token_next(ENGINE_POSTGRES, &at, t->end);

        if (token.kind == TOKEN_END || token.kind == TOKEN_OPEN)
            return SQL_ESCAPE_NONE;
        if (token_is_char(&token, '\\'))
            return SQL_ESCAPE_CLIENT;
        if (token_is_char(&token, '(') && token_is(&before, "PG_NOTIFY"))
            return SQL_ESCAPE_NOTIFY;
        if (token_is_char(&token, '(') && token_is(&before, "PG_EXPORT_SNAPSHOT"))
            return SQL_ESCAPE_SNAPSHOT;
        before = token;
    }
}

static bool is_lost_outside(enum sql_escape escape)
{
    return escape == SQL_ESCAPE_ALONE || escape == SQL_ESCAPE_TEMP || escape == SQL_ESCAPE_NOTIFY ||
           escape == SQL_ESCAPE_CURSOR || escape == SQL_ESCAPE_SNAPSHOT;
}

enum sql_escape postgres_escape(const char *sql, size_t len, bool outside)
{
    const struct text t = {sql, sql + len};
    enum sql_escape escape = by_any_word(&t);

    if (escape == SQL_ESCAPE_NONE)
        escape = by_first_word(&t);
    return outside && is_lost_outside(escape) ? SQL_ESCAPE_NONE : escape;
}
