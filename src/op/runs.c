#include "op/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"
#include "op/doubt.h"
#include "op/history.h"
#include "op/paths.h"
#include "op/session.h"
#include "op/survey.h"
#include "store/hold.h"
#include "store/store.h"

const char *run_state_word(const struct session *s, const struct log_run *run)
{
    struct holder holder;
    int r;

    if (run->outcome[0])
        return run->outcome;
    r = hold_look(s->config.state, &holder, NULL);
    if ((r != E_OK && r != E_MISSING) || (r == E_OK && !holder.pid))
        return "open"; /* nobody knows whether somebody is at it */
    return r == E_OK && str_same(holder.run, run->run) ? "running" : "in doubt";
}

int run_abort(struct session *s, const char *run, char named[40], struct error *e)
{
    struct holder holder;
    struct log_run found;
    int r = hold_look(s->config.state, &holder, e);

    if (r == E_OK && !holder.pid)
        return error_set(e, E_HELD, "a run holds the fleet, and did not say which");
    if (r == E_MISSING || (r == E_OK && !holder.run[0]))
        return error_set(e, E_MISSING, "no run is live");
    if (r == E_OK)
        r = store_open(s->config.state, STORE_WRITE, &s->store, e);
    if (r == E_OK && run)
        r = log_find_run(s->store, run, &found, e);
    if (r != E_OK)
        return r;
    if (run && !str_same(found.run, holder.run))
        return error_set(e, E_MISSING, "run %s is not live (run %s is)", found.run, holder.run);
    snprintf(named, 40, "%s", holder.run);
    return request_abort(s->store, named, e);
}

/* --- a tenant's past --- */

struct telling {
    int (*visit)(void *arg, const struct history_line *line);
    void *arg;
};

static int tell(void *arg, const struct history_row *row)
{
    struct telling *t = arg;
    struct history_line line = {
        .seq = row->seq,
        .version = row->version,
        .name = row->name,
        .direction = row->down ? "down" : "up",
        .checksum = row->checksum,
        .run = row->run,
        .applied_at = row->applied_at,
        .down_sql = row->down_sql,
        .log_head = row->log_head,
        .group = row->group,
        .duration_us = row->duration_us,
    };

    return t->visit(t->arg, &line);
}

static int is_open(bool open, struct error *e)
{
    if (!open)
        return E_OK;
    error_set(e, E_DOUBT, "belongs to a run that is not settled");
    error_hint(e, "run: lockstep recover");
    return E_DOUBT;
}

static int find_file(struct session *s, const struct tenant *t, struct arena *arena, char **path,
                     struct error *e)
{
    struct path_resolver resolver = {0};
    struct doubt *doubt = NULL;
    int r = path_resolve(&resolver, arena, t->path, path, e);

    if (r == E_OK)
        r = path_follow(arena, *path, path, e);
    if (r == E_OK)
        r = doubt_read(s, &doubt, e);
    if (r == E_OK)
        r = is_open(doubt_has(doubt, *path), e);
    doubt_free(doubt);
    path_resolver_free(&resolver);
    return r;
}

static int find_place(struct session *s, const struct tenant *t, struct error *e)
{
    struct doubt *doubt = NULL;
    int r = session_store_read(s, e);

    if (r == E_OK)
        r = doubt_read_places(s, &doubt, e);
    if (r == E_OK)
        r = is_open(doubt_has_place(doubt, t->path), e);
    doubt_free(doubt);
    return r;
}

static int find_tenant(struct session *s, const char *id, struct arena *arena,
                       const struct tenant **t, char **path, struct error *e)
{
    int r;

    *t = fleet_find(&s->fleet, id);
    if (!*t)
        return error_set(e, E_MISSING, "there is no tenant %s in the fleet of %zu", id, s->fleet.n);
    r = (*t)->engine == ENGINE_SQLITE ? find_file(s, *t, arena, path, e) : find_place(s, *t, e);
    error_tenant(e, id);
    return r;
}

int tenant_history(struct session *s, const char *tenant, const char *row,
                   int (*visit)(void *arg, const struct history_line *line), void *arg,
                   struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct telling t = {visit, arg};
    const struct tenant *found = NULL;
    char *path = NULL;
    bool reached = false;
    int r = session_fleet(s, e);

    if (r == E_OK)
        r = find_tenant(s, tenant, &arena, &found, &path, e);
    if (r == E_OK && row)
        r = history_of_row(s, found, row, tell, &t, e);
    else if (r == E_OK)
        r = history_of(s, found, path, tell, &t, &reached, e);
    if (r == E_MISSING && reached)
        r = E_OK; /* never migrated: nothing to tell */
    if (r != E_OK)
        error_tenant(e, tenant);
    return r;
}

/* --- the log against the heads that tenants carry --- */

struct heads {
    char last[65];
};

static int keep_head(void *arg, const struct history_row *row)
{
    struct heads *h = arg;

    snprintf(h->last, sizeof h->last, "%s", row->log_head ? row->log_head : "");
    return E_OK;
}

/* Moves why. */
static int note_unread(struct log_check *check, const char *id, struct error *why)
{
    if (!check->unread++) {
        snprintf(check->first_unread, sizeof check->first_unread, "%s", id);
        error_move(&check->why_unread, why);
    }
    return E_OK;
}

static int check_head(struct session *s, const struct tenant *t, const char *path,
                      struct log_check *check, struct error *e)
{
    CLEANUP_ERROR struct error why = ERROR_INIT;
    struct heads heads = {0};
    bool reached;
    int r = history_of(s, t, path, keep_head, &heads, &reached, &why);

    if ((r == E_MISSING && reached) || (r == E_OK && !heads.last[0]))
        return E_OK;
    if (r != E_OK)
        return note_unread(check, t->id, &why);
    check->tenants++;
    r = log_has_head(s->store, heads.last, e);
    if (r != E_MISSING)
        return r;
    if (!check->heads_missing++)
        snprintf(check->first_missing, sizeof check->first_missing, "%s", t->id);
    return E_OK;
}

static int check_heads(struct session *s, struct log_check *check, struct error *e)
{
    struct survey survey = {0};
    int r = session_fleet(s, e);

    if (r != E_OK || session_is_exec(s)) /* these have no history of ours, and no heads */
        return r;
    r = survey_fleet(s, &survey, e);
    for (size_t i = 0; r == E_OK && i < survey.n; i++) {
        const struct tenant *t = &s->fleet.tenants[i];

        if (!s->selected[i])
            continue;
        if (survey.facts[i].usable != USABLE_YES)
            note_unread(check, t->id, &survey.facts[i].why);
        else if (survey.facts[i].history)
            r = check_head(s, t, survey.paths[i], check, e);
    }
    survey_free(&survey);
    return r;
}

int log_check(struct session *s, struct log_check *check, struct error *e)
{
    int r = session_store_read(s, e);

    memset(check, 0, sizeof *check);
    if (r == E_OK && !s->store)
        return error_set(e, E_MISSING, "there is no run log in %s", s->config.state);
    if (r == E_OK)
        r = log_verify(s->store, &check->chain, e);
    return r == E_OK ? check_heads(s, check, e) : r;
}
