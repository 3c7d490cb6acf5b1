/* Inside sql: reading a statement of MySQL's token by token, and noting its effects. */
#ifndef SQL_MYSQL_READER_H
#define SQL_MYSQL_READER_H

#include "sql/mysql_effect.h"
#include "sql/token.h"

struct reader {
    struct arena *arena;
    const char *at, *end;
    struct token token; /* the one to be looked at */
    struct effects *out;
    bool failed; /* out of memory */
};

void reader_next(struct reader *r);
bool reader_is(const struct reader *r, const char *keyword);
bool reader_skip(struct reader *r, const char *keyword); /* true: it was there */
void reader_skip_if(struct reader *r);                   /* IF [NOT] EXISTS */
bool reader_over(const struct reader *r);
void reader_skip_brackets(struct reader *r);
const char *reader_name(struct reader *r);    /* NULL: none there */
const char *reader_table(struct reader *r);   /* "t" or "db.t" */
const char *reader_columns(struct reader *r); /* in the next brackets; "a b" */
void reader_add(struct reader *r, struct effect effect);
void reader_unknown(struct reader *r);

void mysql_read_alter(struct reader *r); /* behind ALTER */

#endif
