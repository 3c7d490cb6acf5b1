/*
 * What a statement in MySQL's dialect does, as far as its text shows: a list of effects on the
 * objects of a database. It tells which statement of a down script undoes which of its up script,
 * and whether all are undone; and which objects to look at to see whether a statement took effect.
 *
 *   ALTER TABLE t ADD COLUMN c INT, DROP INDEX i    makes column c of t, drops index i of t
 *   RENAME TABLE a TO b                             drops table a, makes table b
 *   UPDATE t SET c = 1                              changes rows of t (in column c)
 *   OPTIMIZE TABLE t, SELECT, SET @x = 1            nothing
 *   GRANT, CALL, whatever else is not known         something unknown
 *
 * Pure text: names are compared without regard to case, quotes and comments are seen through.
 */
#ifndef SQL_MYSQL_EFFECT_H
#define SQL_MYSQL_EFFECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum effect_kind { EFFECT_MAKES, EFFECT_REPLACES, EFFECT_DROPS, EFFECT_CHANGES };
enum effect_object {
    EFFECT_TABLE,
    EFFECT_COLUMN,
    EFFECT_INDEX, /* or a constraint: both have one name space when they are dropped */
    EFFECT_VIEW,
    EFFECT_TRIGGER,
    EFFECT_PROCEDURE,
    EFFECT_FUNCTION,
    EFFECT_EVENT,
    EFFECT_SEQUENCE,
    EFFECT_ROWS,
    EFFECT_UNKNOWN,
};

struct effect {
    enum effect_kind kind;
    enum effect_object object;
    const char *table;   /* it lies in; of a table itself: its name; NULL: none */
    const char *name;    /* NULL: the server gives one, or (rows) whole rows */
    const char *columns; /* an index's, "a b"; else NULL */
};

struct effects {
    struct effect *list;
    size_t n, cap;
};

/* Appends what the statement does; names are copied into the arena. E_OK or E_NOMEM. */
int mysql_effects(struct arena *arena, const char *sql, size_t len, struct effects *out);
void effects_free(struct effects *effects);

/* Does `undo` take this effect back? */
bool effect_undoes(const struct effect *undo, const struct effect *done);
/* Is it inside what that one makes (a column, an index, rows of a new table; an index on, or values
 * in, a new column), so that it goes with it? */
bool effect_within(const struct effect *inner, const struct effect *made);

/* ALTER TABLE that does not say how: an ALGORITHM may be asked for behind it. */
bool mysql_may_ask_online(const char *sql, size_t len);

#define CLEANUP_EFFECTS __attribute__((cleanup(effects_free)))

#endif
