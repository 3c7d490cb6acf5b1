/* The same run once more, on its tenants that are not at its target: the same scripts, or not at
 * all. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "op/job.h"
#include "op/report.h"
#include "op/session.h"
#include "op/settle.h"
#include "store/log.h"

static void select_tenants(struct session *s, const struct job *job)
{
    memset(s->selected, 0, s->fleet.n * sizeof *s->selected);
    s->n_selected = 0;
    for (uint32_t i = 0; i < job->n; i++) {
        const struct tenant *t = fleet_find(&s->fleet, job->branches[i].id);

        if (!t || s->selected[t - s->fleet.tenants])
            continue;
        s->selected[t - s->fleet.tenants] = true;
        s->n_selected++;
    }
}

static bool knows(const struct job *job, const struct step *step)
{
    for (size_t r = 0; r < job->n_recipes; r++)
        for (size_t i = 0; i < job->recipes[r].n; i++)
            if (str_same(job->recipes[r].steps[i].script->hash, step->script->hash))
                return true;
    return false;
}

static int check_same(const struct job *job, const struct plan *plan, struct error *e)
{
    for (size_t r = 0; r < plan->n_recipes; r++)
        for (size_t i = 0; i < plan->recipes[r].n; i++) {
            const struct step *step = &plan->recipes[r].steps[i];

            if (knows(job, step))
                continue;
            error_set(e, E_POLICY, "%s_%s is not what run %s ran: its file has changed",
                      step->digits, step->name, job->run);
            error_hint(e, "put the old text back, or start a new run with: lockstep %s",
                       job->command);
            return E_POLICY;
        }
    return E_OK;
}

static int load(struct session *s, const char *text, struct job *job, struct error *e)
{
    struct log_run run;
    int r = log_find_run(s->store, text, &run, e);

    if (r == E_OK)
        r = job_load(s, run.run, job, e);
    if (r != E_OK || str_same(job->command, "up") || str_same(job->command, "down") ||
        str_same(job->command, "retry"))
        return r;
    return error_set(e, E_POLICY, "run %s was an %s; only up and down can be retried", run.run,
                     job->command);
}

int retry_run(struct session *s, const char *run, const struct migrate_options *options,
              struct report *report, struct error *e)
{
    struct migrate_options again = *options;
    struct survey survey = {0};
    struct plan plan = {0};
    const struct planned planned = {.command = "retry", .survey = &survey, .plan = &plan};
    struct job job = {0};
    int r = run_begin(s, "retry", options, report, e);

    if (r == E_OK)
        r = load(s, run, &job, e);
    if (r == E_OK) {
        select_tenants(s, &job);
        again.direction = job.direction;
        again.target = job.target;
        again.scope = job.scope;
        r = migrate_plan(s, &again, &survey, &plan, NULL, e);
    }
    if (r == E_OK)
        r = check_same(&job, &plan, e);
    if (r == E_OK)
        r = run_plan(s, &planned, &again, report, e);
    plan_free(&plan);
    survey_free(&survey);
    job_free(&job);
    return r;
}
