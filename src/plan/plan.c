#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/work.h"

void plan_more(struct error *e, size_t more, const char *what)
{
    size_t n = strlen(e->message);

    if (more > 0)
        snprintf(e->message + n, sizeof e->message - n, " (and %zu more %s%s)", more, what,
                 more == 1 ? "" : "s");
}

const char *plan_digits(struct work *w, uint64_t version)
{
    int width = w->source->n > 0 ? (int)strlen(w->source->migrations[0].digits) : 1;
    char text[32];
    const char *copy;

    snprintf(text, sizeof text, "%0*llu", width, (unsigned long long)version);
    copy = arena_copy(&w->plan->arena, text);
    return copy ? copy : "?";
}

static void copy_error(struct error *to, const struct error *from)
{
    error_set(to, from->code, "%s", from->message);
    to->sys = from->sys;
    to->db = from->db;
    error_tenant(to, from->tenant);
    error_at(to, from->file, from->line);
    if (from->statement)
        error_statement(to, from->statement, strlen(from->statement));
    if (from->hint[0])
        error_hint(to, "%s", from->hint);
}

void plan_refuse(struct work *w, struct error *problem)
{
    struct problems *p = w->problems;

    w->n_problems++;
    if (!w->gravest.code || (problem->code == E_DOUBT && w->gravest.code != E_DOUBT))
        copy_error(&w->gravest, problem);
    if (p && array_room(&p->list, p->n, &p->cap, sizeof *p->list)) {
        p->list[p->n++] = *problem;
        memset(problem, 0, sizeof *problem);
    }
    error_clear(problem);
}

void problems_free(struct problems *p)
{
    for (size_t i = 0; i < p->n; i++)
        error_clear(&p->list[i]);
    free(p->list);
    memset(p, 0, sizeof *p);
}

static int make(struct work *w, struct error *e)
{
    int r = plan_pasts(w, e);

    if (r == E_OK)
        r = plan_target(w, e);
    if (r == E_OK)
        r = plan_check(w, e);
    if (r == E_OK)
        r = plan_recipes(w, e);
    return r == E_OK && !w->incomplete ? plan_finish(w, e) : r;
}

int plan_finish(struct work *w, struct error *e)
{
    int r = plan_values(w, e);

    plan_rows(w);
    if (r == E_OK)
        r = plan_cut(w, e);
    if (r != E_OK)
        return r;
    plan_policy(w);
    r = plan_cover(w, e);
    return r == E_OK ? plan_digest(w, e) : r;
}

int plan_end(struct work *w, int r, struct error *e)
{
    if (r == E_OK && w->n_problems > 0) {
        r = w->gravest.code;
        plan_more(&w->gravest, w->n_problems - 1, "problem");
        error_move(e, &w->gravest);
    }
    error_clear(&w->gravest);
    arena_free(&w->scratch);
    return r;
}

/* Of all that were read; the folder is the same, and so are the versions. */
static const struct source *any_source(const struct source *sources)
{
    for (int i = 0; i < ENGINES; i++)
        if (sources[i].dir)
            return &sources[i];
    return &sources[ENGINE_SQLITE];
}

int plan_make(const struct fleet *fleet, const struct facts *facts, const struct source *sources,
              const struct plan_request *request, struct plan *plan, struct problems *problems,
              struct error *e)
{
    struct work w = {.fleet = fleet, .facts = facts, .sources = sources, .request = request};
    int r;

    memset(plan, 0, sizeof *plan);
    plan->direction = request->direction;
    plan->scope = request->scope;
    w.source = any_source(sources);
    w.plan = plan;
    w.problems = problems;
    r = plan_end(&w, make(&w, e), e);
    if (r != E_OK)
        plan_free(plan);
    return r;
}

void plan_free(struct plan *plan)
{
    arena_free(&plan->arena);
    memset(plan, 0, sizeof *plan);
}
