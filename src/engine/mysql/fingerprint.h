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

#include "base/hash.h"

struct error;
struct my;
struct statement;

/* The connection is in the tenant's database. */
int my_fingerprint(struct my *my, const struct statement *statement, char text[HASH_TEXT],
                   struct error *e);
/* Would a look show it? Not with what changes rows or is not known. */
bool my_is_visible(const struct statement *statement);

#endif
