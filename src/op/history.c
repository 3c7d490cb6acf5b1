#include "op/history.h"

#include <stddef.h>

#include "base/error.h"
#include "db/sqlite.h"
#include "engine/link.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/stock.h"
#include "op/session.h"

static int of_file(struct session *s, const char *path, history_visit visit, void *arg,
                   bool *reached, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    int r = stock_open_waiting(path, s->config.lock_timeout_ms, &db, e);

    *reached = r == E_OK;
    return r == E_OK ? history_read(db, visit, arg, e) : r;
}

/* Its rows, or (place->row) those of a row tenant within it. */
static int of_place(struct session *s, const struct tenant *t, const char *row, history_visit visit,
                    void *arg, struct error *e)
{
    const struct place place = {
        .database = t->database, .schema = t->schema, .tenant = t->id, .row = row};
    struct link *link;
    int r = session_link(s, t->server, &link, e);

    return r == E_OK ? link->ops->history(link, &place, visit, arg, e) : r;
}

int history_of(struct session *s, const struct tenant *t, const char *path, history_visit visit,
               void *arg, bool *reached, struct error *e)
{
    int r;

    if (t->engine == ENGINE_SQLITE)
        return of_file(s, path, visit, arg, reached, e);
    r = of_place(s, t, NULL, visit, arg, e);
    *reached = r == E_OK || r == E_MISSING;
    return r;
}

int history_of_row(struct session *s, const struct tenant *t, const char *row, history_visit visit,
                   void *arg, struct error *e)
{
    if (t->rows)
        return of_place(s, t, row, visit, arg, e);
    error_set(e, E_INVALID, "has no row tenants");
    error_hint(e, "its source in lockstep.conf has no `rows`");
    return E_INVALID;
}
