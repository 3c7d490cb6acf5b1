/*
 * Prepared XA transactions by their names:
 *
 *   gtrid  lockstep_KEY_GROUP
 *   bqual  BRANCH_SECONDS_DATABASE: which branch of the run, since when (the server does not know),
 *          and as much of the database's name as there is room for
 */
#ifndef ENGINE_MYSQL_XA_H
#define ENGINE_MYSQL_XA_H

#include <stdint.h>

#include "core/port.h"

struct error;
struct my;

struct my_xa {
    const char *gtrid, *bqual; /* valid during the visit */
    const char *xid;           /* as statements take it */
};

void my_xa_gtrid(const char *key, uint32_t group, char gtrid[64]);
/* 'GTRID','BQUAL' into a buffer of MY_XID. */
void my_xa_name(const char *key, uint32_t group, uint32_t branch, const char *database, char *xid);
/* E_MISSING: the server does not know it (any more). E_BUSY: its session is not gone yet. */
int my_xa_end(struct my *my, const char *xid, enum verdict verdict, struct error *e);
/* Those whose names begin as ours do. Non-zero of a visit ends and is returned. */
int my_xa_list(struct my *my, int (*visit)(void *arg, const struct my_xa *xa), void *arg,
               struct error *e);

#endif
