/*
 * MySQL's and MariaDB's tokens, with their default sql_mode: a backslash counts in '..' and "..",
 * not in `..`; # begins a comment, and -- where a blank follows. A version comment and a hint (a
 * slash, a star and then ! or M! or +) are TOKEN_CODE: servers run, or heed, what is in them.
 */
#include <string.h>

#include "sql/lexer.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

/* Where the quote that opens at `at` ends; NULL when it never does. */
static const char *quote_end(const char *at, const char *end)
{
    char close = *at;

    for (at++; at < end; at++) {
        if (close != '`' && *at == '\\')
            at++;
        else if (*at == close && at + 1 < end && at[1] == close)
            at++;
        else if (*at == close)
            return at + 1;
    }
    return NULL;
}

static const char *plain_comment_end(const char *at, const char *end)
{
    const char *close = memmem(at + 2, (size_t)(end - at - 2), "*/", 2);

    return close ? close + 2 : NULL;
}

/* Code ends at the first star-slash outside its own quotes and comments. */
static const char *code_end(const char *at, const char *end)
{
    for (at += 2; at && end - at >= 2;) {
        if (at[0] == '*' && at[1] == '/')
            return at + 2;
        if (at[0] == '/' && at[1] == '*')
            at = plain_comment_end(at, end);
        else
            at = strchr("'\"`", *at) && *at ? quote_end(at, end) : at + 1;
    }
    return NULL;
}

size_t mysql_code_mark(const struct token *code)
{
    size_t n = 3;

    if (code->at[0] == '*') /* its end */
        return 2;
    if (code->at[2] == '+')
        return code->len;
    n += code->at[2] == 'M';
    while (n < code->len && code->at[n] >= '0' && code->at[n] <= '9')
        n++;
    return n;
}

static bool is_code(const char *at, const char *end)
{
    if (end - at < 3)
        return false;
    return at[2] == '!' || at[2] == '+' || (end - at > 3 && at[2] == 'M' && at[3] == '!');
}

static struct token block(const char *at, const char *end)
{
    bool code = is_code(at, end);
    const char *close = code ? code_end(at, end) : plain_comment_end(at, end);

    return lexer_token(code ? TOKEN_CODE : TOKEN_COMMENT, at, close ? (size_t)(close - at) : 0,
                       end);
}

static size_t run(const char *at, const char *end, bool (*is)(char))
{
    const char *p = at;

    while (p < end && is(*p))
        p++;
    return (size_t)(p - at);
}

static bool is_line_comment(const char *at, const char *end)
{
    if (*at == '#')
        return true;
    return end - at > 1 && at[0] == '-' && at[1] == '-' &&
           (end - at == 2 || (unsigned char)at[2] <= ' ' || at[2] == 0x7f);
}

struct token mysql_token(const char *at, const char *end)
{
    char next = end - at > 1 ? at[1] : '\0';
    const char *close;

    if (at == end)
        return (struct token){TOKEN_END, at, 0};
    if (is_space(*at))
        return lexer_token(TOKEN_SPACE, at, run(at, end, is_space), end);
    if (token_word_byte(*at))
        return lexer_token(TOKEN_WORD, at, run(at, end, token_word_byte), end);
    if (*at && strchr("'\"`", *at)) {
        close = quote_end(at, end);
        return lexer_token(TOKEN_QUOTED, at, close ? (size_t)(close - at) : 0, end);
    }
    if (is_line_comment(at, end))
        return lexer_token(TOKEN_COMMENT, at, lexer_line(at, end), end);
    if (*at == '/' && next == '*')
        return block(at, end);
    /* What token_next() came into ends here; before another star it is a product and a comment. */
    if (*at == '*' && next == '/' && (end - at == 2 || at[2] != '*'))
        return lexer_token(TOKEN_CODE, at, 2, end);
    return lexer_token(*at == ';' ? TOKEN_SEMICOLON : TOKEN_OTHER, at, 1, end);
}
