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
#include "engine/mysql/fingerprint.h"
#include "engine/mysql/visit.h"
#include "engine/strands.h"

enum { CHUNK = 32 };

static bool wants(const struct my_slot *slot)
{
    return slot->spec && !slot->data;
}

/* The row of the first act, as my_forward_begin() would write it. */
static int add_one(struct my_group *g, struct my_slot *slot, struct my *my, struct str *sql)
{
    CLEANUP_MY_ACTS struct my_acts acts = {0};
    CLEANUP_STR struct str use = STR_INIT;
    struct my_history h = {.my = my, .database = slot->spec->place.database};
    struct my_ledger ledger = {0};
    int r = my_acts_forward(slot->spec, g->undo, &acts, NULL);

    str_add(&use, "USE ");
    my_add_name(&use, h.database);
    if (r == E_OK)
        r = str_ok(&use) ? my_exec(my, str_text(&use), NULL) : E_NOMEM;
    if (r != E_OK || !acts.n)
        return r;
    ledger.version = acts.list[0].step->version;
    ledger.statement = acts.list[0].from + 1;
    if (!acts.list[0].data)
        r = my_fingerprint(my, my_visit_statement(&acts.list[0]), ledger.fingerprint, NULL);
    str_add(sql, "; ");
    my_ledger_add_begin(sql, &h, g->run->run, g->id, &ledger);
    return r;
}

static void announce_some(void *arg, uint32_t chunk)
{
    CLEANUP_STR struct str sql = STR_INIT;
    struct my_group *g = arg;
    uint32_t first = chunk * CHUNK, end = g->n - first < CHUNK ? g->n : first + CHUNK;
    struct my *my = NULL;
    int r = E_OK;

    my_link_enter(g->link);
    str_add(&sql, "START TRANSACTION");
    if (my_pool_take(&g->link->pool, &my, NULL) == E_OK) {
        my->used = true;
        for (uint32_t i = first; i < end && r == E_OK; i++)
            if (wants(&g->slots[i]))
                r = add_one(g, &g->slots[i], my, &sql);
        str_add(&sql, "; COMMIT");
        if (r == E_OK)
            r = str_ok(&sql) ? my_exec(my, str_text(&sql), NULL) : E_NOMEM;
        for (uint32_t i = first; i < end; i++) /* in doubt they may be there */
            g->slots[i].announced = wants(&g->slots[i]) && (r == E_OK || r == E_DOUBT);
    }
    my_pool_give(&g->link->pool, &my);
    my_link_leave(g->link);
}

void my_announce(struct my_group *g)
{
    strands_run(&g->run->each, g->link->width, (g->n + CHUNK - 1) / CHUNK, announce_some, g);
}
