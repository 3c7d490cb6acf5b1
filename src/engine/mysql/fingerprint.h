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

/* Most statements are about one object, and one question tells. It may go in a message with others,
 * behind a USE of the tenant's database (what a server shows of a view depends on that); it ends
 * the message where the object is not there. */
struct my_look {
    struct str sql;  /* empty: it takes several questions, or none */
    unsigned column; /* of the answer's row: the definition */
};

int my_look_for(struct my_look *look, const struct statement *statement, struct error *e);
/* Does the error say that the object is not there? Any other says nothing of it. */
bool my_look_is_missing(const struct error *cause);
/* The fingerprint by its answer; NULL: it is not there. */
int my_look_take(const struct my_look *look, MYSQL_RES *rows, char text[HASH_TEXT],
                 struct error *e);
void my_look_free(struct my_look *look);

/* Asks whatever it takes. The connection is in the tenant's database. E_BUSY: it could not look. */
int my_fingerprint(struct my *my, const struct statement *statement, char text[HASH_TEXT],
                   struct error *e);
/* Would a look show it? Not with what changes rows or is not known. */
bool my_is_visible(const struct statement *statement);

#define CLEANUP_MY_LOOK __attribute__((cleanup(my_look_free)))

#endif
