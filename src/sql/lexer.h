/* Inside sql: the dialects' lexers. token_at() chooses among them. */
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include "sql/token.h"

struct token postgres_token(const char *at, const char *end);
struct token mysql_token(const char *at, const char *end);
/* How much of a TOKEN_CODE to step over to come to what the server runs of it. */
size_t mysql_code_mark(const struct token *code);

/* A token of this kind; of len 0: TOKEN_OPEN. */
struct token lexer_token(enum token_kind kind, const char *at, size_t len, const char *end);
size_t lexer_line(const char *at, const char *end); /* up to the line feed */

#endif
