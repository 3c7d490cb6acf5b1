/* Escapes in SQLite's dialect. The authorizer has the last word when a statement is prepared. */
#include "sql/judge.h"

#include "sql/token.h"

enum pragma_use {
    PRAGMA_ASKS = 1, /* its argument is part of a question */
    PRAGMA_FILE = 2, /* may be set outside a transaction */
    PRAGMA_ACTS = 4, /* does something even without an argument */
};

/*
 * PRAGMAs that are not simply "read without, write with an argument".
 *
 * A script with `transaction off` may set what lives in the file or bounds its own work. All others
 * stay refused there: they can lose a tenant (journal_mode OFF and MEMORY and synchronous, on a
 * crash; writable_schema, schema_version), bend its rules unseen (ignore_check_constraints,
 * foreign_keys: the option does that), get in the way of locks (locking_mode, busy_timeout,
 * wal_autocheckpoint), or end with the connection and so do nothing.
 */
static const struct pragma {
    const char *name;
    unsigned use;
} pragmas[] = {
    {"table_info", PRAGMA_ASKS},
    {"table_xinfo", PRAGMA_ASKS},
    {"table_list", PRAGMA_ASKS},
    {"index_list", PRAGMA_ASKS},
    {"index_info", PRAGMA_ASKS},
    {"index_xinfo", PRAGMA_ASKS},
    {"foreign_key_list", PRAGMA_ASKS},
    {"foreign_key_check", PRAGMA_ASKS},
    {"integrity_check", PRAGMA_ASKS},
    {"quick_check", PRAGMA_ASKS},
    {"application_id", PRAGMA_FILE},
    {"user_version", PRAGMA_FILE},
    {"auto_vacuum", PRAGMA_FILE},
    {"page_size", PRAGMA_FILE},
    {"journal_mode", PRAGMA_FILE}, /* only to a mode that survives a crash */
    {"secure_delete", PRAGMA_FILE},
    {"cache_size", PRAGMA_FILE},
    {"temp_store", PRAGMA_FILE},
    {"analysis_limit", PRAGMA_FILE},
    {"optimize", PRAGMA_FILE},
    {"incremental_vacuum", PRAGMA_FILE | PRAGMA_ACTS},
    {"wal_checkpoint", PRAGMA_FILE | PRAGMA_ACTS},
};

static unsigned pragma_use(const struct token *name)
{
    for (size_t i = 0; i < sizeof pragmas / sizeof pragmas[0]; i++)
        if (token_names(name, pragmas[i].name))
            return pragmas[i].use;
    return 0;
}

static bool survives_crash(const struct token *mode)
{
    return token_names(mode, "delete") || token_names(mode, "truncate") ||
           token_names(mode, "persist") || token_names(mode, "wal");
}

/* `at` stands behind the word PRAGMA. */
static enum sql_escape pragma_escape(const char *at, const char *end, bool outside)
{
    struct token name = token_next(ENGINE_SQLITE, &at, end);
    struct token behind = token_next(ENGINE_SQLITE, &at, end);
    struct token value;
    unsigned use;

    if (token_is_char(&behind, '.')) {
        name = token_next(ENGINE_SQLITE, &at, end);
        behind = token_next(ENGINE_SQLITE, &at, end);
    }
    use = pragma_use(&name);
    value = token_next(ENGINE_SQLITE, &at, end);
    if (behind.kind == TOKEN_END || behind.kind == TOKEN_SEMICOLON) {
        if (!(use & PRAGMA_ACTS))
            return SQL_ESCAPE_NONE;
    } else if (use & PRAGMA_ASKS) {
        return SQL_ESCAPE_NONE;
    } else if (token_names(&name, "journal_mode") && !survives_crash(&value)) {
        return SQL_ESCAPE_PRAGMA;
    }
    return outside && (use & PRAGMA_FILE) ? SQL_ESCAPE_NONE : SQL_ESCAPE_PRAGMA;
}

/* `at` stands behind the word VACUUM: [schema] [INTO file] */
static enum sql_escape vacuum_escape(const char *at, const char *end, bool outside)
{
    struct token first = token_next(ENGINE_SQLITE, &at, end),
                 second = token_next(ENGINE_SQLITE, &at, end);

    if (token_is(&first, "INTO") || token_is(&second, "INTO"))
        return SQL_ESCAPE_ATTACH;
    return outside ? SQL_ESCAPE_NONE : SQL_ESCAPE_OUTSIDE;
}

static bool loads_extension(const char *at, const char *end)
{
    struct token before = {.kind = TOKEN_END, .at = at};

    for (;;) {
        struct token token = token_next(ENGINE_SQLITE, &at, end);

        if (token.kind == TOKEN_END || token.kind == TOKEN_OPEN)
            return false;
        if (token_is_char(&token, '(') && token_names(&before, "load_extension") &&
            *before.at != '\'')
            return true;
        before = token;
    }
}

static enum sql_escape escape_by_word(const struct token *first, const char *at, const char *end,
                                      bool outside)
{
    static const struct {
        const char *word;
        enum sql_escape escape;
    } words[] = {
        {"BEGIN", SQL_ESCAPE_TRANSACTION},     {"COMMIT", SQL_ESCAPE_TRANSACTION},
        {"END", SQL_ESCAPE_TRANSACTION},       {"ROLLBACK", SQL_ESCAPE_TRANSACTION},
        {"SAVEPOINT", SQL_ESCAPE_TRANSACTION}, {"RELEASE", SQL_ESCAPE_TRANSACTION},
        {"ATTACH", SQL_ESCAPE_ATTACH},         {"DETACH", SQL_ESCAPE_ATTACH},
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (token_is(first, words[i].word))
            return words[i].escape;
    if (token_is(first, "PRAGMA"))
        return pragma_escape(at, end, outside);
    if (token_is(first, "VACUUM"))
        return vacuum_escape(at, end, outside);
    return SQL_ESCAPE_NONE;
}

enum sql_escape sqlite_escape(const char *sql, size_t len, bool outside)
{
    const char *at = sql, *end = sql + len;
    struct token first;
    enum sql_escape escape;

    do
        first = token_next(ENGINE_SQLITE, &at, end);
    while (first.kind == TOKEN_SEMICOLON);
    escape = escape_by_word(&first, at, end, outside);
    if (escape == SQL_ESCAPE_NONE && loads_extension(sql, end))
        return SQL_ESCAPE_EXTENSION;
    return escape;
}
