/*
 * A statement is found in two steps, so that a large file is read once and not once a semicolon:
 * our tokens say where a semicolon outside quotes and comments stands, then sqlite3_complete() is
 * asked about the text up to it. Its no means a trigger body; from then on only a semicolon behind
 * `; END` can be the last one (the rule of sqlite3_complete itself), and only that is asked about.
 */
#include "sql/scan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/str.h"
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

void sql_scan_init(struct sql_scan *s, const char *text, size_t len)
{
    size_t mark = len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    *s = (struct sql_scan){text + mark, text + mark, text + len, 1};
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

/* Asks SQLite about text[0, len) with `tail` behind it; E_NOMEM when that cannot be built. */
static int is_complete(const char *text, size_t len, const char *tail, bool *complete)
{
    CLEANUP_STR struct str copy = STR_INIT;

    str_addn(&copy, text, len);
    str_add(&copy, tail);
    if (!str_ok(&copy))
        return E_NOMEM;
    *complete = sqlite3_complete(str_text(&copy)) != 0;
    return E_OK;
}

/* Where the walk through one statement stands. */
struct walk {
    enum { BEHIND_OTHER, BEHIND_SEMICOLON, BEHIND_END } behind; /* END: one that follows a ; */
    bool refused; /* sqlite3_complete said no to the first semicolon: a trigger */
};

/* A semicolon: is it the last one? */
static int try_end(struct walk *walk, const struct sql_piece *piece, const char *semicolon,
                   bool *ends, struct error *e)
{
    *ends = false;
    if (walk->refused && walk->behind != BEHIND_END)
        return E_OK;
    if (is_complete(piece->text, (size_t)(semicolon - piece->text), ";", ends) != E_OK)
        return error_oom(e);
    walk->refused = true;
    return E_OK;
}

/* The text ended without a semicolon: fine, if one would have made the statement complete. */
static int end_of_text(const struct sql_piece *piece, struct error *e)
{
    bool complete;

    if (is_complete(piece->text, piece->len, "\n;", &complete) != E_OK)
        return error_oom(e);
    if (complete)
        return E_OK;
    return fail_at(e, piece->line, "the trigger that begins here has no end",
                   "end its body with \"END;\"");
}

static void note_token(struct walk *walk, struct sql_piece *piece, const struct token *token)
{
    bool end = walk->behind == BEHIND_SEMICOLON && token_is(token, "END");

    walk->behind = token->kind == TOKEN_SEMICOLON ? BEHIND_SEMICOLON
                   : end                          ? BEHIND_END
                                                  : BEHIND_OTHER;
    piece->len = (size_t)(token->at + token->len - piece->text);
}

static int statement(struct sql_scan *s, struct sql_piece *piece, struct error *e)
{
    struct walk walk = {BEHIND_OTHER, false};

    *piece = (struct sql_piece){.kind = SQL_STATEMENT, .text = s->at, .line = s->line};
    for (;;) {
        struct token token = token_at(s->at, s->end);
        bool ends = false;
        int r = E_OK;

        if (token.kind == TOKEN_END)
            return end_of_text(piece, e);
        if (token.kind == TOKEN_OPEN)
            return unterminated(s, &token, e);
        if (token.kind == TOKEN_SEMICOLON)
            r = try_end(&walk, piece, token.at, &ends, e);
        if (r != E_OK)
            return r;
        if (!ends && token.kind != TOKEN_SPACE && token.kind != TOKEN_COMMENT)
            note_token(&walk, piece, &token);
        if (!piece->stray && directive_text(&token) && first_on_line(s, token.at))
            piece->stray = s->line;
        advance(s, &token);
        if (ends)
            return E_OK;
    }
}

int sql_next(struct sql_scan *s, struct sql_piece *piece, struct error *e)
{
    int r = s->at == s->start ? refuse_nul(s, e) : E_OK;

    *piece = (struct sql_piece){.kind = SQL_END};
    while (r == E_OK) {
        struct token token = token_at(s->at, s->end);

        if (token.kind == TOKEN_OPEN)
            return unterminated(s, &token, e);
        if (token.kind == TOKEN_COMMENT && directive_text(&token))
            return directive(s, &token, piece, e);
        if (token.kind == TOKEN_END) {
            piece->line = s->line;
            return E_OK;
        }
        if (token.kind == TOKEN_WORD || token.kind == TOKEN_QUOTED || token.kind == TOKEN_OTHER)
            return statement(s, piece, e);
        advance(s, &token);
    }
    return r;
}
