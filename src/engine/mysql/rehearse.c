/*
 * A rehearsal, and what runs left behind. Rows can be changed and taken back, so a branch that does
 * only that is run up to its vote. What changes a schema cannot be taken back by a transaction: of
 * that only is asked whether the history fits, and whether the server can read the statements.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/number.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/acts.h"
#include "engine/mysql/ledger.h"
#include "engine/mysql/work.h"
#include "engine/mysql/xa.h"

enum { NOT_PREPARABLE = 1295 };

/* Read, not run: PREPARE. */
static int try_statement(struct my_session *s, const struct script *script, uint32_t i,
                         struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    CLEANUP_STR struct str sql = STR_INIT;
    const struct statement *statement = &script->statements[i];
    int r;

    if (statement->values)
        return E_OK;
    str_add(&sql, "PREPARE lockstep FROM ");
    my_add_text(&sql, s->my, statement->sql);
    r = str_ok(&sql) ? my_exec(s->my, str_text(&sql), &cause) : error_oom(&cause);
    /* Only of its syntax: a table that an earlier statement makes is not there. */
    if (r == E_OK || (r == E_REFUSED && cause.db != MY_SYNTAX))
        return E_OK;
    error_move(e, &cause);
    error_at(e, script->file, statement->line);
    error_statement(e, statement->sql, statement->len);
    return r;
}

static int run_data(struct my_session *s, const struct my_acts *acts, struct error *e)
{
    int r = my_exec(s->my, "START TRANSACTION", e);

    for (uint32_t i = 0; i < acts->n && r == E_OK; i++)
        if (acts->list[i].to > acts->list[i].from)
            r = my_session_run_data(s, acts->list[i].script, acts->list[i].from, acts->list[i].to,
                                    e);
    if (!s->my->lost)
        my_exec(s->my, "ROLLBACK", NULL);
    return r;
}

static int try_all(struct my_session *s, const struct my_acts *acts, struct error *e)
{
    int r = E_OK;

    for (uint32_t i = 0; i < acts->n && r == E_OK; i++)
        for (uint32_t k = acts->list[i].from; k < acts->list[i].to && r == E_OK; k++)
            r = try_statement(s, acts->list[i].script, k, e);
    if (r == E_OK)
        return error_set(e, E_MISSING, "what changes a schema cannot be rehearsed here");
    return r;
}

int my_rehearse(struct link *link, const struct link_run *run, uint32_t branch, struct error *e)
{
    CLEANUP_MY_ACTS struct my_acts acts = {0};
    struct my_link *l = (struct my_link *)link;
    const struct branch_spec *spec = &run->branches[branch];
    const struct my_work w = {.link = l,
                              .spec = spec,
                              .run = run->run,
                              .key = run->key,
                              .log_head = "",
                              .lock_timeout_ms = run->lock_timeout_ms,
                              .statement_timeout_ms = run->statement_timeout_ms,
                              .stop = run->stop};
    struct my_session s;
    int r = my_link_ask(l, e);

    if (r != E_OK)
        return r;
    r = my_session_enter(&s, &w, false, NULL, e);
    if (r == E_OK)
        r = my_session_fits(&s, e);
    if (r == E_OK)
        r = my_acts_forward(spec, false, &acts, e);
    if (r == E_OK)
        r = my_acts_are_data(spec, false) ? run_data(&s, &acts, e) : try_all(&s, &acts, e);
    my_session_leave(&s);
    return r == E_DOUBT ? E_REFUSED : r;
}

/* --- strays --- */

struct looking {
    int (*visit)(void *arg, const struct stray *stray);
    void *arg;
};

/* lockstep_KEY_GROUP and BRANCH_SECONDS_DATABASE; anything else is somebody else's. */
static bool parse(const struct my_xa *xa, struct stray *stray)
{
    const size_t head = sizeof "lockstep_" - 1, key = sizeof stray->key - 1;
    const char *at = xa->gtrid + head + key, *rest = xa->bqual;
    uint64_t group, branch, since;

    if (strspn(xa->gtrid + head, "0123456789abcdef") != key)
        return false;
    memcpy(stray->key, xa->gtrid + head, key);
    stray->key[key] = '\0';
    if (*at++ != '_' || !number_read(&at, &group) || *at || group > UINT32_MAX)
        return false;
    if (!number_read(&rest, &branch) || *rest++ != '_' || !number_read(&rest, &since) ||
        *rest++ != '_')
        return false;
    stray->group = (uint32_t)group;
    stray->age_s = clock_wall_us() / 1000000 - (int64_t)since;
    stray->database = rest;
    stray->name = xa->gtrid;
    return true;
}

static int visit_xa(void *arg, const struct my_xa *xa)
{
    struct looking *looking = arg;
    struct stray stray;

    return parse(xa, &stray) ? looking->visit(looking->arg, &stray) : E_OK;
}

int my_strays(struct link *link, int (*visit)(void *arg, const struct stray *stray), void *arg,
              struct error *e)
{
    struct my_link *l = (struct my_link *)link;
    struct looking looking = {visit, arg};
    struct my *my = NULL;
    int r = my_pool_take(&l->pool, &my, e);

    if (r == E_OK)
        r = my_xa_list(my, visit_xa, &looking, e);
    my_pool_give(&l->pool, &my);
    return r;
}
