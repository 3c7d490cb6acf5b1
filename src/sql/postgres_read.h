/*
 * PostgreSQL's own grammar: libpg_query gives the tree of a text as JSON,
 * {"stmts": [{"stmt": {"IndexStmt": {"concurrent": true, ...}}}]}. The grammar is that of
 * PostgreSQL 15.
 */
#ifndef SQL_POSTGRES_READ_H
#define SQL_POSTGRES_READ_H

#include <jansson.h>

/* Yours to json_decref; NULL: the grammar cannot read it, or there is no memory. */
json_t *postgres_read(const char *sql);

/* {"IndexStmt": {...}} of a text of one statement, within the root; else NULL. */
const json_t *postgres_statement(const json_t *root);

/* The text of a field, "" for none. */
const char *postgres_text(const json_t *node, const char *field);

#endif
