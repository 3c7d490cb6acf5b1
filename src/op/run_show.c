/* One run as a tree, read back from its events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "op/job.h"
#include "op/runs.h"
#include "op/session.h"

struct showing {
    struct session *s;
    struct run_view *view;
    size_t cap_groups, cap_failures;
    int outcome;
    struct error *e;
};

static struct group_view *group_row(struct run_view *v, uint32_t id)
{
    for (size_t i = 0; i < v->n_groups; i++)
        if (v->groups[i].id == id)
            return &v->groups[i];
    return NULL;
}

static size_t count_branches(const json_t *ranges)
{
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(ranges); i++)
        n += (size_t)json_integer_value(json_array_get(json_array_get(ranges, i), 1));
    return n;
}

static int add_group(struct showing *sh, const json_t *body)
{
    struct run_view *v = sh->view;
    struct group_view *g;

    if (!array_room(&v->groups, v->n_groups, &sh->cap_groups, sizeof *v->groups))
        return E_NOMEM;
    g = &v->groups[v->n_groups++];
    *g =
        (struct group_view){.id = (uint32_t)json_integer_value(json_object_get(body, "group")),
                            .undoes = (uint32_t)json_integer_value(json_object_get(body, "undoes")),
                            .tenants = count_branches(json_object_get(body, "branches"))};
    snprintf(g->state, sizeof g->state, "open");
    return E_OK;
}

static void mark_group(struct showing *sh, const json_t *body, const char *state)
{
    uint32_t id = (uint32_t)json_integer_value(json_object_get(body, "group"));
    struct group_view *g = group_row(sh->view, id);

    if (g)
        snprintf(g->state, sizeof g->state, "%s", state);
}

static void render(const json_t *body, struct str *text)
{
    const char *file = json_string_value(json_object_get(body, "file"));
    const char *message = json_string_value(json_object_get(body, "message"));
    const char *statement = json_string_value(json_object_get(body, "statement"));

    if (file)
        str_addf(text, "%s:%lld: ", file,
                 (long long)json_integer_value(json_object_get(body, "line")));
    str_add(text, message ? message : "");
    if (statement)
        str_addf(text, ", in: %s", statement);
}

static int add_failure(struct showing *sh, const json_t *body)
{
    const char *tenant = json_string_value(json_object_get(body, "tenant"));
    CLEANUP_STR struct str text = STR_INIT;
    struct run_view *v = sh->view;
    struct failure_view *f;

    render(body, &text);
    if (!array_room(&v->failures, v->n_failures, &sh->cap_failures, sizeof *v->failures))
        return E_NOMEM;
    f = &v->failures[v->n_failures++];
    f->group = (uint32_t)json_integer_value(json_object_get(body, "group"));
    f->tenant = arena_copy(&v->arena, tenant);
    f->text = str_copy(&text, &v->arena);
    return f->text && (f->tenant || !tenant) ? E_OK : E_NOMEM;
}

static int take(struct showing *sh, const char *kind, const json_t *body)
{
    if (str_same(kind, "group"))
        return add_group(sh, body);
    if (str_same(kind, "refused"))
        return add_failure(sh, body);
    if (str_same(kind, "decided")) {
        sh->view->decisions++;
        mark_group(sh, body, "committed");
    } else if (str_same(kind, "aborted")) {
        mark_group(sh, body, "aborted");
    }
    return E_OK;
}

static int visit(void *arg, const struct log_event *event)
{
    struct showing *sh = arg;
    CLEANUP_JSON json_t *body = NULL;

    if (str_same(event->kind, "plan"))
        return E_OK;
    return log_body(event, &body, sh->e) == E_OK ? take(sh, event->kind, body) : E_FATAL;
}

static bool is_listed(const struct run_view *v, const char *text)
{
    for (size_t i = 0; i < v->n_migrations; i++)
        if (str_same(v->migrations[i], text))
            return true;
    return false;
}

/* Tenants that began at different versions took different steps: each is told once. */
static int list_steps(struct run_view *v, const struct recipe *recipe)
{
    for (size_t i = 0; i < recipe->n; i++) {
        const struct step *s = &recipe->steps[i];
        CLEANUP_STR struct str text = STR_INIT;

        str_addf(&text, "%s_%s %s", s->digits, s->name, s->down ? "down" : "up");
        if (str_ok(&text) && is_listed(v, str_text(&text)))
            continue;
        v->migrations[v->n_migrations] = str_copy(&text, &v->arena);
        if (!v->migrations[v->n_migrations++])
            return E_NOMEM;
    }
    return E_OK;
}

static int longest_first(const void *a, const void *b)
{
    const struct recipe *x = a, *y = b;

    return (x->n < y->n) - (x->n > y->n);
}

static int copy_job(struct run_view *v, const struct job *job)
{
    static const char *const scopes[] = {"fleet", "group", "tenant"};
    size_t cap = 0;
    int r = E_OK;

    for (size_t r = 0; r < job->n_recipes; r++)
        cap += job->recipes[r].n;
    v->digest = arena_copy(&v->arena, job->digest);
    v->scope = scopes[job->scope];
    v->migrations = arena_array(&v->arena, cap ? cap : 1, sizeof *v->migrations);
    if (!v->digest || !v->migrations)
        return E_NOMEM;
    qsort(job->recipes, job->n_recipes, sizeof *job->recipes, longest_first);
    for (size_t i = 0; i < job->n_recipes && r == E_OK; i++)
        r = list_steps(v, &job->recipes[i]);
    return r;
}

int run_show(struct session *s, const char *run, struct run_view *view, struct error *e)
{
    struct showing sh = {.s = s, .view = view, .e = e};
    struct job job = {0};
    int r = session_store_read(s, e);

    memset(view, 0, sizeof *view);
    if (r == E_OK && !s->store)
        return error_set(e, E_MISSING, "there is no run log in %s", s->config.state);
    if (r == E_OK)
        r = log_find_run(s->store, run, &view->run, e);
    if (r == E_OK)
        r = job_load(s, view->run.run, &job, e);
    if (r == E_OK && copy_job(view, &job) != E_OK)
        r = error_oom(e);
    if (r == E_OK)
        r = log_read(s->store, view->run.run, 0, visit, &sh, e);
    if (r == E_OK)
        view->state = run_state_word(s, &view->run);
    job_free(&job);
    return r;
}

void run_view_free(struct run_view *view)
{
    free(view->groups);
    free(view->failures);
    arena_free(&view->arena);
    *view = (struct run_view){0};
}
