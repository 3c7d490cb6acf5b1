#include "sql/postgres_message.h"

#include "sql/token.h"

bool sql_ends_message(const char *sql, size_t len)
{
    /* What changes objects or rows. A trigger may set what it likes: these are read already. */
    static const char *const shares[] = {"ALTER", "COMMENT", "CREATE", "DELETE",   "DROP",
                                         "GRANT", "INSERT",  "REVOKE", "TRUNCATE", "UPDATE"};
    const char *at = sql;
    struct token first = token_next(ENGINE_POSTGRES, &at, sql + len);

    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++)
        if (token_is(&first, shares[i]))
            return false;
    return true;
}
