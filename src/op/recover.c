#include "op/recover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/sqlite/side.h"
#include "engine/sqlite/stock.h"
#include "fleet/fleet.h"
#include "op/execute.h"
#include "op/exit.h"
#include "op/job.h"
#include "op/orphan.h"
#include "op/paths.h"
#include "op/session.h"
#include "op/settle.h"
#include "store/log.h"

struct open_runs {
    char (*ids)[40];
    size_t n, cap;
};

static int note_open(void *arg, const struct log_run *run)
{
    struct open_runs *open = arg;

    if (!array_room(&open->ids, open->n, &open->cap, sizeof *open->ids))
        return E_NOMEM;
    snprintf(open->ids[open->n++], sizeof *open->ids, "%s", run->run);
    return 0;
}

struct recovered_run *recovery_add(struct recovery *recovery)
{
    struct recovered_run *runs = realloc(recovery->runs, (recovery->n + 1) * sizeof *runs);

    if (!runs)
        return NULL;
    recovery->runs = runs;
    memset(&runs[recovery->n], 0, sizeof *runs);
    return &runs[recovery->n++];
}

static enum recovered how_of(const struct run *machine)
{
    switch (machine->outcome) {
    case RUN_DOUBT:
        return RECOVERED_DOUBT;
    case RUN_DONE:
    case RUN_PARTIAL:
        return RECOVERED_FORWARD;
    default:
        break;
    }
    for (size_t i = 0; i < machine->n_groups; i++)
        if (machine->groups[i]->undoes)
            return RECOVERED_UNDONE;
    return RECOVERED_BACK;
}

static void add_doubtful(struct recovered_run *out, const struct job *job,
                         const struct run *machine)
{
    out->doubtful = calloc(job->n ? job->n : 1, sizeof *out->doubtful);
    for (size_t g = 0; out->doubtful && g < machine->n_groups; g++)
        for (uint32_t i = 0; i < machine->groups[g]->n; i++) {
            const struct member *m = &machine->groups[g]->members[i];

            if (m->state == MEMBER_DOUBT && out->n_doubtful < job->n &&
                (out->doubtful[out->n_doubtful] = strdup(job->branches[m->branch].id)))
                out->n_doubtful++;
        }
}

static void explain(struct recovered_run *out, const struct run *machine)
{
    CLEANUP_STR struct str why = STR_INIT;

    if (out->how != RECOVERED_DOUBT || !machine->n_failures)
        return;
    error_render(&machine->failures[machine->n_failures - 1].cause, &why);
    snprintf(out->why, sizeof out->why, "%s", str_text(&why));
}

/* What the log says of it cannot be followed: nobody knows how the run stands. */
static int unreadable(int r, struct error *e)
{
    if (r != E_FATAL)
        return r;
    if (e)
        e->code = E_DOUBT;
    error_hint(e,
               "if the run log is damaged, move the state folder away and run `lockstep recover` "
               "again: atomic tenants are settled from the files beside them");
    return E_DOUBT;
}

static int recover_run(struct session *s, const char *id, const struct migrate_options *options,
                       struct recovery *recovery, struct error *e)
{
    struct recovered_run *out = recovery_add(recovery);
    struct execution x = {0};
    struct job job = {0};
    int r = out ? job_load(s, id, &job, e) : error_oom(e);

    if (r == E_OK)
        r = execute_recovery(s, &job, options, &x, e);
    if (r == E_OK) {
        snprintf(out->run, sizeof out->run, "%s", id);
        snprintf(out->key, sizeof out->key, "%s", job.key);
        out->tenants = job.tenants;
        out->how = how_of(x.machine);
        add_doubtful(out, &job, x.machine);
        explain(out, x.machine);
    }
    execution_free(&x);
    job_free(&job);
    return unreadable(r, e);
}

static int recover_dry(struct session *s, const char *id, struct recovery *recovery,
                       struct error *e)
{
    struct recovered_run *out = recovery_add(recovery);
    struct job job = {0};
    int r = out ? job_load(s, id, &job, e) : error_oom(e);

    if (r == E_OK) {
        snprintf(out->run, sizeof out->run, "%s", id);
        snprintf(out->key, sizeof out->key, "%s", job.key);
        out->tenants = job.tenants;
        out->how = RECOVERED_DOUBT;
        snprintf(out->why, sizeof out->why, "open; recover would settle it");
    }
    job_free(&job);
    return r;
}

static int recover_logged(struct session *s, bool dry, const struct migrate_options *options,
                          struct recovery *recovery, struct error *e)
{
    struct open_runs open = {0};
    int r = s->store ? log_runs(s->store, true, note_open, &open, e) : E_OK;

    for (size_t i = 0; i < open.n && r == E_OK; i++)
        r = dry ? recover_dry(s, open.ids[i], recovery, e)
                : recover_run(s, open.ids[i], options, recovery, e);
    free(open.ids);
    return r;
}

static int recover_runs(struct session *s, bool dry, const struct migrate_options *options,
                        struct recovery *recovery, struct error *e)
{
    int r = session_fleet(s, e);

    memset(recovery, 0, sizeof *recovery);
    if (r == E_OK && dry)
        r = session_store_read(s, e);
    if (r == E_OK && !dry && !s->hold)
        r = session_store_run(s, "recover", options->wait_ms, e);
    if (r == E_OK)
        r = recover_logged(s, dry, options, recovery, e);
    return r == E_OK ? orphans_settle(s, dry, recovery, e) : r;
}

/* What a killed reader left beside a tenant (an empty WAL, a journal): any SQLite clears it. */
static int settle_leftovers(struct session *s, struct recovery *recovery, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct path_resolver resolver = {0};
    int r = E_OK;

    for (size_t i = 0; i < s->fleet.n && r == E_OK; i++) {
        const struct tenant *t = &s->fleet.tenants[i];
        char *path = NULL;

        if (!t->beside || path_resolve(&resolver, &arena, t->path, &path, NULL) != E_OK)
            continue;
        if (!side_any(path))
            continue; /* it was of a run, and has been settled with that */
        if (stock_settle(path, NULL) == E_OK)
            recovery->leftovers++;
        r = stock_drop_dead_journal(path, false, e);
    }
    path_resolver_free(&resolver);
    return r;
}

int recover(struct session *s, bool dry, const struct migrate_options *options,
            struct recovery *recovery, struct error *e)
{
    int r = recover_runs(s, dry, options, recovery, e);

    if (r == E_OK && !dry && recovery_exit(recovery) == EXIT_DONE)
        r = settle_leftovers(s, recovery, e);
    return r;
}

int recovery_exit(const struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->n; i++)
        if (recovery->runs[i].how == RECOVERED_DOUBT)
            return EXIT_IN_DOUBT;
    return EXIT_DONE;
}

void recovery_free(struct recovery *recovery)
{
    for (size_t i = 0; i < recovery->n; i++) {
        for (size_t k = 0; k < recovery->runs[i].n_doubtful; k++)
            free(recovery->runs[i].doubtful[k]);
        free(recovery->runs[i].doubtful);
    }
    free(recovery->runs);
    *recovery = (struct recovery){0};
}

static int still_open(const struct recovery *recovery, struct error *e)
{
    for (size_t i = 0; i < recovery->n; i++) {
        const struct recovered_run *run = &recovery->runs[i];

        if (run->how != RECOVERED_DOUBT)
            continue;
        error_set(e, E_DOUBT, "run %s is in doubt and could not be settled: %s", run->run,
                  run->why);
        error_hint(e, "mend that and run: lockstep recover");
        return E_DOUBT;
    }
    return E_OK;
}

int settle_first(struct session *s, const struct migrate_options *options, struct report *report,
                 struct error *e)
{
    struct recovery recovery = {0};
    int r = recover_runs(s, false, options, &recovery, e);

    if (r == E_OK)
        r = still_open(&recovery, e);
    if (r == E_OK && recovery.n) {
        report->recovered = true;
        snprintf(report->recovered_run, sizeof report->recovered_run, "%s", recovery.runs[0].run);
    }
    recovery_free(&recovery);
    return r;
}
