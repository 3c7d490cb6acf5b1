/*
 * PostgreSQL: what may run for each row tenant, by the server's own grammar: statements that read
 * and change rows, and nothing else. Row security guards those, and only in tables that have it.
 */
#ifndef SQL_POSTGRES_ROWS_H
#define SQL_POSTGRES_ROWS_H

#include <stddef.h>

struct error;

enum sql_for_rows {
    SQL_ROWS_YES, /* SELECT, INSERT, UPDATE, DELETE or MERGE, as far as they change rows alone */
    SQL_ROWS_NO,
    SQL_ROWS_SETTING, /* calls set_config: it could say that another tenant is meant */
};

enum sql_for_rows sql_for_rows(const char *sql, size_t len);

/* Visits the tables that the statement writes, also those in its WITH; schema NULL: by search_path.
 * visit's outcome ends it when it is not E_OK. E_INVALID: the grammar cannot read it. */
int sql_written(const char *sql,
                int (*visit)(void *ctx, const char *schema, const char *table, struct error *e),
                void *ctx, struct error *e);

#endif
