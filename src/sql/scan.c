#include "sql/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "sql/ending.h"
#include "sql/token.h"

static const char directive_word[] = "lockstep:";

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

static unsigned lines_in(const char *text, size_t len)
{
    const char *end = text + len;
    unsigned n = 0;

    while ((text = memchr(text, '\n', (size_t)(end - text)))) {
        text++;
        n++;
    }
    return n;
}

static int fail_at(struct error *e, unsigned line, const char *message, const char *hint)
{
    error_set(e, E_INVALID, "%s", message);
    error_hint(e, "%s", hint);
    if (e)
        e->line = line;
    return E_INVALID;
}

void sql_scan_init(struct sql_scan *s, enum engine_kind engine, const char *text, size_t len)
{
    size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *s = (struct sql_scan){engine, text + mark, text + mark, text + len, 1};
}

static int refuse_nul(const struct sql_scan *s, struct error *e)
{
    const char *nul = memchr(s->start, '\0', (size_t)(s->end - s->start));

    if (!nul)
        return E_OK;
    return fail_at(e, 1 + lines_in(s->start, (size_t)(nul - s->start)), "a NUL byte in SQL text",
                   "save the file as UTF-8 text");
}

static void advance(struct sql_scan *s, const struct token *token)
{
    s->at += token->len;
    s->line += lines_in(token->at, token->len);
}

static int unterminated(const struct sql_scan *s, const struct token *token, struct error *e)
{
    if (*token->at == '/')
        return fail_at(e, s->line, "a /* comment begins here and never ends", "close it with */");
    if (*token->at == '$')
        return fail_at(e, s->line, "a dollar quote opens here and is never closed",
                       "close it with the same $tag$");
    return fail_at(e, s->line, "a quote opens here and is never closed",
                   "close it, or double it where it is meant as a character");
}

/* The text behind `--`, blanks skipped, when it begins with lockstep: in whatever case. */
static const char *directive_text(const struct token *token)
{
    const char *at = token->at + 2, *end = token->at + token->len;
    size_t n = sizeof directive_word - 1;

    if (token->kind != TOKEN_COMMENT || token->at[0] != '-')
        return NULL;
    while (at < end && is_blank(*at))
        at++;
    return (size_t)(end - at) >= n && strncasecmp(at, directive_word, n) == 0 ? at : NULL;
}

static bool first_on_line(const struct sql_scan *s, const char *at)
{
    while (at > s->start && is_blank(at[-1]))
        at--;
    return at == s->start || at[-1] == '\n';
}

static int directive(struct sql_scan *s, const struct token *token, struct sql_piece *piece,
                     struct error *e)
{
    const char *at = directive_text(token), *end = token->at + token->len;
    size_t n = sizeof directive_word - 1;

    if (memcmp(at, directive_word, n) != 0)
        return fail_at(e, s->line, "a lockstep directive is written in small letters",
                       "write \"-- lockstep:\", or word the comment differently");
    if (!first_on_line(s, token->at))
        return fail_at(e, s->line, "a lockstep directive stands alone on its line",
                       "begin a new line before it");
    while (end > at && is_blank(end[-1]))
        end--;
    *piece = (struct sql_piece){.kind = SQL_DIRECTIVE, .text = at + n, .line = s->line};
    for (at = piece->text; at < end && !is_blank(*at);)
        at++;
    piece->len = (size_t)(at - piece->text);
    while (at < end && is_blank(*at))
        at++;
    piece->value = at;
    piece->value_len = (size_t)(end - at);
    advance(s, token);
    return E_OK;
}

/* The text ended without a semicolon: fine, if one would have made the statement complete. */
static int end_of_text(struct ending *ending, const struct sql_piece *piece, struct error *e)
{
    const char *why = NULL, *hint = "";
    int r = ending_of_text(ending, piece, &why, &hint);

    if (r != E_OK)
        return error_oom(e);
    return why ? fail_at(e, piece->line, why, hint) : E_OK;
}

static void note_token(struct sql_scan *s, struct ending *ending, struct sql_piece *piece,
                       const struct token *token)
{
    if (!piece->stray && directive_text(token) && first_on_line(s, token->at))
        piece->stray = s->line;
    if (token->kind == TOKEN_SPACE || token->kind == TOKEN_COMMENT)
        return;
    ending_note(ending, token);
    piece->len = (size_t)(token->at + token->len - piece->text);
}

static int statement(struct sql_scan *s, struct sql_piece *piece, struct error *e)
{
    struct ending ending = {.engine = s->engine};

    *piece = (struct sql_piece){.kind = SQL_STATEMENT, .text = s->at, .line = s->line};
    for (;;) {
        struct token token = token_at(s->engine, s->at, s->end);
        bool ends = false;
        int r = E_OK;

        if (token.kind == TOKEN_END)
            return end_of_text(&ending, piece, e);
        if (token.kind == TOKEN_OPEN)
            return unterminated(s, &token, e);
        if (token.kind == TOKEN_SEMICOLON)
            r = ending_try(&ending, piece, token.at, &ends);
        if (r != E_OK)
            return error_oom(e);
        if (!ends)
            note_token(s, &ending, piece, &token);
        advance(s, &token);
        if (ends)
            return E_OK;
    }
}

/* MySQL's client has it, the server does not, and here nobody needs it. */
static int refuse_delimiter(const struct sql_scan *s, struct error *e)
{
    return fail_at(e, s->line, "DELIMITER is a command of the mysql client, not a statement",
                   "leave it out and end the body with \"END;\": what stands between BEGIN and END "
                   "is kept together");
}

int sql_next(struct sql_scan *s, struct sql_piece *piece, struct error *e)
{
    int r = s->at == s->start ? refuse_nul(s, e) : E_OK;

    *piece = (struct sql_piece){.kind = SQL_END};
    while (r == E_OK) {
        struct token token = token_at(s->engine, s->at, s->end);

        if (token.kind == TOKEN_OPEN)
            return unterminated(s, &token, e);
        if (token.kind == TOKEN_COMMENT && directive_text(&token))
            return directive(s, &token, piece, e);
        if (token.kind == TOKEN_END) {
            piece->line = s->line;
            return E_OK;
        }
        if (s->engine == ENGINE_MYSQL && token_is(&token, "DELIMITER"))
            return refuse_delimiter(s, e);
        if (token.kind != TOKEN_SPACE && token.kind != TOKEN_COMMENT &&
            token.kind != TOKEN_SEMICOLON)
            return statement(s, piece, e);
        advance(s, &token);
    }
    return r;
}
