/*
 * The survey of one server: what it allows, and a query for each few dozen of its databases, for
 * the heads of their histories and for what an earlier run left half done. Equal heads are equal
 * pasts: the rows are read once for each kind.
 *
 * Those queries need to know who has tables of ours. Mostly all have, and so that is supposed
 * first; the list of all tables, for which the server looks into each database's folder, is asked
 * for when a query fails.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/history.h"
#include "engine/mysql/ledger.h"
#include "engine/mysql/link.h"
#include "engine/past.h"
#include "engine/strands.h"

enum { CHUNK = 50 };

struct place_at { /* sorted by database */
    const char *database;
    uint32_t index;
    bool there, ledger;
    bool read; /* its past is in its sight */
    char head[HASH_TEXT];
};

struct looking {
    struct my_link *link;
    struct place_at *order;
    uint32_t n;
    struct sight *sights;
    bool supposing; /* all have both tables */
    atomic_bool misled;
};

static int compare(const void *left, const void *right)
{
    const struct place_at *a = left, *b = right;

    return strcmp(a->database, b->database);
}

static struct sight *sight_of(const struct looking *v, const struct place_at *at)
{
    return &v->sights[at->index];
}

/* --- which databases, which tables --- */

static struct place_at *find(struct looking *v, const char *database)
{
    const struct place_at key = {.database = database};

    return bsearch(&key, v->order, v->n, sizeof *v->order, compare);
}

static void take_database(struct looking *v, MYSQL_ROW row)
{
    struct place_at *at = find(v, row[0]);

    if (!at)
        return;
    at->there = true;
    sight_of(v, at)->guarantee = v->link->xa ? GUARANTEE_PREPARED : GUARANTEE_COMPENSATED;
}

static void take_tables(struct looking *v, MYSQL_ROW row)
{
    struct place_at *at = find(v, row[0]);
    struct sight *sight = at ? sight_of(v, at) : NULL;

    if (!at)
        return;
    at->ledger = row[2][0] != '0';
    sight->history = row[1][0] != '0';
    sight->foreign = row[3][0] != '0' && !sight->history;
}

/* Databases come with one column, what tables they have with four. */
static void take_list(void *arg, MYSQL_RES *rows)
{
    bool tables = mysql_num_fields(rows) > 1;
    MYSQL_ROW row;

    while ((row = mysql_fetch_row(rows)))
        (tables ? take_tables : take_database)(arg, row);
}

/* Two questions and no join of them: the server would compare each database with all tables. */
static int list(struct looking *v, struct my *my, struct error *e)
{
    int r = my_visit(my,
                     "SELECT schema_name FROM information_schema.schemata;"
                     " SELECT MIN(table_schema), SUM(table_name = '" HISTORY_TABLE
                     "'), SUM(table_name = '" MY_LEDGER_TABLE
                     "'), SUM(table_name NOT IN ('" HISTORY_TABLE "', '" MY_LEDGER_TABLE
                     "')) FROM information_schema.tables GROUP BY CAST(table_schema AS BINARY)",
                     take_list, v, e);

    for (uint32_t i = 0; i < v->n && r == E_OK; i++)
        if (!v->order[i].there)
            error_set(&sight_of(v, &v->order[i])->why, E_MISSING, "there is no database %s",
                      v->order[i].database);
    return r;
}

/* --- heads, a chunk at a time --- */

static void add_question(struct str *sql, const struct place_at *at, uint32_t i, bool history)
{
    str_addf(sql, "%sSELECT %u, ", sql->len ? " UNION ALL " : "", i);
    if (history) {
        str_add(sql, "(SELECT head FROM ");
        my_history_add_name(sql, at->database);
        str_add(sql, " ORDER BY seq DESC LIMIT 1), ");
    } else {
        str_add(sql, "NULL, ");
    }
    if (at->ledger) {
        str_add(sql, "(SELECT run FROM ");
        my_ledger_add_name(sql, at->database);
        str_add(sql, " LIMIT 1)");
    } else {
        str_add(sql, "NULL");
    }
}

/* Half a migration may be there: only the log of that run says what is to become of it. */
static void take_answer(struct looking *v, MYSQL_ROW row)
{
    struct place_at *at = &v->order[strtoul(row[0], NULL, 10)];
    struct sight *sight = sight_of(v, at);

    if (row[1] && strlen(row[1]) == HASH_TEXT - 1)
        memcpy(at->head, row[1], HASH_TEXT);
    if (!row[2])
        return;
    error_set(&sight->why, E_REFUSED, "run %.60s was cut off in this tenant and is not settled",
              row[2]);
    error_hint(&sight->why, "run `lockstep recover` with the state folder of that run; its table "
                            "" MY_LEDGER_TABLE " says which statement was under way");
}

static int ask_chunk(struct looking *v, uint32_t first, uint32_t n, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    struct my *my = NULL;
    MYSQL_ROW row;
    int r;

    for (uint32_t i = first; i < first + n; i++)
        if (v->order[i].ledger || sight_of(v, &v->order[i])->history)
            add_question(&sql, &v->order[i], i, sight_of(v, &v->order[i])->history);
    if (!sql.len)
        return E_OK;
    r = str_ok(&sql) ? my_pool_take(&v->link->pool, &my, e) : error_oom(e);
    if (r == E_OK)
        r = my_query(my, str_text(&sql), &rows, e);
    my_pool_give(&v->link->pool, &my);
    while (r == E_OK && rows && (row = mysql_fetch_row(rows)))
        take_answer(v, row);
    return r;
}

/* One that cannot be asked must not hide the others of its chunk. */
static void ask_each(struct looking *v, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        struct sight *sight = sight_of(v, &v->order[i]);

        if (!sight->why.code && ask_chunk(v, i, 1, &sight->why) == E_DOUBT)
            sight->why.code = E_REFUSED;
    }
}

static void miss(struct looking *v, uint32_t first, uint32_t n)
{
    if (v->supposing)
        atomic_store(&v->misled, true);
    else
        ask_each(v, first, n);
}

static void ask_some(void *arg, uint32_t chunk)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct looking *v = arg;
    uint32_t first = chunk * CHUNK, n = v->n - first < CHUNK ? v->n - first : CHUNK;

    my_link_enter(v->link);
    if (ask_chunk(v, first, n, &e) != E_OK)
        miss(v, first, n);
    my_link_leave(v->link);
}

static void ask_all(struct looking *v, const struct each *each)
{
    strands_run(each, v->link->width, (v->n + CHUNK - 1) / CHUNK, ask_some, v);
}

static void suppose(struct looking *v, bool tables)
{
    for (uint32_t i = 0; i < v->n; i++) {
        struct place_at *at = &v->order[i];
        struct sight *sight = sight_of(v, at);

        at->there = at->ledger = sight->history = tables;
        at->head[0] = 0;
        sight->guarantee = v->link->xa ? GUARANTEE_PREPARED : GUARANTEE_COMPENSATED;
        error_clear(&sight->why);
    }
    v->supposing = tables;
}

/* True: all have them, and all is said. */
static bool all_have_tables(struct looking *v, const struct each *each)
{
    if (!v->link->exact) /* by which name a database is known only the list tells */
        return false;
    suppose(v, true);
    ask_all(v, each);
    if (!atomic_load(&v->misled))
        return true;
    suppose(v, false);
    return false;
}

/* --- pasts --- */

static int read_past(struct looking *v, const struct place_at *at, struct error *e)
{
    CLEANUP_PAST struct past_draft draft = {0};
    struct sight *sight = sight_of(v, at);
    struct my_history h;
    struct my *my = NULL;
    int r = my_pool_take(&v->link->pool, &my, e);

    if (r == E_OK)
        r = my_history_open(my, at->database, &h, e);
    if (r == E_OK)
        r = my_history_read(&h, past_take, &draft, e);
    my_pool_give(&v->link->pool, &my);
    if (r == E_OK)
        past_write(&draft, &sight->past);
    return r == E_OK && !str_ok(&sight->past) ? error_oom(e) : r;
}

/* Tenants of a fleet have few pasts, and neighbours mostly the same: the last ones are looked at.
 */
static const struct place_at *known(const struct looking *v, const struct place_at *at)
{
    enum { FAR = 64 };
    const struct place_at *from = at - v->order > FAR ? at - FAR : v->order;

    for (const struct place_at *k = at; at->head[0] && k-- > from;)
        if (k->read && memcmp(k->head, at->head, HASH_TEXT) == 0)
            return k;
    return NULL;
}

static void take_past(struct looking *v, struct place_at *at)
{
    struct sight *sight = sight_of(v, at);
    const struct place_at *like = known(v, at);
    int r = E_OK;

    if (like)
        str_join(&sight->past, &sight_of(v, like)->past);
    else
        r = read_past(v, at, &sight->why);
    if (r == E_OK && !str_ok(&sight->past))
        r = error_oom(&sight->why);
    if (r == E_DOUBT)
        sight->why.code = E_REFUSED;
    at->read = r == E_OK;
}

/* --- the server --- */

static int sort(struct looking *v, const struct place *places, uint32_t n, struct error *e)
{
    v->order = calloc(n ? n : 1, sizeof *v->order);
    v->n = n;
    if (!v->order)
        return error_oom(e);
    for (uint32_t i = 0; i < n; i++)
        v->order[i] = (struct place_at){.database = places[i].database, .index = i};
    qsort(v->order, n, sizeof *v->order, compare);
    return E_OK;
}

static int list_all(struct looking *v, struct error *e)
{
    struct my *my = NULL;
    int r = my_pool_take(&v->link->pool, &my, e);

    if (r == E_OK)
        r = list(v, my, e);
    my_pool_give(&v->link->pool, &my);
    return r;
}

int my_survey(struct link *link, const struct place *places, uint32_t n, const struct each *each,
              struct sight *sights, struct room *room, struct error *e)
{
    struct looking v = {.link = (struct my_link *)link, .sights = sights};
    int r = my_link_ask(v.link, e);

    if (r == E_OK)
        r = sort(&v, places, n, e);
    if (r == E_OK && !all_have_tables(&v, each)) {
        r = list_all(&v, e);
        if (r == E_OK)
            ask_all(&v, each);
    }
    if (r == E_OK) {
        for (uint32_t i = 0; i < n; i++)
            if (!sight_of(&v, &v.order[i])->why.code && sight_of(&v, &v.order[i])->history)
                take_past(&v, &v.order[i]);
        *room = (struct room){.width = v.link->width, .answer_us = v.link->answer_us};
    }
    free(v.order);
    return r;
}
