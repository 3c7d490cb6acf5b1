/* Inside engine/mysql: can what changes rows be taken back by a transaction? */
#ifndef ENGINE_MYSQL_ENGINES_H
#define ENGINE_MYSQL_ENGINES_H

struct error;
struct my;
struct statement;

/* E_REFUSED names the first table that the statement changes rows of and that knows no transactions
 * (MyISAM, Aria, MEMORY, ...). One question a statement; what triggers change is not seen. */
int my_engines_check(struct my *my, const struct statement *statement, struct error *e);

#endif
