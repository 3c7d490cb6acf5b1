/*
 * Ledger rows before the first votes: those of many tenants in one transaction, so that a tenant
 * costs one commit less. A tenant that has not got our tables yet is left out, and with it those it
 * would have been written with: they write their own when their turn comes. Whoever votes takes his
 * row over, or finds it gone; those that never came to it are taken away when the group settles.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/visit.h"
#include "engine/strands.h"

enum { CHUNK = 32 };

static bool wants(const struct my_slot *slot)
{
    return slot->spec && !slot->data;
}

/* One of a chunk: the row of the first act, as my_forward_begin() would write it. */
struct draft {
    const struct my_slot *slot;
    struct my_acts acts;
    struct my_look look;
    struct my_ledger ledger;
    bool looked;
};

struct chunk {
    struct my_group *g;
    struct my *my;
    struct draft drafts[CHUNK];
    uint32_t n, at; /* whose look is answered next */
};

static const struct my_act *first_of(const struct draft *d)
{
    return d->acts.n ? &d->acts.list[0] : NULL;
}

static int draft(struct chunk *c, const struct my_slot *slot)
{
    struct draft *d = &c->drafts[c->n++];
    int r = my_acts_forward(slot->spec, c->g->undo, &d->acts, NULL);
    const struct my_act *act = first_of(d);

    d->slot = slot;
    if (r != E_OK || !act)
        return r;
    d->ledger.version = act->step->version;
    d->ledger.statement = act->from + 1;
    if (act->data)
        return E_OK;
    return my_look_for(&d->look, my_visit_statement(act), NULL);
}

static void drop(struct chunk *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        my_acts_free(&c->drafts[i].acts);
        my_look_free(&c->drafts[i].look);
    }
}

/* --- looks --- */

static struct draft *next_to_look(struct chunk *c)
{
    while (c->at < c->n && !c->drafts[c->at].look.sql.len)
        c->at++;
    return c->at < c->n ? &c->drafts[c->at] : NULL;
}

/* NULL: it is not there. What there was no memory for is asked alone, later. */
static void take_look(void *arg, MYSQL_RES *rows)
{
    struct chunk *c = arg;
    struct draft *d = next_to_look(c);

    if (!d)
        return;
    d->looked = my_look_take(&d->look, rows, d->ledger.fingerprint, NULL) == E_OK;
    c->at++;
}

static void add_use(struct str *sql, const struct draft *d)
{
    str_add(sql, "USE ");
    my_add_name(sql, d->slot->spec->place.database);
}

/* All that one question tells, from the next one on, in one message. */
static int look_at_rest(struct chunk *c, struct error *cause)
{
    CLEANUP_STR struct str sql = STR_INIT;

    for (uint32_t i = c->at; i < c->n; i++) {
        const struct draft *d = &c->drafts[i];

        if (!d->look.sql.len)
            continue;
        str_add(&sql, sql.len ? "; " : "");
        add_use(&sql, d);
        str_add(&sql, "; ");
        str_join(&sql, &d->look.sql);
    }
    if (!sql.len)
        return E_OK;
    return str_ok(&sql) ? my_visit(c->my, str_text(&sql), take_look, c, cause) : E_NOMEM;
}

/* What is not there ends the message, and it goes on behind it. */
static int look_at_all(struct chunk *c)
{
    int r;

    do {
        CLEANUP_ERROR struct error cause = ERROR_INIT;

        r = look_at_rest(c, &cause);
        if (r != E_REFUSED || !my_look_is_missing(&cause))
            return r;
        take_look(c, NULL);
    } while (next_to_look(c));
    return E_OK;
}

/* What takes more than a question. */
static int look_alone(struct chunk *c, struct draft *d)
{
    const struct my_act *act = first_of(d);
    CLEANUP_STR struct str use = STR_INIT;
    int r;

    if (!act || act->data || d->looked)
        return E_OK;
    add_use(&use, d);
    r = str_ok(&use) ? my_exec(c->my, str_text(&use), NULL) : E_NOMEM;
    if (r != E_OK)
        return r;
    return my_fingerprint(c->my, my_visit_statement(act), d->ledger.fingerprint, NULL);
}

/* Others may hold one of the objects: nobody waits for it here. */
static int look(struct chunk *c)
{
    int r = my_exec(c->my,
                    "SET SESSION lock_wait_timeout = 1, innodb_lock_wait_timeout = 1;"
                    " SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
                    NULL);

    if (r == E_OK)
        r = look_at_all(c);
    for (uint32_t i = 0; i < c->n && r == E_OK; i++)
        r = look_alone(c, &c->drafts[i]);
    return r == E_OK ? E_OK : E_BUSY; /* no row is there yet */
}

/* --- rows --- */

static int write_rows(struct chunk *c)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_add(&sql, "START TRANSACTION");
    for (uint32_t i = 0; i < c->n; i++) {
        const struct draft *d = &c->drafts[i];
        struct my_history h = {.my = c->my, .database = d->slot->spec->place.database};

        if (!d->acts.n)
            continue;
        str_add(&sql, "; ");
        my_ledger_add_begin(&sql, &h, c->g->run->run, c->g->id, &d->ledger);
    }
    str_add(&sql, "; COMMIT");
    return str_ok(&sql) ? my_exec(c->my, str_text(&sql), NULL) : E_NOMEM;
}

static int announce(struct chunk *c, uint32_t first, uint32_t end)
{
    int r = E_OK;

    for (uint32_t i = first; i < end && r == E_OK; i++)
        if (wants(&c->g->slots[i]))
            r = draft(c, &c->g->slots[i]);
    if (r == E_OK)
        r = look(c);
    return r == E_OK ? write_rows(c) : r;
}

static void announce_some(void *arg, uint32_t chunk)
{
    struct chunk c = {.g = arg};
    uint32_t first = chunk * CHUNK, end = c.g->n - first < CHUNK ? c.g->n : first + CHUNK;
    int r;

    my_link_enter(c.g->link);
    if (my_pool_take(&c.g->link->pool, &c.my, NULL) == E_OK) {
        c.my->left = MY_USED;
        r = announce(&c, first, end);
        for (uint32_t i = first; i < end; i++) /* in doubt they may be there */
            c.g->slots[i].announced = wants(&c.g->slots[i]) && (r == E_OK || r == E_DOUBT);
    }
    drop(&c);
    my_pool_give(&c.g->link->pool, &c.my);
    my_link_leave(c.g->link);
}

void my_announce(struct my_group *g)
{
    strands_run(&g->run->each, g->link->width, (g->n + CHUNK - 1) / CHUNK, announce_some, g);
}
