/*
 * The store: one folder (.lockstep/) that keeps the run log, the cache of looks at tenants and the
 * requests to live runs, in one SQLite database; and the lock that lets one run hold the fleet.
 *
 * It never holds a tenant's data and no password. Losing the folder loses no atomic tenant.
 * One thread uses a store at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

enum store_mode {
    STORE_READ,  /* what is there; E_MISSING when nothing is; never writes a byte */
    STORE_WRITE, /* made when missing; mode 0700 */
};

/* E_INVALID: a folder of a newer format (named). E_FATAL: it cannot be read or written. */
int store_open(const char *dir, enum store_mode mode, struct store **store, struct error *e);
void store_close(struct store *store); /* writes buffered events; NULL is fine */

#endif
