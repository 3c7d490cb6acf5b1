/*
 * The plan event: a job as one JSON object. It holds what recovery needs when migrations and
 * configuration are gone: every script that may run, and where each tenant lies.
 *
 *   scripts   [hash, ...]                     all, for log_has_script()
 *   texts     [[file, text, engine], ...]     parallel to scripts; no engine: SQLite
 *   recipes   [[[version, digits, name, checksum, down, script, inverse, mark], ...], ...]
 *   branches  [[id, path, recipe, from, n, guarantee], ...]
 *             behind it, of one on a server: server, database, schema or null; and, of one with
 *             row tenants, which: an index
 *   rows      [[query, role, setting], ...]; not there when no branch has row tenants
 *   servers   [[name, engine, url without password], ...]; not there when there are none
 *   groups    [[first, n], ...]
 *   values    see job_values.c; not there when no script asks for any
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/row_tenants.h"
#include "base/str.h"
#include "op/job.h"
#include "op/session.h"

/* --- writing --- */

struct writing {
    json_t *scripts, *texts;
    json_t *rows;
    bool failed;
};

/* What is left out fails the whole: recovery would go by a plan that is smaller than the run. */
static void add(struct writing *w, json_t *list, json_t *item)
{
    if (json_array_append_new(list, item) != 0)
        w->failed = true;
}

/* One text may be two scripts, in two dialects. */
static bool is_script(const struct writing *w, size_t i, const struct script *script)
{
    const json_t *engine = json_array_get(json_array_get(w->texts, i), 2);

    return str_same(json_string_value(json_array_get(w->scripts, i)), script->hash) &&
           str_same(json_string_value(engine), engine_name(script->engine));
}

static json_int_t script_index(struct writing *w, const struct script *script)
{

    if (!script)
        return -1;
    for (size_t i = 0; i < json_array_size(w->scripts); i++)
        if (is_script(w, i, script))
            return (json_int_t)i;
    add(w, w->scripts, json_string(script->hash));
    add(w, w->texts, json_pack("[sss]", script->file, script->text, engine_name(script->engine)));
    return (json_int_t)json_array_size(w->scripts) - 1;
}

static json_t *write_recipes(const struct job *job, struct writing *w)
{
    json_t *recipes = json_array();

    for (size_t r = 0; r < job->n_recipes; r++) {
        json_t *steps = json_array();

        for (size_t i = 0; i < job->recipes[r].n; i++) {
            const struct step *s = &job->recipes[r].steps[i];

            add(w, steps,
                json_pack("[I s s s b I I b]", (json_int_t)s->version, s->digits, s->name,
                          s->checksum ? s->checksum : "", s->down, script_index(w, s->script),
                          script_index(w, s->inverse), s->mark));
        }
        add(w, recipes, steps);
    }
    return recipes;
}

/* Which of those written they are; a source's branches share theirs. */
static json_int_t rows_index(struct writing *w, const struct row_tenants *rows)
{
    json_t *row = json_pack("[s s s]", rows->query, rows->role, rows->setting);
    size_t i = 0;

    while (i < json_array_size(w->rows) && !json_equal(json_array_get(w->rows, i), row))
        i++;
    if (i == json_array_size(w->rows))
        add(w, w->rows, row);
    else
        json_decref(row);
    return (json_int_t)i;
}

static json_t *write_branches(const struct job *job, struct writing *w)
{
    json_t *branches = json_array();

    for (uint32_t i = 0; i < job->n; i++) {
        const struct branch_spec *b = &job->branches[i];
        json_t *row = json_pack("[s s i i i i]", b->id, b->path, (int)job->recipe_of[i],
                                (int)job->from[i], (int)b->n, (int)job->guarantees[i]);

        if (row && b->engine != ENGINE_SQLITE) {
            add(w, row, json_integer(b->server));
            add(w, row, json_string(b->place.database));
            add(w, row, b->place.schema ? json_string(b->place.schema) : json_null());
            if (b->rows)
                add(w, row, json_integer(rows_index(w, b->rows)));
        }
        add(w, branches, row);
    }
    return branches;
}

static json_t *write_servers(const struct job *job, struct writing *w)
{
    json_t *servers = json_array();

    for (size_t i = 0; i < job->n_servers; i++)
        add(w, servers,
            json_pack("[s s s]", job->servers[i].name, engine_name(job->servers[i].engine),
                      job->servers[i].shown));
    return servers;
}

static json_t *write_groups(const struct job *job, struct writing *w)
{
    json_t *groups = json_array();

    for (size_t i = 0; i < job->n_groups; i++)
        add(w, groups, json_pack("[i i]", (int)job->groups[i].first, (int)job->groups[i].n));
    return groups;
}

static json_t *write_all(const struct job *job, struct writing *w)
{
    json_t *recipes = write_recipes(job, w), *branches = write_branches(job, w);
    json_t *rows = json_array_size(w->rows) ? json_incref(w->rows) : NULL; /* of the branches */
    json_t *servers = job->n_servers ? write_servers(job, w) : NULL;
    json_t *values = job->n_value_names ? job_write_values(job) : NULL;

    w->failed = w->failed || (job->n_value_names && !values);
    return json_pack("{s:s s:s s:s s:s s:s s:s s:i s:i s:b s:I s:o s:o s:o s:o s:o s:o* s:o* s:o*}",
                     "command", job->command, "undoes", job->undoes, "target", job->target,
                     "digest", job->digest, "key", job->key, "decisions", job->decisions,
                     "direction", (int)job->direction, "scope", (int)job->scope, "undoable",
                     job->undoable, "tenants", (json_int_t)job->tenants, "scripts", w->scripts,
                     "texts", w->texts, "recipes", recipes, "branches", branches, "groups",
                     write_groups(job, w), "servers", servers, "values", values, "rows", rows);
}

int job_write(const struct job *job, struct str *body)
{
    struct writing w = {.scripts = json_array(), .texts = json_array(), .rows = json_array()};
    json_t *all = w.rows ? write_all(job, &w) : NULL;
    int r = all && !w.failed ? json_write(all, JSON_COMPACT, body) : E_NOMEM;

    if (!w.rows) { /* else they are a part of all */
        json_decref(w.scripts);
        json_decref(w.texts);
    }
    json_decref(all);
    json_decref(w.rows);
    return r;
}

/* --- reading --- */

/* ENGINES: it is none that this program knows. */
static enum engine_kind read_engine(const json_t *json)
{
    const char *name = json_string_value(json);
    enum engine_kind engine = ENGINE_SQLITE;

    if (!json)
        return engine;
    while (engine < ENGINES && !str_same(name, engine_name(engine)))
        engine++;
    return engine;
}

static int read_scripts(struct job *job, const json_t *all, struct script **scripts,
                        struct error *e)
{
    const json_t *texts = json_object_get(all, "texts");
    size_t n = json_array_size(texts);

    *scripts = arena_array(&job->arena, n ? n : 1, sizeof **scripts);
    if (!*scripts)
        return error_oom(e);
    for (size_t i = 0; i < n; i++) {
        const json_t *pair = json_array_get(texts, i);
        const char *file = json_string_value(json_array_get(pair, 0));
        const char *text = json_string_value(json_array_get(pair, 1));
        enum engine_kind engine = read_engine(json_array_get(pair, 2));
        int r = E_INVALID;

        if (file && text && engine != ENGINES)
            r = script_parse(&job->arena, engine, file, text, &(*scripts)[i], e);
        if (r != E_OK)
            return r;
    }
    return E_OK;
}

static const struct script *script_at(const json_t *all, const struct script *scripts,
                                      const json_t *index)
{
    json_int_t i = json_integer_value(index);

    if (i < 0 || (size_t)i >= json_array_size(json_object_get(all, "texts")))
        return NULL;
    return &scripts[i];
}

static bool read_step(struct job *job, const json_t *all, const struct script *scripts,
                      const json_t *json, struct step *step)
{
    step->version = (uint64_t)json_integer_value(json_array_get(json, 0));
    step->digits = arena_copy(&job->arena, json_string_value(json_array_get(json, 1)));
    step->name = arena_copy(&job->arena, json_string_value(json_array_get(json, 2)));
    step->checksum = arena_copy(&job->arena, json_string_value(json_array_get(json, 3)));
    step->down = json_is_true(json_array_get(json, 4));
    step->script = script_at(all, scripts, json_array_get(json, 5));
    step->inverse = script_at(all, scripts, json_array_get(json, 6));
    step->mark = json_is_true(json_array_get(json, 7));
    return step->digits && step->name && step->checksum && step->script &&
           (step->inverse || step->mark || !job->undoable);
}

static bool read_recipes(struct job *job, const json_t *all, const struct script *scripts)
{
    const json_t *recipes = json_object_get(all, "recipes");

    job->n_recipes = json_array_size(recipes);
    job->recipes = arena_array(&job->arena, job->n_recipes, sizeof *job->recipes);
    for (size_t r = 0; job->recipes && r < job->n_recipes; r++) {
        const json_t *steps = json_array_get(recipes, r);
        struct recipe *recipe = &job->recipes[r];

        recipe->n = json_array_size(steps);
        recipe->steps = arena_array(&job->arena, recipe->n, sizeof *recipe->steps);
        for (size_t i = 0; i < recipe->n; i++)
            if (!recipe->steps ||
                !read_step(job, all, scripts, json_array_get(steps, i), &recipe->steps[i]))
                return false;
    }
    return job->recipes;
}

/* A whole number from 0 to most. */
static bool read_number(const json_t *json, json_int_t most, json_int_t *n)
{
    *n = json_integer_value(json);
    return json_is_integer(json) && *n >= 0 && *n <= most;
}

/* Which steps the branch takes; it takes one at least. */
static bool read_steps(struct job *job, const json_t *json, uint32_t i)
{
    struct branch_spec *spec = &job->branches[i];
    json_int_t recipe, from, n;

    if (!read_number(json_array_get(json, 2), (json_int_t)job->n_recipes - 1, &recipe) ||
        !read_number(json_array_get(json, 3), UINT16_MAX, &from) ||
        !read_number(json_array_get(json, 4), (json_int_t)job->recipes[recipe].n - from, &n) || !n)
        return false;
    spec->steps = job->recipes[recipe].steps + from;
    spec->n = (uint32_t)n;
    job->recipe_of[i] = (uint32_t)recipe;
    job->from[i] = (uint16_t)from;
    return true;
}

static bool read_servers(struct job *job, const json_t *all)
{
    const json_t *servers = json_object_get(all, "servers");
    size_t n = json_array_size(servers);

    job->servers = arena_array(&job->arena, n, sizeof *job->servers);
    for (; job->servers && job->n_servers < n; job->n_servers++) {
        const json_t *row = json_array_get(servers, job->n_servers);
        struct job_server *s = &job->servers[job->n_servers];

        s->name = arena_copy(&job->arena, json_string_value(json_array_get(row, 0)));
        s->engine = engine_of_name(json_string_value(json_array_get(row, 1)));
        s->shown = arena_copy(&job->arena, json_string_value(json_array_get(row, 2)));
        if (!s->name || !s->shown || s->engine == ENGINE_SQLITE)
            return false;
    }
    return job->servers;
}

/* A branch that names a server lies on it; all others are files. */
static bool read_place(struct job *job, const json_t *json, struct branch_spec *spec)
{
    json_int_t server;

    if (json_array_size(json) == 6)
        return true;
    if (!read_number(json_array_get(json, 6), (json_int_t)job->n_servers - 1, &server))
        return false;
    spec->server = (uint32_t)server;
    spec->engine = job->servers[server].engine;
    spec->place.database = arena_copy(&job->arena, json_string_value(json_array_get(json, 7)));
    spec->place.schema = arena_copy(&job->arena, json_string_value(json_array_get(json, 8)));
    return spec->place.database;
}

/* One that names row tenants has them. */
static bool read_rows(struct job *job, const json_t *json, struct branch_spec *spec)
{
    json_int_t i;

    if (json_array_size(json) < 10)
        return true;
    if (!read_number(json_array_get(json, 9), (json_int_t)job->n_rows - 1, &i))
        return false;
    spec->rows = &job->rows[i];
    return true;
}

static bool read_row_tenants(struct job *job, const json_t *all)
{
    const json_t *rows = json_object_get(all, "rows");
    size_t n = json_array_size(rows);

    job->rows = arena_array(&job->arena, n, sizeof *job->rows);
    for (; job->rows && job->n_rows < n; job->n_rows++) {
        const json_t *row = json_array_get(rows, job->n_rows);
        struct row_tenants *to = &job->rows[job->n_rows];

        to->query = arena_copy(&job->arena, json_string_value(json_array_get(row, 0)));
        to->role = arena_copy(&job->arena, json_string_value(json_array_get(row, 1)));
        to->setting = arena_copy(&job->arena, json_string_value(json_array_get(row, 2)));
        if (!to->query || !to->role || !to->setting)
            return false;
    }
    return job->rows;
}

static bool read_branch(struct job *job, const json_t *json, uint32_t i)
{
    struct branch_spec *spec = &job->branches[i];
    json_int_t guarantee;

    if (!read_steps(job, json, i) || !read_place(job, json, spec) || !read_rows(job, json, spec) ||
        !read_number(json_array_get(json, 5), GUARANTEES - 1, &guarantee))
        return false;
    spec->id = arena_copy(&job->arena, json_string_value(json_array_get(json, 0)));
    spec->path = arena_copy(&job->arena, json_string_value(json_array_get(json, 1)));
    spec->may_log = job->undoable;
    job->guarantees[i] = (uint8_t)guarantee;
    return spec->id && spec->path;
}

static bool read_branches(struct job *job, const json_t *all)
{
    const json_t *branches = json_object_get(all, "branches");
    size_t n = json_array_size(branches);

    job->branches = arena_array(&job->arena, n, sizeof *job->branches);
    job->recipe_of = arena_array(&job->arena, n, sizeof *job->recipe_of);
    job->from = arena_array(&job->arena, n, sizeof *job->from);
    job->guarantees = arena_array(&job->arena, n, sizeof *job->guarantees);
    if (!job->branches || !job->recipe_of || !job->from || !job->guarantees)
        return false;
    for (; job->n < n; job->n++)
        if (!read_branch(job, json_array_get(branches, job->n), job->n))
            return false;
    return true;
}

/* Each begins where the one before ends: no branch is in two. */
static bool read_groups(struct job *job, const json_t *all)
{
    const json_t *groups = json_object_get(all, "groups");
    json_int_t first, n, next = 0;

    job->groups = arena_array(&job->arena, json_array_size(groups), sizeof *job->groups);
    for (; job->groups && job->n_groups < json_array_size(groups); next = first + n) {
        const json_t *pair = json_array_get(groups, job->n_groups);

        if (!read_number(json_array_get(pair, 0), job->n, &first) || first != next ||
            !read_number(json_array_get(pair, 1), job->n - first, &n) || !n)
            return false;
        job->groups[job->n_groups++] = (struct job_group){(uint32_t)first, (uint32_t)n};
    }
    return job->groups;
}

static bool read_policy(struct job *job, const json_t *all)
{
    json_int_t direction, scope, tenants;

    if (!read_number(json_object_get(all, "direction"), PLAN_DOWN, &direction) ||
        !read_number(json_object_get(all, "scope"), SCOPE_TENANT, &scope) ||
        !read_number(json_object_get(all, "tenants"), UINT32_MAX, &tenants))
        return false;
    job->direction = (enum plan_direction)direction;
    job->scope = (enum plan_scope)scope;
    job->tenants = (size_t)tenants;
    job->undoable = json_is_true(json_object_get(all, "undoable"));
    return true;
}

static bool read_head(struct job *job, const json_t *all)
{
    const char *command = json_string_value(json_object_get(all, "command"));
    const char *undoes = json_string_value(json_object_get(all, "undoes"));
    const char *key = json_string_value(json_object_get(all, "key"));

    if (!command || !undoes || !key || strlen(key) >= sizeof job->key)
        return false;
    snprintf(job->command, sizeof job->command, "%s", command);
    snprintf(job->undoes, sizeof job->undoes, "%s", undoes);
    snprintf(job->key, sizeof job->key, "%s", key);
    job->target = arena_copy(&job->arena, json_string_value(json_object_get(all, "target")));
    job->digest = arena_copy(&job->arena, json_string_value(json_object_get(all, "digest")));
    job->decisions = arena_copy(&job->arena, json_string_value(json_object_get(all, "decisions")));
    return job->target && job->digest && job->decisions && job->decisions[0] == '/' &&
           read_policy(job, all);
}

static int read_all(struct job *job, const json_t *all, struct error *e)
{
    struct script *scripts = NULL;

    if (!read_head(job, all))
        return E_INVALID;
    if (read_scripts(job, all, &scripts, e) != E_OK)
        return E_INVALID;
    if (!read_recipes(job, all, scripts) || !read_servers(job, all) ||
        !read_row_tenants(job, all) || !read_branches(job, all) || !read_groups(job, all) ||
        !job_read_values(job, all) || !job_place(job))
        return E_INVALID;
    return E_OK;
}

int job_read(const char *body, size_t len, struct job *job, struct error *e)
{
    CLEANUP_JSON json_t *all = NULL;
    int r = json_read(body, len, 0, &all, NULL);

    *job = (struct job){0};
    if (r == E_OK)
        r = read_all(job, all, e);
    if (r != E_OK) {
        job_free(job);
        return error_set(e, E_FATAL,
                         "the run log holds a plan that cannot be read, or memory ran out");
    }
    return E_OK;
}

struct finding {
    struct job *job;
    struct error *e;
    bool found;
};

static int find_plan(void *arg, const struct log_event *event)
{
    struct finding *f = arg;
    int r;

    if (!str_same(event->kind, "plan"))
        return 0;
    r = job_read(event->body, event->body_len, f->job, f->e);
    if (r == E_OK) {
        snprintf(f->job->run, sizeof f->job->run, "%s", event->run);
        f->found = true;
    }
    return r == E_OK ? 1 : r;
}

int job_load(struct session *s, const char *run, struct job *job, struct error *e)
{
    struct finding f = {.job = job, .e = e};
    int r = log_read(s->store, run, 0, find_plan, &f, e);

    if (f.found)
        return E_OK;
    return r < 0 ? r : error_set(e, E_MISSING, "the run log has no plan of run %s", run);
}
