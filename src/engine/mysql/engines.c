#include "engine/mysql/engines.h"

#include <stdbool.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/mysql.h"
#include "source/migration.h"
#include "sql/mysql_effect.h"

/* The names of the tables, as a list for IN; false: it changes rows of none. */
static bool add_tables(struct str *sql, struct my *my, const struct effects *of)
{
    bool any = false;

    for (size_t i = 0; i < of->n; i++) {
        if (of->list[i].object != EFFECT_ROWS || !of->list[i].table)
            continue;
        str_add(sql, any ? ", " : "(");
        my_add_text(sql, my, of->list[i].table);
        any = true;
    }
    str_add(sql, any ? ")" : "");
    return any;
}

static int refuse(MYSQL_ROW row, struct error *e)
{
    error_set(e, E_REFUSED, "the rows of %.60s (%.20s) cannot be taken back by a transaction",
              row[0], row[1]);
    error_hint(e, "ALTER TABLE .. ENGINE=InnoDB in a migration before it");
    return E_REFUSED;
}

int my_engines_check(struct my *my, const struct statement *statement, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects of = {0};
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    MYSQL_ROW row;
    int r;

    if (mysql_effects(&arena, statement->sql, statement->len, &of) != E_OK)
        return error_oom(e);
    str_add(&sql, "SELECT t.table_name, t.engine FROM information_schema.tables t"
                  " JOIN information_schema.engines e ON e.engine = t.engine"
                  " WHERE t.table_schema = DATABASE() AND e.transactions <> 'YES'"
                  " AND t.table_name IN ");
    if (!add_tables(&sql, my, &of))
        return E_OK;
    str_add(&sql, " LIMIT 1");
    r = str_ok(&sql) ? my_query(my, str_text(&sql), &rows, e) : error_oom(e);
    row = r == E_OK && rows ? mysql_fetch_row(rows) : NULL;
    return row ? refuse(row, e) : r;
}
