#include "op/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/server.h"
#include "engine/link.h"
#include "op/doubt.h"
#include "op/session.h"
#include "op/survey.h"

/* Sorts by time, and is short enough to be typed by a person. */
static int new_id(struct job *job)
{
    time_t seconds = (time_t)(clock_wall_us() / 1000000);
    char when[20], tail[8];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(when, sizeof when, "%Y%m%dT%H%M%S", &tm);
    if (random_hex(tail, 6) != E_OK || random_hex(job->key, 32) != E_OK)
        return E_FATAL;
    snprintf(job->run, sizeof job->run, "%s-%s", when, tail);
    return E_OK;
}

static bool make_arrays(struct job *job, size_t branches, size_t groups)
{
    job->branches = arena_array(&job->arena, branches, sizeof *job->branches);
    job->recipe_of = arena_array(&job->arena, branches, sizeof *job->recipe_of);
    job->from = arena_array(&job->arena, branches, sizeof *job->from);
    job->guarantees = arena_array(&job->arena, branches, sizeof *job->guarantees);
    job->groups = arena_array(&job->arena, groups, sizeof *job->groups);
    return job->branches && job->recipe_of && job->from && job->guarantees && job->groups;
}

static void add_branch(struct job *job, const struct fleet *fleet, const struct survey *survey,
                       const struct plan *plan, const struct plan_branch *b)
{
    const struct facts *f = &survey->facts[b->tenant];
    const struct tenant *t = &fleet->tenants[b->tenant];
    uint32_t i = job->n++;

    job->recipe_of[i] = b->recipe;
    job->from[i] = b->from;
    job->guarantees[i] = (uint8_t)b->guarantee;
    job->branches[i] =
        (struct branch_spec){.id = t->id,
                             .engine = t->engine,
                             .server = t->server,
                             .place = {.database = t->database, .schema = t->schema},
                             .rows = t->rows,
                             .seen = survey->heads && !b->from ? survey->heads[b->tenant] : NULL,
                             .path = survey->paths[b->tenant],
                             .dev = f->dev,
                             .ino = f->ino,
                             .steps = plan->recipes[b->recipe].steps + b->from,
                             .n = (uint32_t)(b->to - b->from),
                             .may_log = job->undoable};
}

static const char *target_text(struct arena *arena, const struct session *s,
                               const struct plan *plan)
{
    const struct migration *m = source_find(session_names(s), plan->target);
    CLEANUP_STR struct str text = STR_INIT;

    if (m)
        return m->digits;
    if (!plan->target)
        return "base";
    str_addf(&text, "%llu", (unsigned long long)plan->target);
    return str_copy(&text, arena);
}

static int name_folder(struct session *s, struct job *job, struct error *e)
{
    char *dir = NULL;
    int r = doubt_folder(s, &dir, e);

    if (r == E_OK)
        job->decisions = arena_copy(&job->arena, dir);
    free(dir);
    return r == E_OK && !job->decisions ? error_oom(e) : r;
}

static bool add_servers(struct job *job, const struct fleet *fleet)
{
    job->servers = arena_array(&job->arena, fleet->n_servers, sizeof *job->servers);
    for (; job->servers && job->n_servers < fleet->n_servers; job->n_servers++) {
        const struct server *s = &fleet->servers[job->n_servers];

        job->servers[job->n_servers] = (struct job_server){s->name, s->engine, s->shown};
    }
    return job->servers;
}

/* Files first, then the servers in the order in which branches name them. */
bool job_place(struct job *job)
{
    uint32_t *at = arena_array(&job->arena, job->n_servers, sizeof *at); /* 0: not seen yet */

    job->placed = arena_array(&job->arena, job->n, sizeof *job->placed);
    job->server_of = arena_array(&job->arena, job->n_servers + 1, sizeof *job->server_of);
    job->widths = arena_array(&job->arena, job->n_servers + 1, sizeof *job->widths);
    if (!at || !job->placed || !job->server_of || !job->widths || job->n_servers >= UINT16_MAX)
        return false;
    for (uint32_t i = 0; i < job->n; i++)
        job->files = job->files || job->branches[i].engine == ENGINE_SQLITE;
    job->participants = job->files;
    for (uint32_t i = 0; i < job->n; i++) {
        uint32_t server = job->branches[i].server;

        if (job->branches[i].engine == ENGINE_SQLITE)
            continue;
        if (!at[server]) {
            job->server_of[job->participants] = server;
            at[server] = ++job->participants;
        }
        job->placed[i] = (uint16_t)(at[server] - 1);
    }
    return true;
}

static void take_widths(struct job *job, const struct survey *survey)
{
    for (uint16_t p = job->files; survey->rooms && p < job->participants; p++)
        job->widths[p] = survey->rooms[job->server_of[p]].width;
}

static int take_plan(struct job *job, const struct session *s, const struct planned *planned)
{
    const struct plan *plan = planned->plan;

    job->target = target_text(&job->arena, s, plan);
    job->digest = plan->digest;
    job->undoable = plan->reversible;
    job->recipes = plan->recipes;
    job->n_recipes = plan->n_recipes;
    job->tenants = plan->n_tenants;
    job->surveyed_us = planned->survey->began_us;
    if (!job->target || !make_arrays(job, plan->n_branches, plan->n_groups))
        return E_NOMEM;
    for (size_t i = 0; i < plan->n_branches; i++)
        add_branch(job, &s->fleet, planned->survey, plan, &plan->branches[i]);
    for (size_t i = 0; i < plan->n_groups; i++)
        job->groups[job->n_groups++] = (struct job_group){plan->groups[i].first, plan->groups[i].n};
    if (!job_take_values(job, plan, &s->fleet) || !add_servers(job, &s->fleet) || !job_place(job))
        return E_NOMEM;
    take_widths(job, planned->survey);
    return E_OK;
}

int job_make(struct session *s, const struct planned *planned, struct job *job, struct error *e)
{
    *job = (struct job){.direction = planned->plan->direction, .scope = planned->plan->scope};
    if (new_id(job) != E_OK)
        return error_set(e, E_FATAL, "the system gives no random numbers");
    snprintf(job->command, sizeof job->command, "%s", planned->command);
    snprintf(job->undoes, sizeof job->undoes, "%s", planned->undoes ? planned->undoes : "");
    if (take_plan(job, s, planned) != E_OK)
        return error_oom(e);
    return name_folder(s, job, e);
}

void job_free(struct job *job)
{
    arena_free(&job->arena);
    *job = (struct job){0};
}

static int64_t lock_timeout(const struct session *s, const struct job *job)
{
    int64_t longest = s->config.lock_timeout_ms;

    for (size_t r = 0; r < job->n_recipes; r++)
        for (size_t i = 0; i < job->recipes[r].n; i++) {
            const struct script *script = job->recipes[r].steps[i].script;

            if (script->lock_timeout_ms > longest)
                longest = script->lock_timeout_ms;
        }
    return longest;
}

struct run *job_machine(const struct session *s, const struct job *job, int64_t max_hold_ms,
                        int64_t deadline_ms)
{
    struct run_policy policy = {
        .scope = job->scope == SCOPE_FLEET   ? RUN_SCOPE_FLEET
                 : job->scope == SCOPE_GROUP ? RUN_SCOPE_GROUP
                                             : RUN_SCOPE_TENANT,
        .undoable = job->undoable,
        .files = job->files,
        .participants = job->participants,
        .placed = job->placed,
        .window = (uint32_t)s->jobs * 2,
        .widths = job->widths,
        .lock_timeout_ms = lock_timeout(s, job),
        .max_hold_ms = max_hold_ms ? max_hold_ms : s->config.max_hold_ms,
        .deadline_ms = deadline_ms,
    };
    struct run *run;
    uint32_t *branches;
    int r;

    if (job->n && job->branches[0].engine == ENGINE_EXEC)
        policy.max_hold_ms = 0; /* nobody is held */
    run = run_new(&policy);
    branches = malloc((job->n ? job->n : 1) * sizeof *branches);
    r = run && branches ? E_OK : E_NOMEM;
    for (uint32_t i = 0; r == E_OK && i < job->n; i++)
        branches[i] = i;
    for (size_t i = 0; r == E_OK && i < job->n_groups; i++)
        r = run_add_group(run, branches + job->groups[i].first,
                          job->guarantees + job->groups[i].first, job->groups[i].n);
    free(branches);
    if (r == E_OK)
        return run;
    run_free(run);
    return NULL;
}
