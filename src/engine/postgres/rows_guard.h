/* Inside engine/postgres: does row security hold for the role in all that a script writes? */
#ifndef ENGINE_POSTGRES_ROWS_GUARD_H
#define ENGINE_POSTGRES_ROWS_GUARD_H

struct error;
struct pg;
struct row_tenants;
struct script;

/* By what the server has at this moment, in the transaction that is open, or one of its own.
 * E_REFUSED names the role, or the table with file and line; what is no table is left to its
 * statement. */
int pg_rows_guard(struct pg *pg, const struct script *script, const struct row_tenants *who,
                  struct error *e);

#endif
