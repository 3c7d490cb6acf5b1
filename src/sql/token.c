#include "sql/token.h"

#include <string.h>
#include <strings.h>

#include "sql/lexer.h"

bool token_word_byte(char c)
{
    unsigned char u = (unsigned char)c;

    return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u == '_' ||
           u == '$' || u >= 0x80;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static bool is_mark(const char *at, const char *end)
{
    return end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0;
}

static size_t space_len(const char *at, const char *end)
{
    const char *p = at;

    for (;;) {
        if (p < end && is_space(*p))
            p++;
        else if (is_mark(p, end))
            p += 3;
        else
            return (size_t)(p - at);
    }
}

static size_t word_len(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && token_word_byte(*p))
        p++;
    return (size_t)(p - at);
}

/* 0 when the quote never ends. A doubled quote is the quote itself, except that ] has no double. */
static size_t quoted_len(const char *at, const char *end)
{
    char close = *at == '[' ? ']' : *at;
    const char *p = at + 1;

    for (;;) {
        p = p < end ? memchr(p, close, (size_t)(end - p)) : NULL;
        if (!p)
            return 0;
        if (close == ']' || p + 1 == end || p[1] != close)
            return (size_t)(p + 1 - at);
        p += 2;
    }
}

size_t lexer_line(const char *at, const char *end)
{
    const char *feed = memchr(at, '\n', (size_t)(end - at));

    return (size_t)((feed ? feed : end) - at);
}

static size_t block_comment_len(const char *at, const char *end)
{
    const char *close = memmem(at + 2, (size_t)(end - at - 2), "*/", 2);

    return close ? (size_t)(close + 2 - at) : 0;
}

struct token lexer_token(enum token_kind kind, const char *at, size_t len, const char *end)
{
    if (len == 0)
        return (struct token){TOKEN_OPEN, at, (size_t)(end - at)};
    return (struct token){kind, at, len};
}

static struct token sqlite_token(const char *at, const char *end)
{
    size_t left = (size_t)(end - at);

    if (left == 0)
        return (struct token){TOKEN_END, at, 0};
    if (is_space(*at))
        return lexer_token(TOKEN_SPACE, at, space_len(at, end), end);
    if (token_word_byte(*at))
        return lexer_token(TOKEN_WORD, at, word_len(at, end), end);
    if (strchr("'\"`[", *at) && *at)
        return lexer_token(TOKEN_QUOTED, at, quoted_len(at, end), end);
    if (left > 1 && at[0] == '-' && at[1] == '-')
        return lexer_token(TOKEN_COMMENT, at, lexer_line(at, end), end);
    if (left > 1 && at[0] == '/' && at[1] == '*')
        return lexer_token(TOKEN_COMMENT, at, block_comment_len(at, end), end);
    return lexer_token(*at == ';' ? TOKEN_SEMICOLON : TOKEN_OTHER, at, 1, end);
}

struct token token_at(enum engine_kind engine, const char *at, const char *end)
{
    if (is_mark(at, end)) /* no server knows it; a text must not begin with it, nor a statement */
        return lexer_token(TOKEN_SPACE, at, space_len(at, end), end);
    switch (engine) {
    case ENGINE_POSTGRES:
        return postgres_token(at, end);
    case ENGINE_MYSQL:
        return mysql_token(at, end);
    default:
        return sqlite_token(at, end);
    }
}

struct token token_next(enum engine_kind engine, const char **at, const char *end)
{
    struct token token;

    do {
        token = token_at(engine, *at, end);
        *at += token.kind == TOKEN_CODE ? mysql_code_mark(&token) : token.len;
    } while (token.kind == TOKEN_SPACE || token.kind == TOKEN_COMMENT || token.kind == TOKEN_CODE);
    return token;
}

bool token_is(const struct token *token, const char *keyword)
{
    return token->kind == TOKEN_WORD && token->len == strlen(keyword) &&
           strncasecmp(token->at, keyword, token->len) == 0;
}

bool token_is_char(const struct token *token, char c)
{
    return token->kind == TOKEN_OTHER && *token->at == c;
}

bool token_names(const struct token *token, const char *name)
{
    if (token->kind == TOKEN_QUOTED)
        return token->len == strlen(name) + 2 &&
               strncasecmp(token->at + 1, name, token->len - 2) == 0;
    return token_is(token, name);
}
