/* Every tenant up to its vote, and back: nothing of it reaches a disk. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/link.h"
#include "engine/sqlite/engine.h"
#include "op/exit.h"
#include "op/interrupt.h"
#include "op/job.h"
#include "op/links.h"
#include "op/migrate.h"
#include "op/report.h"
#include "op/session.h"
#include "op/settle.h"
#include "runtime/crew.h"

struct rehearsing {
    struct sqlite_engine engine;
    struct link_run run;
    struct link **links;
    const struct job *job;
    struct error *causes; /* one a branch */
    int64_t lock_timeout_ms;
    atomic_uint done, unrehearsed;
};

static int rehearse_branch(struct rehearsing *h, uint32_t i)
{
    const struct branch_spec *spec = &h->job->branches[i];
    struct link *link = spec->engine == ENGINE_SQLITE ? NULL : h->links[spec->server];

    return link ? link->ops->rehearse(link, &h->run, i, &h->causes[i])
                : sqlite_rehearse(&h->engine, i, &h->causes[i]);
}

/* What takes effect at once can be asked about, no more. */
static bool may_be_unrehearsed(enum engine_kind engine)
{
    return engine == ENGINE_MYSQL || engine == ENGINE_EXEC;
}

/* A tenant that an application holds is waited for like in a run. */
static void rehearse_one(void *arg, uint32_t i)
{
    struct rehearsing *h = arg;
    int64_t until = clock_mono_us() + h->lock_timeout_ms * 1000;
    int r;

    if (interrupt_requested())
        return;
    do {
        r = rehearse_branch(h, i);
    } while (r == E_BUSY && clock_mono_us() < until && !interrupt_requested() && clock_nap_ms(20));
    if (r == E_MISSING && may_be_unrehearsed(h->job->branches[i].engine)) {
        atomic_fetch_add(&h->unrehearsed, 1);
        error_clear(&h->causes[i]);
        r = E_OK;
    }
    if (r != E_OK)
        error_tenant(&h->causes[i], h->job->branches[i].id);
    atomic_fetch_add(&h->done, 1);
}

static int collect(struct rehearsing *h, struct report *report, struct error *e)
{
    for (uint32_t i = 0; i < h->job->n; i++)
        if (h->causes[i].code &&
            report_failure(report, h->job->branches[i].id, &h->causes[i]) != E_OK)
            return error_oom(e);
    report->unrehearsed = atomic_load(&h->unrehearsed);
    report->done = h->job->tenants - report->n_failures - report->unrehearsed;
    report->as_it_was = true;
    if (interrupt_requested()) {
        report->exit = EXIT_NOT_DONE;
        return error_set(e, E_REFUSED, "interrupted");
    }
    if (report->n_failures)
        report->exit = EXIT_NOT_DONE;
    return E_OK;
}

static int run_all(struct session *s, const struct job *job, struct report *report, struct error *e)
{
    struct rehearsing h = {.job = job, .lock_timeout_ms = s->config.lock_timeout_ms};
    int64_t started_us = clock_mono_us();
    int r = links_for(s, job, &h.links, e);

    if (r != E_OK)
        return r;
    h.run = (struct link_run){.run = "rehearsal",
                              .key = job->key,
                              .branches = job->branches,
                              .lock_timeout_ms = s->config.lock_timeout_ms,
                              .statement_timeout_ms = s->config.statement_timeout_ms,
                              .each = {.run = crew_each, .ctx = s->crew},
                              .stop = &h.engine.stop};
    h.engine = (struct sqlite_engine){.run = "rehearsal",
                                      .branches = job->branches,
                                      .extensions = s->config.extensions,
                                      .statement_timeout_ms = s->config.statement_timeout_ms,
                                      .each = {.run = crew_each, .ctx = s->crew}};
    file_room_init(&h.engine.room, SIZE_MAX);
    h.causes = calloc(job->n ? job->n : 1, sizeof *h.causes);
    if (!h.causes) {
        free(h.links);
        return error_oom(e);
    }
    crew_each(s->crew, job->n, rehearse_one, &h);
    report->seconds = (double)(clock_mono_us() - started_us) / 1e6;
    r = collect(&h, report, e);
    for (uint32_t i = 0; i < job->n; i++)
        error_clear(&h.causes[i]);
    free(h.causes);
    free(h.links);
    return r;
}

int rehearse(struct session *s, const struct migrate_options *options, struct report *report,
             struct error *e)
{
    struct survey survey = {0};
    struct plan plan = {0};
    const struct planned planned = {.command = "rehearse", .survey = &survey, .plan = &plan};
    struct job job = {0};
    int r;

    memset(report, 0, sizeof *report);
    r = migrate_plan(s, options, &survey, &plan, NULL, e);
    if (r == E_OK)
        r = report_begin(report, "rehearse", s, &plan) == E_OK ? E_OK : error_oom(e);
    if (r == E_OK)
        r = job_make(s, &planned, &job, e);
    if (r == E_OK)
        r = run_all(s, &job, report, e);
    job_free(&job);
    plan_free(&plan);
    survey_free(&survey);
    return r;
}
