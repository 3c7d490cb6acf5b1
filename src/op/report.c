#include "op/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "op/execute.h"
#include "op/exit.h"
#include "op/fates.h"
#include "op/job.h"
#include "op/session.h"
#include "store/log.h"

int report_failure(struct report *r, const char *tenant, struct error *why)
{
    struct report_failure *list = realloc(r->failures, (r->n_failures + 1) * sizeof *r->failures);

    if (!list)
        return E_NOMEM;
    r->failures = list;
    list[r->n_failures] = (struct report_failure){.tenant = tenant ? strdup(tenant) : NULL};
    error_move(&list[r->n_failures++].why, why);
    return E_OK;
}

static void copy_error(struct error *to, const struct error *from)
{
    *to = *from;
    to->tenant = from->tenant ? strdup(from->tenant) : NULL;
    to->file = from->file ? strdup(from->file) : NULL;
    to->statement = from->statement ? strdup(from->statement) : NULL;
}

static int note_skips(struct report *r, const struct session *s, const struct plan *plan)
{
    r->skipped = calloc(plan->n_skips ? plan->n_skips : 1, sizeof *r->skipped);
    if (!r->skipped)
        return E_NOMEM;
    for (; r->n_skipped < plan->n_skips; r->n_skipped++) {
        const struct plan_skip *skip = &plan->skips[r->n_skipped];

        r->skipped[r->n_skipped].tenant = strdup(s->fleet.tenants[skip->tenant].id);
        copy_error(&r->skipped[r->n_skipped].why, skip->why);
    }
    return E_OK;
}

static const char *digits_of(struct report *r, const struct session *s, uint64_t version)
{
    const struct migration *m = source_find(session_names(s), version);
    char text[24];

    if (m)
        return arena_copy(&r->arena, m->digits);
    snprintf(text, sizeof text, "%llu", (unsigned long long)version);
    return version ? arena_copy(&r->arena, text) : "";
}

int report_begin(struct report *r, const char *command, const struct session *s,
                 const struct plan *plan)
{
    snprintf(r->command, sizeof r->command, "%s", command);
    r->target = plan->target;
    r->target_digits = digits_of(r, s, plan->target);
    r->tenants = plan->n_tenants;
    r->at_target = plan->n_selected - plan->n_skips - plan->n_tenants;
    r->foreign = plan->n_foreign;
    r->groups = (uint32_t)plan->n_groups;
    r->exit = plan->n_skips ? EXIT_SOME : EXIT_DONE;
    return r->target_digits ? note_skips(r, s, plan) : E_NOMEM;
}

/* --- from the machine --- */

static bool is_weaker(uint8_t guarantee)
{
    return guarantee == GUARANTEE_LOGGED || guarantee == GUARANTEE_COMPENSATED;
}

static void count_tenant(struct report *r, const char *id, enum fate fate, uint8_t guarantee)
{
    bool named = fate == FATE_DOUBT || (fate == FATE_KEPT && is_weaker(guarantee));
    char *copy = named ? strdup(id) : NULL;

    if (copy && fate == FATE_DOUBT)
        r->in_doubt[r->n_in_doubt++] = copy;
    if (fate != FATE_KEPT)
        return;
    r->done++;
    r->by_guarantee[guarantee]++;
    if (copy)
        r->weaker[r->n_weaker++] = (struct report_weaker){.tenant = copy, .guarantee = guarantee};
}

static int count_fates(struct report *r, const struct job *job, const struct run *run)
{
    struct fates fates;
    size_t n = job->n ? job->n : 1;
    int outcome = fates_read(&fates, job, run);

    r->in_doubt = calloc(n, sizeof *r->in_doubt);
    r->weaker = calloc(n, sizeof *r->weaker);
    if (!r->in_doubt || !r->weaker)
        outcome = E_NOMEM;
    for (uint32_t i = 0; i < job->n && outcome == E_OK; i++)
        count_tenant(r, job->branches[i].id, fates.of[i], fates.guarantees[i]);
    fates_free(&fates);
    return outcome;
}

static void move_failures(struct report *r, const struct job *job, struct run *run)
{
    int outcome = E_OK;

    if (run->stop && run->outcome != RUN_DONE)
        outcome = report_failure(r, NULL, &run->stop_cause);
    for (size_t i = 0; i < run->n_failures && outcome == E_OK; i++) {
        struct failure *f = &run->failures[i];
        bool known = f->branch < job->n;

        if (known)
            error_tenant(&f->cause, job->branches[f->branch].id);
        outcome =
            report_failure(r, known ? job->branches[f->branch].id : f->cause.tenant, &f->cause);
    }
}

/* What the plan's estimate did not know: the servers, or the tenants, are slower today. */
static void note_cuts(struct report *r, const struct run *run)
{
    r->cut.max_hold_ms = run->policy.max_hold_ms;
    for (size_t i = 0; i < run->n_groups; i++) {
        const struct group *g = run->groups[i];
        uint32_t *largest = g->held_too_long ? &r->cut.from : &r->cut.to;

        r->cut.groups += g->held_too_long;
        if (!g->undoes && g->n > *largest)
            *largest = g->n;
    }
}

static int exit_of_outcome(enum run_state outcome, int before)
{
    switch (outcome) {
    case RUN_DONE:
        return before;
    case RUN_PARTIAL:
        return EXIT_SOME;
    case RUN_DOUBT:
        return EXIT_IN_DOUBT;
    default:
        return before == EXIT_SOME ? EXIT_SOME : EXIT_NOT_DONE;
    }
}

int report_end(struct report *r, struct session *s, const struct job *job, struct execution *x)
{
    const char *head = log_head(s->store);
    struct run *run = x->machine;

    snprintf(r->run, sizeof r->run, "%s", job->run);
    snprintf(r->undoes, sizeof r->undoes, "%s", job->undoes);
    snprintf(r->log_head, sizeof r->log_head, "%s", head ? head : "");
    r->seconds = x->seconds;
    r->hold_writers_s = x->hold_writers_s;
    r->hold_readers_s = x->hold_readers_s;
    r->decisions = run->decisions;
    r->groups = (uint32_t)run->n_groups;
    note_cuts(r, run);
    r->as_it_was = run->outcome == RUN_NOT_DONE;
    r->exit = exit_of_outcome(run->outcome, r->exit);
    if (count_fates(r, job, run) != E_OK && run->outcome == RUN_DONE)
        r->done = r->tenants;
    r->at_target += r->done;
    move_failures(r, job, run);
    return E_OK;
}

static void free_failures(struct report_failure *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].tenant);
        error_clear(&list[i].why);
    }
    free(list);
}

void report_free(struct report *r)
{
    free_failures(r->failures, r->n_failures);
    free_failures(r->skipped, r->n_skipped);
    for (size_t i = 0; i < r->n_in_doubt; i++)
        free(r->in_doubt[i]);
    free(r->in_doubt);
    for (size_t i = 0; i < r->n_weaker; i++)
        free(r->weaker[i].tenant);
    free(r->weaker);
    arena_free(&r->arena);
    *r = (struct report){0};
}
