/*
 * A script of any bytes in PostgreSQL's dialect. The server's own scanner (libpg_query) is the
 * judge of where statements end. It passes over statements without a keyword and knows no BEGIN
 * ATOMIC, so that only this is asked: it ends none where we do not, and we none within its own.
 */
#include <pg_query.h>

#include "dialect.h"

/* The server's scanner has a statement at text[from, to); at `to` is its semicolon, or the end. */
static void compare(const char *text, size_t len, size_t from, size_t to)
{
    struct sql_piece piece;
    struct sql_scan scan;
    bool ends = false;

    sql_scan_init(&scan, ENGINE_POSTGRES, text, len);
    while (sql_next(&scan, &piece, NULL) == E_OK && piece.kind != SQL_END) {
        size_t at = (size_t)(scan.at - text); /* behind our semicolon, or the end */

        if (piece.kind != SQL_STATEMENT)
            continue;
        PROMISE(at <= from || at > to || (at == to && to == len), "none of the server's is cut");
        ends = ends || at == (to < len ? to + 1 : len);
    }
    PROMISE(ends, "a statement ends where the server says");
}

static bool is_ascii(const char *text)
{
    while (*text > 0)
        text++;
    return !*text;
}

static bool is_readable(const char *text, size_t len)
{
    struct sql_piece piece;
    struct sql_scan scan;
    int r;

    sql_scan_init(&scan, ENGINE_POSTGRES, text, len);
    while ((r = sql_next(&scan, &piece, NULL)) == E_OK && piece.kind != SQL_END)
        ;
    return r == E_OK;
}

/* Its scanner knows no bodies and counts ) without ( as psql does not; a vertical tab is white
 * space from PostgreSQL 16 on; only ASCII, since it counts characters. Over a
 * comment the server continues an E string, the scanner without its parser does not. */
static void check_cuts(const char *text, size_t len)
{
    PgQuerySplitResult split;

    if (strlen(text) != len || strcasestr(text, "begin") || strpbrk(text, "()\v") ||
        !is_ascii(text) || (strcasestr(text, "e'") && strstr(text, "--")) ||
        !is_readable(text, len))
        return;
    split = pg_query_split_with_scanner(text);
    for (int i = 0; !split.error && i < split.n_stmts; i++) {
        size_t from = (size_t)split.stmts[i]->stmt_location;

        compare(text, len, from, from + (size_t)split.stmts[i]->stmt_len);
    }
    pg_query_free_split_result(split);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str text = STR_INIT;

    str_addn(&text, data, size);
    check_cuts(str_text(&text), text.len);
    check_dialect(ENGINE_POSTGRES, data, size);
    return 0;
}
