#include "sql/expand.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "sql/token.h"

/* What stands before, blanks and comments left out: two constants side by side are one constant to
 * some servers, and within it the quotes of the second mean something else. */
enum beside { BESIDE_NOTHING, BESIDE_STRING, BESIDE_VALUE };

/* What is done with the name between ${ and }. */
struct walk {
    int (*take)(void *ctx, const char *name, struct str *out, struct error *e);
    void *ctx;
    struct str *out;
    struct error *e;
    enum beside beside;
};

static int misplaced(struct error *e, const char *what, const char *hint)
{
    error_set(e, E_INVALID, "%s", what);
    error_hint(e, "%s", hint);
    return E_INVALID;
}

static int is_beside(struct error *e)
{
    return misplaced(e, "a ${ stands beside another constant", "join the two: 'a' || ${id}");
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

static bool is_string(enum engine_kind engine, const struct token *token)
{
    bool name = token->at[0] == '`' || token->at[0] == '[' ||
                (token->at[0] == '"' && engine == ENGINE_POSTGRES);

    return token->kind == TOKEN_QUOTED && !name;
}

static int mark(struct walk *w, const struct token *token, const char **at, const char *end)
{
    if (token->kind == TOKEN_QUOTED || token->kind == TOKEN_CODE)
        return misplaced(w->e, "a ${ stands inside quotes",
                         "drop the quotes: the value brings its own");
    if (token->len > 1)
        return misplaced(w->e, "a ${ is joined to a name",
                         "it stands for a whole constant: leave a blank before it");
    if (w->beside != BESIDE_NOTHING)
        return is_beside(w->e);
    w->beside = BESIDE_VALUE;
    return value(w, at, end);
}

static int one(struct walk *w, enum engine_kind engine, const char **at, const char *end)
{
    const struct token token = token_at(engine, *at, end);
    bool string = is_string(engine, &token);

    if (token.kind != TOKEN_COMMENT && has_mark(&token, end))
        return mark(w, &token, at, end);
    if (string && w->beside == BESIDE_VALUE)
        return is_beside(w->e);
    if (token.kind != TOKEN_SPACE && token.kind != TOKEN_COMMENT)
        w->beside = string ? BESIDE_STRING : BESIDE_NOTHING;
    if (w->out)
        str_addn(w->out, token.at, token.len);
    *at += token.len;
    return E_OK;
}

static int walk_over(struct walk *w, enum engine_kind engine, const char *sql, size_t len)
{
    const char *at = sql, *end = sql + len;
    int r = E_OK;

    while (r == E_OK && at < end)
        r = one(w, engine, &at, end);
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
    struct walk w = {put, &x, out, e, BESIDE_NOTHING};
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
    struct walk w = {blank, NULL, out, e, BESIDE_NOTHING};
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
    struct walk w = {tell, &n, NULL, e, BESIDE_NOTHING};

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
