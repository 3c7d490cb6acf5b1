#include "engine/sqlite/past.h"

#include "base/error.h"
#include "db/sqlite.h"
#include "engine/past.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/look.h"
#include "engine/sqlite/stock.h"

static int count_tables(sqlite3 *db, struct look *look, struct error *e)
{
    int64_t n = 0;
    int r = db_int(db, "SELECT count(*) FROM sqlite_schema", 0, &n, e);

    look->foreign = n > 0;
    return r;
}

int past_read(const char *path, int64_t wait_ms, struct look *look, struct error *e)
{
    CLEANUP_PAST struct past_draft past = {0};
    CLEANUP_DB sqlite3 *db = NULL;
    int r = stock_open_waiting(path, wait_ms, &db, e);

    if (r == E_OK)
        r = history_read(db, past_take, &past, e);
    look->history = r == E_OK;
    if (r == E_OK)
        past_write(&past, &look->past);
    if (r == E_MISSING)
        r = count_tables(db, look, e);
    if (r == E_OK && !str_ok(&look->past))
        r = error_oom(e);
    return r;
}
