/* The history of one tenant, wherever it lives. */
#ifndef OP_HISTORY_H
#define OP_HISTORY_H

#include <stdbool.h>

#include "engine/history.h"

struct error;
struct session;
struct tenant;

/*
 * The rows in order. path: where its file is, links resolved; not used for one on a server, whose
 * link the caller has made before (session_link), so that several threads may read. *reached: the
 * tenant is there and answers; E_MISSING then says that it has no history.
 */
int history_of(struct session *s, const struct tenant *t, const char *path, history_visit visit,
               void *arg, bool *reached, struct error *e);

/* Those of a row tenant within it. E_INVALID: it has none; E_MISSING: this one was given nothing.
 */
int history_of_row(struct session *s, const struct tenant *t, const char *row, history_visit visit,
                   void *arg, struct error *e);

#endif
