#include "sql/expand.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "sql/token.h"

/* What is done with the name between ${ and }. */
struct walk {
    int (*take)(void *ctx, const char *name, struct str *out, struct error *e);
    void *ctx;
    struct str *out;
    struct error *e;
};

static int misplaced(struct error *e, const char *what, const char *hint)
{
    error_set(e, E_INVALID, "%s", what);
    error_hint(e, "%s", hint);
    return E_INVALID;
}

/* *at stands on ${; moves behind the }. */
static int value(const struct walk *w, const char **at, const char *end)
{
    CLEANUP_STR struct str name = STR_INIT;
    const char *begin = *at + 2, *close = memchr(begin, '}', (size_t)(end - begin));

    if (!close)
        return misplaced(w->e, "a ${ opens here and is never closed", "write ${id}, or ${LABEL}");
    str_addn(&name, begin, (size_t)(close - begin));
    if (!str_ok(&name))
        return error_oom(w->e);
    *at = close + 1;
    return w->take(w->ctx, str_text(&name), w->out, w->e);
}

/* Does the text hold ${, or end in a $ that a { follows? */
static bool has_mark(const struct token *token, const char *end)
{
    size_t left = (size_t)(end - token->at);

    return memmem(token->at, left > token->len ? token->len + 1 : token->len, "${", 2) != NULL;
}

static int one(const struct walk *w, const struct token *token, const char **at, const char *end)
{
    bool quoted = token->kind == TOKEN_QUOTED || token->kind == TOKEN_CODE;

    if (token->kind != TOKEN_COMMENT && has_mark(token, end)) {
        if (quoted)
            return misplaced(w->e, "a ${ stands inside quotes",
                             "drop the quotes: the value brings its own");
        if (token->len > 1)
            return misplaced(w->e, "a ${ is joined to a name",
                             "it stands for a whole constant: leave a blank before it");
        return value(w, at, end);
    }
    if (w->out)
        str_addn(w->out, token->at, token->len);
    *at += token->len;
    return E_OK;
}

static int walk_over(const struct walk *w, enum engine_kind engine, const char *sql, size_t len)
{
    const char *at = sql, *end = sql + len;
    int r = E_OK;

    while (r == E_OK && at < end) {
        struct token token = token_at(engine, at, end);

        r = one(w, &token, &at, end);
    }
    return r;
}

/* --- expansion --- */

struct expanding {
    const struct sql_values *values;
    const struct sql_quoting *quoting;
};

static int unknown(const struct sql_values *values, const char *name, struct error *e)
{
    CLEANUP_STR struct str known = STR_INIT;

    for (size_t i = 0; i < values->n; i++)
        str_addf(&known, "%s%s", i ? ", " : "", values->list[i].name);
    error_set(e, E_INVALID, "this tenant has no value named \"%.60s\"", name);
    error_hint(e, "it has %s", values->n ? str_text(&known) : "none");
    return E_INVALID;
}

static int put(void *ctx, const char *name, struct str *out, struct error *e)
{
    const struct expanding *x = ctx;

    for (size_t i = 0; i < x->values->n; i++)
        if (str_same(x->values->list[i].name, name))
            return x->quoting->quote(x->quoting->ctx, x->values->list[i].text, out, e);
    return unknown(x->values, name, e);
}

int sql_expand(enum engine_kind engine, const char *sql, size_t len,
               const struct sql_values *values, const struct sql_quoting *quoting, struct str *out,
               struct error *e)
{
    struct expanding x = {values, quoting};
    const struct walk w = {put, &x, out, e};
    int r = walk_over(&w, engine, sql, len);

    return r == E_OK && !str_ok(out) ? error_oom(e) : r;
}

static int blank(void *ctx, const char *name, struct str *out, struct error *e)
{
    (void)ctx;
    (void)name;
    (void)e;
    str_add(out, "NULL");
    return E_OK;
}

int sql_blank_values(enum engine_kind engine, const char *sql, size_t len, struct str *out,
                     struct error *e)
{
    const struct walk w = {blank, NULL, out, e};
    int r = walk_over(&w, engine, sql, len);

    return r == E_OK && !str_ok(out) ? error_oom(e) : r;
}

/* --- names --- */

struct naming {
    int (*visit)(void *ctx, const char *name);
    void *ctx;
};

static int tell(void *ctx, const char *name, struct str *out, struct error *e)
{
    const struct naming *n = ctx;

    (void)out;
    (void)e;
    return n->visit(n->ctx, name);
}

int sql_value_names(enum engine_kind engine, const char *sql, size_t len,
                    int (*visit)(void *ctx, const char *name), void *ctx, struct error *e)
{
    struct naming n = {visit, ctx};
    const struct walk w = {tell, &n, NULL, e};

    return walk_over(&w, engine, sql, len);
}

/* --- for people --- */

static int show(void *ctx, const char *text, struct str *out, struct error *e)
{
    (void)ctx;
    (void)e;
    str_addc(out, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            str_addc(out, '\'');
        str_addc(out, *text);
    }
    str_addc(out, '\'');
    return E_OK;
}

const struct sql_quoting sql_quoting_shown = {show, NULL};
