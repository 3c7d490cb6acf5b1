#include "sql/expand.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "sql/token.h"

static int misplaced(struct error *e, const char *what, const char *hint)
{
    error_set(e, E_INVALID, "%s", what);
    error_hint(e, "%s", hint);
    return E_INVALID;
}

static int unknown(const struct sql_values *values, const char *name, struct error *e)
{
    CLEANUP_STR struct str known = STR_INIT;

    values->list(values->ctx, &known);
    error_set(e, E_INVALID, "this tenant has no value named \"%.60s\"", name);
    error_hint(e, "it has %s", str_text(&known));
    return E_INVALID;
}

/* *at stands on ${; moves behind the }. */
static int value(const char **at, const char *end, const struct sql_values *values, struct str *out,
                 struct error *e)
{
    CLEANUP_STR struct str name = STR_INIT;
    const char *begin = *at + 2, *close = memchr(begin, '}', (size_t)(end - begin)), *found;

    if (!close)
        return misplaced(e, "a ${ opens here and is never closed", "write ${id}, or ${LABEL}");
    str_addn(&name, begin, (size_t)(close - begin));
    if (!str_ok(&name))
        return error_oom(e);
    found = values->find(values->ctx, str_text(&name));
    if (!found)
        return unknown(values, str_text(&name), e);
    *at = close + 1;
    return values->quote(values->ctx, found, out, e);
}

/* Does the text hold ${, or end in a $ that a { follows? */
static bool has_mark(const struct token *token, const char *end)
{
    size_t left = (size_t)(end - token->at);

    return memmem(token->at, left > token->len ? token->len + 1 : token->len, "${", 2) != NULL;
}

static int one(const struct token *token, const char **at, const char *end,
               const struct sql_values *values, struct str *out, struct error *e)
{
    bool quoted = token->kind == TOKEN_QUOTED || token->kind == TOKEN_CODE;

    if (token->kind != TOKEN_COMMENT && has_mark(token, end)) {
        if (quoted)
            return misplaced(e, "a ${ stands inside quotes",
                             "drop the quotes: the value brings its own");
        if (token->len > 1)
            return misplaced(e, "a ${ is joined to a name",
                             "it stands for a whole constant: leave a blank before it");
        return value(at, end, values, out, e);
    }
    str_addn(out, token->at, token->len);
    *at += token->len;
    return E_OK;
}

int sql_expand(enum engine_kind engine, const char *sql, size_t len,
               const struct sql_values *values, struct str *out, struct error *e)
{
    const char *at = sql, *end = sql + len;
    int r = E_OK;

    while (r == E_OK && at < end) {
        struct token token = token_at(engine, at, end);

        r = one(&token, &at, end, values, out, e);
    }
    return r == E_OK && !str_ok(out) ? error_oom(e) : r;
}
