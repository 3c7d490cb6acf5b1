/* The history of one tenant, wherever it lives. */
#ifndef OP_HISTORY_H
#define OP_HISTORY_H

#include <stdbool.h>

#include "engine/history.h"

struct error;
struct session;
struct tenant;

/*
 * The rows in order; with `row` those of that row tenant within it. path: where its file is, links
 * resolved; not used for one on a server, whose link the caller has made before (session_link), so
 * that several threads may read. *reached: the tenant is there and answers; E_MISSING then says
 * that it has no history.
 */
int history_of(struct session *s, const struct tenant *t, const char *path, const char *row,
               history_visit visit, void *arg, bool *reached, struct error *e);

#endif
