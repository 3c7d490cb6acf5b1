/* Inside db: what a MySQL server's error numbers mean here, and their text without values of rows.
 */
#ifndef DB_MYSQL_SAY_H
#define DB_MYSQL_SAY_H

struct str;

enum { MY_NO_SESSION = 1094 };

int my_outcome(unsigned code); /* E_BUSY, E_DOUBT (the connection is lost) or E_REFUSED */
/* Appends the server's text of this error, less what it quotes of a row. */
void my_message(unsigned code, const char *text, struct str *out);

#endif
