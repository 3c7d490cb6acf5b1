/*
 * Where a statement ends.
 *
 * SQLite: in two steps, so that a large file is read once and not once a semicolon: our tokens say
 * where a semicolon outside quotes and comments stands, then sqlite3_complete() is asked about the
 * text up to it. Its no means a trigger body; from then on only a semicolon behind `; END` can be
 * the last one (the rule of sqlite3_complete itself), and only that is asked about.
 *
 * PostgreSQL: as psql does. A semicolon within parentheses (rules have them) or between BEGIN and
 * END of a CREATE FUNCTION or PROCEDURE (BEGIN ATOMIC) is not the last one; CASE ... END counts
 * there too.
 *
 * MySQL: BEGIN ... END of all that has a body (procedures, functions, triggers, events) and of
 * BEGIN NOT ATOMIC. A body that is another compound statement, without BEGIN, is cut at its first
 * semicolon: the server refuses the first half, sql_escapes() the second.
 */
#include "sql/ending.h"

#include <string.h>

#include <sqlite3.h>

#include "base/error.h"
#include "base/str.h"

/* --- sqlite --- */

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

static void sqlite_note(struct ending *n, const struct token *token)
{
    n->after_end = n->after_semicolon && token_is(token, "END");
    n->after_semicolon = token->kind == TOKEN_SEMICOLON;
}

static int sqlite_try(struct ending *n, const struct sql_piece *piece, const char *semicolon,
                      bool *ends)
{
    *ends = false;
    if (n->refused && !n->after_end)
        return E_OK;
    n->refused = true;
    return is_complete(piece->text, (size_t)(semicolon - piece->text), ";", ends);
}

static int sqlite_text(const struct sql_piece *piece, const char **why, const char **hint)
{
    bool complete;

    if (is_complete(piece->text, piece->len, "\n;", &complete) != E_OK)
        return E_NOMEM;
    if (complete)
        return E_OK;
    *why = "the trigger that begins here has no end";
    *hint = "end its body with \"END;\"";
    return E_OK;
}

/* --- the others --- */

static bool is_one_of(const struct token *token, const char *const *words)
{
    for (; *words; words++)
        if (token_is(token, *words))
            return true;
    return false;
}

/* psql's rule: CREATE [OR REPLACE] FUNCTION, or PROCEDURE. */
static void postgres_head(struct ending *n, const struct token *token)
{
    static const char *const made[] = {"FUNCTION", "PROCEDURE", NULL};

    if (n->words == 0)
        n->makes = token_is(token, "CREATE");
    else if (n->makes && (n->words == 1 || n->words == 3) && is_one_of(token, made))
        n->body = true;
}

/* OR REPLACE, a definer and AGGREGATE may stand before what is made. */
static void mysql_head(struct ending *n, const struct token *token)
{
    static const char *const made[] = {"PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", NULL};
    static const char *const plain[] = {"TABLE",    "VIEW",   "INDEX",  "USER",     "ROLE",
                                        "DATABASE", "SCHEMA", "SERVER", "SEQUENCE", NULL};

    if (n->words == 0) {
        n->makes = token_is(token, "CREATE") || token_is(token, "ALTER");
        n->begins = token_is(token, "BEGIN");
    } else if (n->makes && !n->plain && is_one_of(token, made)) {
        n->body = true;
    } else if (n->makes && is_one_of(token, plain)) {
        n->plain = true;
    } else if (n->words == 1 && n->begins && token_is(token, "NOT")) {
        n->body = true; /* BEGIN NOT ATOMIC */
        n->blocks = 1;
    }
}

static void postgres_count(struct ending *n, const struct token *token)
{
    if (n->parens > 0)
        return;
    if (token_is(token, "BEGIN") || (n->blocks > 0 && token_is(token, "CASE")))
        n->blocks++;
    else if (n->blocks > 0 && token_is(token, "END"))
        n->blocks--;
}

/* END IF and its like belong to what was not counted; END CASE to what was. */
static void mysql_count(struct ending *n, const struct token *token)
{
    static const char *const uncounted[] = {"IF", "LOOP", "REPEAT", "WHILE", "FOR", NULL};
    bool behind_end = n->closing;

    n->closing = false;
    if (n->after_dot)
        return;
    if (behind_end && is_one_of(token, uncounted))
        n->blocks++;
    else if (token_is(token, "BEGIN") || (token_is(token, "CASE") && !behind_end))
        n->blocks++;
    else if (n->blocks > 0 && token_is(token, "END")) {
        n->blocks--;
        n->closing = true;
    }
}

static void note_word(struct ending *n, const struct token *token)
{
    bool postgres = n->engine == ENGINE_POSTGRES;

    if (!n->body)
        (postgres ? postgres_head : mysql_head)(n, token);
    else
        (postgres ? postgres_count : mysql_count)(n, token);
    n->words++;
}

static void counted_note(struct ending *n, const struct token *token)
{
    if (token->kind == TOKEN_WORD)
        note_word(n, token);
    else
        n->closing = false;
    n->after_dot = token_is_char(token, '.') || token_is_char(token, '@');
    if (token_is_char(token, '('))
        n->parens++;
    else if (token_is_char(token, ')') && n->parens > 0)
        n->parens--;
}

static bool is_open(const struct ending *n)
{
    return n->blocks > 0 || (n->engine == ENGINE_POSTGRES && n->parens > 0);
}

static void counted_text(const struct ending *n, const char **why, const char **hint)
{
    if (!is_open(n))
        return;
    *why = n->blocks > 0 ? "the body of the statement that begins here has no end"
                         : "a parenthesis opens in the statement that begins here and never closes";
    *hint = n->blocks > 0 ? "end it with \"END;\"" : "close it; until then no semicolon counts";
}

/* --- all --- */

void ending_note(struct ending *ending, const struct token *token)
{
    if (ending->engine == ENGINE_POSTGRES || ending->engine == ENGINE_MYSQL)
        counted_note(ending, token);
    else
        sqlite_note(ending, token);
}

int ending_try(struct ending *ending, const struct sql_piece *piece, const char *semicolon,
               bool *ends)
{
    if (ending->engine != ENGINE_POSTGRES && ending->engine != ENGINE_MYSQL)
        return sqlite_try(ending, piece, semicolon, ends);
    *ends = !is_open(ending);
    return E_OK;
}

int ending_of_text(struct ending *ending, const struct sql_piece *piece, const char **why,
                   const char **hint)
{
    if (ending->engine != ENGINE_POSTGRES && ending->engine != ENGINE_MYSQL)
        return sqlite_text(piece, why, hint);
    counted_text(ending, why, hint);
    return E_OK;
}
