/*
 * What a statement is about, as the server shows it now, hashed: before the statement it goes into
 * the ledger, and when nobody knows whether the statement took effect, it is taken again. Of the
 * objects that the statement's text names (SHOW CREATE ...; one that is not there counts too), or
 * of the whole schema where the text does not tell. Counters of AUTO_INCREMENT are left out: the
 * applications move them.
 */
#ifndef ENGINE_MYSQL_FINGERPRINT_H
#define ENGINE_MYSQL_FINGERPRINT_H

#include <stdbool.h>

#include <mysql.h>

#include "base/hash.h"
#include "base/str.h"

struct error;
struct my;
struct statement;

/* Most statements are about one object, and one question tells: it may go in a message with others,
 * as the last, since one that is not there is an error. */
struct my_look {
    struct str sql;  /* empty: it takes several questions, or none */
    unsigned column; /* of the answer's row: the definition */
};

int my_look_for(struct my_look *look, const char *database, const struct statement *statement,
                struct error *e);
/* The fingerprint by its answer; NULL: an error. */
int my_look_take(const struct my_look *look, MYSQL_RES *rows, char text[HASH_TEXT],
                 struct error *e);
void my_look_free(struct my_look *look);

/* Asks whatever it takes. The connection is in this database. */
int my_fingerprint(struct my *my, const char *database, const struct statement *statement,
                   char text[HASH_TEXT], struct error *e);
/* Would a look show it? Not with what changes rows or is not known. */
bool my_is_visible(const struct statement *statement);

#define CLEANUP_MY_LOOK __attribute__((cleanup(my_look_free)))

#endif
