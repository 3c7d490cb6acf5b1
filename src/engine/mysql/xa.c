#include "engine/mysql/xa.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/group.h"

#define PREFIX "lockstep_"

enum { DATABASE_SHOWN = 30 };

void my_xa_gtrid(const char *key, uint32_t group, char gtrid[64])
{
    snprintf(gtrid, 64, PREFIX "%.32s_%" PRIu32, key, group);
}

/* Plain characters only: what the database is called in full, the branch says. */
static void shown_database(const char *database, char shown[DATABASE_SHOWN + 1])
{
    size_t n = 0;

    for (; database[n] && n < DATABASE_SHOWN; n++) {
        unsigned char c = (unsigned char)database[n];

        shown[n] = c > ' ' && c < 0x7f && c != '\'' && c != '\\' ? (char)c : '?';
    }
    shown[n] = '\0';
}

void my_xa_name(const char *key, uint32_t group, uint32_t branch, const char *database, char *xid)
{
    char gtrid[64], shown[DATABASE_SHOWN + 1];

    my_xa_gtrid(key, group, gtrid);
    shown_database(database, shown);
    snprintf(xid, MY_XID, "'%s','%" PRIu32 "_%" PRId64 "_%s'", gtrid, branch,
             clock_wall_us() / 1000000, shown);
}

/* --- the list --- */

struct finding {
    const char *xid;
    bool found;
};

static int note_it(void *arg, const struct my_xa *xa)
{
    struct finding *f = arg;

    f->found = f->found || strcmp(f->xid, xa->xid) == 0;
    return E_OK;
}

static int visit_row(struct arena *arena, MYSQL_ROW row,
                     int (*visit)(void *arg, const struct my_xa *xa), void *arg, struct error *e)
{
    CLEANUP_STR struct str xid = STR_INIT;
    size_t g = strtoul(row[1], NULL, 10), b = strtoul(row[2], NULL, 10);
    struct my_xa xa;

    if (!str_starts(row[3], PREFIX) || strlen(row[3]) != g + b || strpbrk(row[3], "'\\"))
        return E_OK; /* somebody else's */
    xa.gtrid = arena_copyn(arena, row[3], g);
    xa.bqual = arena_copyn(arena, row[3] + g, b);
    if (xa.gtrid && xa.bqual)
        str_addf(&xid, "'%s','%s'", xa.gtrid, xa.bqual);
    xa.xid = str_copy(&xid, arena);
    if (!xa.gtrid || !xa.bqual || !xa.xid)
        return error_oom(e);
    return visit(arg, &xa);
}

int my_xa_list(struct my *my, int (*visit)(void *arg, const struct my_xa *xa), void *arg,
               struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    MYSQL_ROW row;
    int r = my_query(my, "XA RECOVER", &rows, e);

    while (r == E_OK && rows && (row = mysql_fetch_row(rows)))
        if (row[1] && row[2] && row[3])
            r = visit_row(&arena, row, visit, arg, e);
    return r;
}

/* --- */

int my_xa_end(struct my *my, const char *xid, enum verdict verdict, struct error *e)
{
    struct error cause = ERROR_INIT;
    struct finding f = {.xid = xid};
    char sql[MY_XID + 32];
    int r;

    snprintf(sql, sizeof sql, "XA %s %s", verdict == VERDICT_COMMIT ? "COMMIT" : "ROLLBACK", xid);
    r = my_exec(my, sql, &cause);
    if (r != E_REFUSED || cause.db != MY_XA_UNKNOWN) {
        error_move(e, &cause);
        return r;
    }
    error_clear(&cause);
    r = my_xa_list(my, note_it, &f, e);
    if (r != E_OK)
        return r;
    if (f.found)
        return error_set(e, E_BUSY, "a prepared transaction still belongs to its session");
    return E_MISSING;
}
