/* Inside sql: what statements are, dialect by dialect. */
#ifndef SQL_JUDGE_H
#define SQL_JUDGE_H

#include "sql/escape.h"

/* outside: the script asked to run outside a transaction. */
enum sql_escape sqlite_escape(const char *sql, size_t len, bool outside);
enum sql_escape postgres_escape(const char *sql, size_t len, bool outside);
enum sql_escape mysql_escape(const char *sql, size_t len);

/* PostgreSQL: by the server's own grammar; false: it does not know this syntax. */
bool postgres_tree_escape(const char *sql, size_t len, enum sql_escape *escape);

/* sql/traceless.h */
bool postgres_is_traceless(const char *sql, size_t len);
bool mysql_is_traceless(const char *sql, size_t len);

#endif
