/*
 * The scanner: cuts SQL text into statements and lockstep directives, with line numbers.
 *
 * An SQLite statement ends where sqlite3_complete() says (strings, comments, triggers right). A
 * directive is a comment `-- lockstep:NAME [VALUE]` that stands between statements, on a line of
 * its own; inside a statement or a string it is text. What is nearly one (behind a statement on its
 * line, in capitals) is an error, never silently a comment. Pieces point into the text.
 */
#ifndef SQL_SCAN_H
#define SQL_SCAN_H

#include <stdbool.h>
#include <stddef.h>

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
    const char *start, *at, *end;
    unsigned line;
};

void sql_scan_init(struct sql_scan *s, const char *text, size_t len);
/*
 * The next piece; SQL_END at the end. A last statement without its semicolon is one too.
 * E_INVALID with the line (e->line; the caller names the file with error_at) for a NUL byte, an
 * unterminated string, comment or trigger, a directive that is not alone on its line. Empty
 * statements (a lone semicolon, comments only) are passed over.
 */
int sql_next(struct sql_scan *s, struct sql_piece *piece, struct error *e);

/*
 * Appends the statement with comments dropped and white space outside quotes as one blank. A
 * comment between two tokens that would run together leaves a blank too.
 */
void sql_normalize(const char *sql, size_t len, struct str *out);

enum sql_escape {
    SQL_ESCAPE_NONE,
    SQL_ESCAPE_TRANSACTION, /* BEGIN COMMIT END ROLLBACK SAVEPOINT RELEASE */
    SQL_ESCAPE_ATTACH,      /* ATTACH DETACH, VACUUM INTO */
    SQL_ESCAPE_PRAGMA,      /* a PRAGMA that writes (has = or an argument and is not a query) */
    SQL_ESCAPE_EXTENSION,   /* load_extension(...) */
    SQL_ESCAPE_OUTSIDE,     /* VACUUM: cannot run in a transaction */
};
/* Would this statement break out of the migration's transaction, as far as its text shows? */
enum sql_escape sql_escapes(const char *sql, size_t len);
/* The same for a script that asked to run outside a transaction: VACUUM and some PRAGMAs may. */
enum sql_escape sql_escapes_outside(const char *sql, size_t len);
/* Is its first word that of a query: SELECT, VALUES, WITH, PRAGMA? */
bool sql_is_query(const char *sql, size_t len);
/* One sentence for the user: why it is refused and what to write instead. */
const char *sql_escape_text(enum sql_escape escape);

#endif
