/*
 * Which statements of a script may share a message to a PostgreSQL server with those behind them.
 * The server reads a message before it runs any of it, so that whatever may set how it reads
 * (standard_conforming_strings, client_encoding) ends the message that it is in; and whatever might
 * end the transaction, as far as this grammar knows.
 */
#ifndef SQL_POSTGRES_MESSAGE_H
#define SQL_POSTGRES_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

bool sql_ends_message(const char *sql, size_t len);

#endif
