#include <string.h>

#include "base/str.h"
#include "sql/scan.h"
#include "sql/token.h"

/* Bytes of one kind run together when nothing stands between them; brackets and commas never do. */
static int run_kind(char c)
{
    if (strchr("(),;", c))
        return 0;
    return token_word_byte(c) || strchr("'\"`[].?:@#", c) ? 1 : 2;
}

static bool run_together(char a, char b)
{
    return run_kind(a) != 0 && run_kind(a) == run_kind(b);
}

void sql_normalize(enum engine_kind engine, const char *sql, size_t len, struct str *out)
{
    const char *at = sql, *end = sql + len;
    size_t start = out->len;
    bool blank = false, comment = false;

    for (;;) {
        struct token token = token_at(engine, at, end);

        if (token.kind == TOKEN_END)
            return;
        at += token.len;
        if (token.kind == TOKEN_SPACE || token.kind == TOKEN_COMMENT) {
            blank = blank || token.kind == TOKEN_SPACE;
            comment = comment || token.kind == TOKEN_COMMENT;
            continue;
        }
        if (str_ok(out) && out->len > start &&
            (blank || (comment && run_together(out->data[out->len - 1], *token.at))))
            str_addc(out, ' ');
        str_addn(out, token.at, token.len);
        blank = comment = false;
    }
}
