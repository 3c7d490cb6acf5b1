/*
 * After the verdict. Votes of this process are ended by their names, and the ledger rows of many
 * tenants go in one transaction; where an answer was lost, or the process is another one, each
 * tenant is visited: its ledger and its history say what is to be done there.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/group.h"
#include "engine/mysql/ledger.h"
#include "engine/strands.h"

enum { CHUNK = 32 };

struct settling {
    struct my_group *g;
    enum verdict verdict;
    uint8_t *slots;
    atomic_bool busy, refused, told;
    struct error cause;
};

static void tell(struct settling *s, struct error *e)
{
    if (!atomic_exchange(&s->told, true))
        error_move(&s->cause, e);
}

static bool is_open(const struct settling *s, uint32_t i)
{
    return s->g->slots[i].spec && s->slots[i] == SETTLE_NOT_YET;
}

/* --- ledger rows, together --- */

/* Of those that are done, and of those that never came to their vote. */
static bool is_clean(const struct settling *s, uint32_t i)
{
    const struct my_slot *slot = &s->g->slots[i];

    if (slot->announced)
        return true;
    return s->verdict == VERDICT_COMMIT && is_open(s, i) && !slot->data &&
           slot->vote == MY_VOTE_BEGUN && !slot->chase;
}

static void note_clean(struct settling *s, uint32_t i)
{
    if (!is_clean(s, i))
        return;
    s->slots[i] = SETTLE_DONE;
    s->g->slots[i].announced = false;
}

static int add_rows(const struct settling *s, uint32_t first, uint32_t end, struct my *my,
                    struct str *sql)
{
    const struct my_group *g = s->g;
    int n = 0;

    str_add(sql, "START TRANSACTION");
    for (uint32_t i = first; i < end; i++) {
        if (!is_clean(s, i))
            continue;
        str_add(sql, "; ");
        my_ledger_add_end(sql, my, g->slots[i].spec->place.database, g->run->run, g->id);
        n++;
    }
    str_add(sql, "; COMMIT");
    return n;
}

static void end_rows(void *arg, uint32_t chunk)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str sql = STR_INIT;
    struct settling *s = arg;
    struct my_group *g = s->g;
    uint32_t first = chunk * CHUNK, end = g->n - first < CHUNK ? g->n : first + CHUNK;
    struct my *my = NULL;
    int r;

    my_link_enter(g->link);
    r = my_pool_take(&g->link->pool, &my, &e);
    if (r == E_OK && add_rows(s, first, end, my, &sql)) {
        my->left = MY_USED;
        r = str_ok(&sql) ? my_exec(my, str_text(&sql), &e) : error_oom(&e);
    }
    for (uint32_t i = first; i < end; i++)
        if (r == E_OK)
            note_clean(s, i);
        else if (g->slots[i].announced)
            atomic_store(&s->busy, true);
    if (atomic_load(&s->busy) && e.code)
        tell(s, &e);
    my_pool_give(&g->link->pool, &my);
    my_link_leave(g->link);
}

/* --- one by one --- */

static int settle_data(struct settling *s, struct my_slot *slot, struct error *e)
{
    int r = E_OK;

    if (slot->vote == MY_VOTE_PREPARED || slot->vote == MY_VOTE_UNKNOWN)
        r = my_prepared_end(s->g, slot, s->verdict, e);
    if (r != E_OK)
        return r;
    if (!s->g->recovered && slot->vote != MY_VOTE_UNKNOWN)
        return E_OK;
    return my_prepared_witness(s->g, slot, s->verdict, e);
}

static int settle_slot(struct settling *s, struct my_slot *slot, struct error *e)
{
    if (slot->data)
        return settle_data(s, slot, e);
    return s->verdict == VERDICT_COMMIT ? my_compensated_commit(s->g, slot, e)
                                        : my_compensated_back(s->g, slot, e);
}

/* What fails for what the tenant holds fails again; a server that is down comes back. */
static bool is_final(int outcome)
{
    return outcome == E_REFUSED || outcome == E_CHANGED;
}

static void settle_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct settling *s = arg;
    struct my_slot *slot = &s->g->slots[i];
    int r;

    if (!is_open(s, i))
        return;
    r = settle_slot(s, slot, &e);
    if (r == E_OK) {
        s->slots[i] = SETTLE_DONE;
        return;
    }
    if (is_final(r) && s->verdict == VERDICT_COMMIT && s->g->recovered)
        s->slots[i] = SETTLE_REFUSED;
    atomic_store(is_final(r) ? &s->refused : &s->busy, true);
    error_tenant(&e, slot->spec->id);
    tell(s, &e);
}

int my_group_settle(struct my_group *g, enum verdict verdict, uint8_t *slots, struct error *e)
{
    struct settling s = {.g = g, .verdict = verdict};

    s.slots = slots;
    if (g->recovered && my_prepared_end_listed(g, verdict, e) != E_OK)
        return E_BUSY;
    if (!g->recovered)
        strands_run(&g->run->each, g->link->width, (g->n + CHUNK - 1) / CHUNK, end_rows, &s);
    strands_run(&g->run->each, g->link->width, g->n, settle_one, &s);
    error_move(e, &s.cause);
    return atomic_load(&s.busy) ? E_BUSY : atomic_load(&s.refused) ? E_REFUSED : E_OK;
}
