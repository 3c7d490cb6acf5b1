/*
 * PostgreSQL's tokens, by the rules of its scan.l: comments nest, -- ends at a carriage return too,
 * only E'...' knows backslashes, $tag$ opens a quote where it is not part of a name. A backslash
 * outside quotes is no token of the server's, but psql's (TOKEN_OTHER). libpg_query's scanner gives
 * no comments, and what it does give in a form without a header on Debian: the fuzz target
 * `postgres` holds these tokens against its way of cutting statements.
 */
#include <string.h>

#include "sql/lexer.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool name_begins(char c)
{
    return c != '$' && !is_digit(c) && token_word_byte(c);
}

/* A name takes $ from its second byte on, a number never: 1$a$ is a number and a quote. */
static size_t word_len(const char *at, const char *end)
{
    bool number = is_digit(*at);
    const char *p = at + 1;

    while (p < end && token_word_byte(*p) && !(number && *p == '$'))
        p++;
    return (size_t)(p - at);
}

/* Where the quote that opens at `at` ends; NULL when it never does. */
static const char *quote_end(const char *at, const char *end, bool escapes)
{
    char close = *at;

    for (at++; at < end; at++) {
        if (escapes && *at == '\\')
            at++;
        else if (*at == close && at + 1 < end && at[1] == close)
            at++;
        else if (*at == close)
            return at + 1;
    }
    return NULL;
}

static const char *line_end(const char *at, const char *end)
{
    while (at < end && *at != '\n' && *at != '\r')
        at++;
    return at;
}

/* A string goes on in the quote that follows it over white space with a line feed. */
static const char *continuation(const char *at, const char *end)
{
    bool fed = false;

    for (;;) {
        if (at < end && is_space(*at))
            fed = *at == '\n' || *at == '\r' || fed;
        else if (end - at > 1 && at[0] == '-' && at[1] == '-')
            at = line_end(at, end) - 1;
        else
            return at < end && fed && *at == '\'' ? at : NULL;
        at++;
    }
}

/* E'...' with all that continues it: there a backslash counts too. 0 when it never ends. */
static size_t escape_string_len(const char *at, const char *end)
{
    const char *p = at + 1, *last = NULL;

    while (p && (last = quote_end(p, end, true)))
        p = continuation(last, end);
    return p ? 0 : (size_t)(last - at);
}

static size_t comment_len(const char *at, const char *end)
{
    size_t depth = 1;

    for (const char *p = at + 2; end - p >= 2; p++) {
        if (p[0] == '/' && p[1] == '*') {
            depth++;
            p++;
        } else if (p[0] == '*' && p[1] == '/') {
            p++;
            if (--depth == 0)
                return (size_t)(p + 1 - at);
        }
    }
    return 0;
}

/* Of $$ or $tag$; 0 when none stands here. */
static size_t tag_len(const char *at, const char *end)
{
    const char *p = at + 1;

    if (p < end && name_begins(*p))
        while (p < end && *p != '$' && token_word_byte(*p))
            p++;
    return p < end && *p == '$' ? (size_t)(p + 1 - at) : 0;
}

/* A dollar: opens a quote, or is a parameter ($1), or stands for itself. */
static struct token dollar(const char *at, const char *end)
{
    size_t n = tag_len(at, end);
    const char *p = at + 1;

    if (n > 0) {
        p = memmem(at + n, (size_t)(end - at) - n, at, n);
        return lexer_token(TOKEN_QUOTED, at, p ? (size_t)(p - at) + n : 0, end);
    }
    while (p < end && is_digit(*p))
        p++;
    return lexer_token(p > at + 1 ? TOKEN_WORD : TOKEN_OTHER, at, (size_t)(p - at), end);
}

static struct token space(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && is_space(*p))
        p++;
    return lexer_token(TOKEN_SPACE, at, (size_t)(p - at), end);
}

struct token postgres_token(const char *at, const char *end)
{
    char next = end - at > 1 ? at[1] : '\0';
    const char *close;

    if (at == end)
        return (struct token){TOKEN_END, at, 0};
    if (is_space(*at))
        return space(at, end);
    if ((*at == 'e' || *at == 'E') && next == '\'')
        return lexer_token(TOKEN_QUOTED, at, escape_string_len(at, end), end);
    if (*at == '$')
        return dollar(at, end);
    if (token_word_byte(*at))
        return lexer_token(TOKEN_WORD, at, word_len(at, end), end);
    if (*at == '\'' || *at == '"') {
        close = quote_end(at, end, false);
        return lexer_token(TOKEN_QUOTED, at, close ? (size_t)(close - at) : 0, end);
    }
    if (*at == '-' && next == '-')
        return lexer_token(TOKEN_COMMENT, at, (size_t)(line_end(at, end) - at), end);
    if (*at == '/' && next == '*')
        return lexer_token(TOKEN_COMMENT, at, comment_len(at, end), end);
    return lexer_token(*at == ';' ? TOKEN_SEMICOLON : TOKEN_OTHER, at, 1, end);
}
