/*
 * The store: one folder (.lockstep/) with the run log and the requests to live runs (state.db, an
 * SQLite database), the cache of looks at tenants (cache), and the lock that lets one run hold the
 * fleet (lock).
 *
 * It never holds a tenant's data and no password. Losing the folder loses no atomic tenant.
 * One thread uses a store at a time. Whatever fails in state.db is E_FATAL and names it.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

enum store_mode {
    STORE_READ,  /* what is there; E_MISSING when nothing is; makes no file */
    STORE_WRITE, /* made when missing; mode 0700 */
};

/* E_INVALID: of another format, or not lockstep's (named). E_FATAL: it cannot be read or written,
 * or is damaged; the hint says what to do. */
int store_open(const char *dir, enum store_mode mode, struct store **store, struct error *e);
void store_close(struct store *store); /* NULL is fine */
/*
 * Makes all that can be read durable. What a process wrote and did not live to sync is seen by
 * those after it, and may yet go with the power: before somebody acts on it, this. E_FATAL.
 */
int store_harden(struct store *store, struct error *e);

#endif
