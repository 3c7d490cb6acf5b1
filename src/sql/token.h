/*
 * Tokens as the engine whose dialect it is sees them, as coarse as the scanner needs: where quotes
 * and comments begin and end, what is a word. A token never spans what is quoted and what is not.
 */
#ifndef SQL_TOKEN_H
#define SQL_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/engine.h"

enum token_kind {
    TOKEN_END,
    TOKEN_SPACE,   /* blanks; also a byte order mark, as in SQLite */
    TOKEN_COMMENT, /* -- or # to the end of the line (without its line feed), or a block */
    TOKEN_WORD,    /* keyword, name or number */
    TOKEN_QUOTED,  /* '..' ".." `..` [..] E'..' $..$ with the quotes, as the dialect has them */
    TOKEN_CODE,    /* MySQL: what looks like a comment and is run, or heeded: slash-star-! and + */
    TOKEN_SEMICOLON,
    TOKEN_OTHER, /* one byte of punctuation */
    TOKEN_OPEN,  /* a quote or a block comment that never ends; reaches to the end */
};

struct token {
    enum token_kind kind;
    const char *at;
    size_t len;
};

/* The token at `at`; TOKEN_END with len 0 when at == end. */
struct token token_at(enum engine_kind engine, const char *at, const char *end);
/*
 * The next one that is neither blank nor comment; *at moves behind it. Goes into TOKEN_CODE: its
 * words come one by one, as the server runs them.
 */
struct token token_next(enum engine_kind engine, const char **at, const char *end);
/* Is it this keyword (given in upper case)? */
bool token_is(const struct token *token, const char *keyword);
bool token_is_char(const struct token *token, char c);
/* The same for a name that may be quoted in any of SQLite's ways (which are MySQL's). */
bool token_names(const struct token *token, const char *name);
/* Can the byte stand in a name? */
bool token_word_byte(char c);

#endif
