/*
 * The scanner: cuts SQL text into statements and lockstep directives, with line numbers. Every text
 * is in the dialect of an engine.
 *
 * Where a statement ends is in sql/ending.h: as sqlite3_complete() says; as psql does it; for MySQL
 * with BEGIN ... END bodies kept together and without DELIMITER, which is refused. A
 * directive is a comment `-- lockstep:NAME [VALUE]` that stands between statements, on a line of
 * its own; inside a statement or a string it is text. What is nearly one (behind a statement on its
 * line, in capitals) is an error, never silently a comment. Pieces point into the text.
 */
#ifndef SQL_SCAN_H
#define SQL_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/engine.h"
#include "sql/escape.h"

struct error;
struct str;

enum sql_piece_kind { SQL_END, SQL_STATEMENT, SQL_DIRECTIVE };

struct sql_piece {
    enum sql_piece_kind kind;
    const char *text; /* statement: first to last token, no semicolon; directive: its NAME */
    size_t len;
    const char *value; /* directive: the text behind NAME, blanks trimmed; len 0 when none */
    size_t value_len;
    unsigned line;  /* 1-based, of text */
    unsigned stray; /* statement: line of a comment inside it that looks like a directive (most
                       often the semicolon before it is missing); 0 when there is none */
};

struct sql_scan {
    enum engine_kind engine;
    const char *start, *at, *end;
    unsigned line;
};

void sql_scan_init(struct sql_scan *s, enum engine_kind engine, const char *text, size_t len);
/*
 * The next piece; SQL_END at the end. A last statement without its semicolon is one too.
 * E_INVALID with the line (e->line; the caller names the file with error_at) for a NUL byte, an
 * unterminated string, comment, body or parenthesis, a directive that is not alone on its line.
 * Empty statements (a lone semicolon, comments only) are passed over.
 */
int sql_next(struct sql_scan *s, struct sql_piece *piece, struct error *e);

/*
 * Appends the statement with comments dropped and white space outside quotes as one blank. A
 * comment between two tokens that would run together leaves a blank too.
 */
void sql_normalize(enum engine_kind engine, const char *sql, size_t len, struct str *out);

/* Is its first word that of a query: SELECT, VALUES, WITH; SQLite's PRAGMA, the others' TABLE and
 * SHOW? */
bool sql_is_query(enum engine_kind engine, const char *sql, size_t len);

#endif
