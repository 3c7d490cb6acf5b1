/*
 * PostgreSQL: what a statement that runs outside a transaction may leave behind when it fails, by
 * the server's own grammar. Most leave nothing; CREATE INDEX CONCURRENTLY leaves an INVALID index,
 * and REINDEX CONCURRENTLY an INVALID copy of one (i_ccnew), which whoever tries again must drop
 * first; a procedure may have committed half of its work.
 */
#ifndef SQL_POSTGRES_OUTSIDE_H
#define SQL_POSTGRES_OUTSIDE_H

#include "base/str.h"

enum sql_leaves { SQL_LEAVES_NOTHING, SQL_LEAVES_INDEX, SQL_LEAVES_COPIES, SQL_LEAVES_ANYTHING };

struct sql_index {     /* names as the catalog has them, unquoted */
    struct str name;   /* copies: "" for all of the table's */
    struct str schema; /* of the table, or of the index whose copy it is; "": by search_path */
    struct str table;  /* copies of one index: "" */
};

/* Fills *index for SQL_LEAVES_INDEX and SQL_LEAVES_COPIES. What the grammar cannot read may leave
 * anything. */
enum sql_leaves sql_leaves(const char *sql, struct sql_index *index);
void sql_index_free(struct sql_index *index);

#define CLEANUP_SQL_INDEX __attribute__((cleanup(sql_index_free)))

#endif
