#include "op/execute.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "engine/link.h"
#include "op/interrupt.h"
#include "op/job.h"
#include "op/links.h"
#include "op/record.h"
#include "op/session.h"
#include "runtime/crew.h"
#include "runtime/drive.h"
#include "store/hold.h"
#include "store/log.h"
#include "store/store.h"

struct carrying {
    struct session *s;
    struct job *job;
    const struct migrate_options *options;
    struct sqlite_engine engine;
    struct link_run run;
    struct link **links; /* one a server of the job */
    atomic_llong longest_hold_us;
};

static struct participant *join_server(struct carrying *c, const struct link_group *group,
                                       uint16_t participant)
{
    struct link *link = c->links[c->job->server_of[participant]];

    return link->ops->join(link, &c->run, group);
}

/* The slots of other participants are none of its own. */
static struct participant *join(void *ctx, const struct group *g, uint16_t participant,
                                bool recovered)
{
    struct carrying *c = ctx;
    const char *head = log_head(c->s->store);
    uint32_t *branches = head ? malloc((g->n ? g->n : 1) * sizeof *branches) : NULL;
    const struct link_group group = {.id = g->id,
                                     .branches = branches,
                                     .n = g->n,
                                     .undo = g->undoes != 0,
                                     .recovered = recovered,
                                     .log_head = head};
    struct participant *p = NULL;

    for (uint32_t i = 0; branches && i < g->n; i++)
        branches[i] =
            g->members[i].participant == participant ? g->members[i].branch : BRANCH_OTHERS;
    if (branches && c->job->files && !participant)
        p = sqlite_group_new(&c->engine, g->id, branches, g->n, group.undo, recovered, head);
    else if (branches)
        p = join_server(c, &group, participant);
    free(branches);
    return p;
}

static int append(void *ctx, const struct run *run, const struct group *g, uint32_t slot,
                  enum record_kind record, struct error *e)
{
    struct carrying *c = ctx;
    CLEANUP_STR struct str body = STR_INIT;

    if (record_write(c->job, run, g, slot, record, &body) != E_OK)
        return error_oom(e);
    return record_append(c->s->store, c->job->run, record_name(record), &body,
                         record_is_forced(record), e);
}

static const char *phase_of(const struct group *g)
{
    if (g->undoes)
        return "undo";
    switch (g->state) {
    case GROUP_SEALING:
    case GROUP_DECIDING:
    case GROUP_RECORDING:
        return "seal";
    case GROUP_FINISHING:
    case GROUP_COMMITTED:
        return "finish";
    case GROUP_ROLLING_BACK:
    case GROUP_NOTING:
    case GROUP_DRAINING:
    case GROUP_ABORTED:
        return "roll back";
    case GROUP_CLOSING:
    case GROUP_ENDING:
    case GROUP_DOUBT:
        return g->decided ? "finish" : "roll back";
    default:
        return "prepare";
    }
}

static void progress(void *ctx, const struct run *run)
{
    struct carrying *c = ctx;
    const struct group *g = run->n_groups ? run->groups[run->current] : NULL;
    struct progress p = {0};

    if (!c->options->progress || !g)
        return;
    p.phase = phase_of(g);
    p.done = g->yes;
    p.total = g->n;
    p.group = (uint32_t)run->current + 1;
    p.groups = (uint32_t)run->n_groups;
    p.failed = run->n_failures;
    c->options->progress(c->options->ctx, &p);
}

static bool asked(void *ctx, struct error *e)
{
    struct carrying *c = ctx;

    if (interrupt_requested())
        error_set(e, E_REFUSED, "interrupted");
    else if (request_aborted(c->s->store, c->job->run))
        error_set(e, E_REFUSED, "aborted on request");
    else
        return false;
    atomic_store(&c->engine.stop, true);
    return true;
}

static void init_engine(struct carrying *c)
{
    const struct config *config = &c->s->config;

    c->engine = (struct sqlite_engine){
        .run = c->job->run,
        .key = c->job->key,
        .decisions = c->job->decisions,
        .branches = c->job->branches,
        .extensions = config->extensions,
        .statement_timeout_ms = config->statement_timeout_ms,
        .sync = config->durability == DURABILITY_AUTO     ? SYNC_AUTO
                : config->durability == DURABILITY_SYNCFS ? SYNC_FILE_SYSTEM
                                                          : SYNC_FILES,
        .each = {.run = crew_each, .ctx = c->s->crew},
    };
    file_room_init(&c->engine.room, config->held_bytes);
    c->engine.room.surveyed_us = c->job->surveyed_us;
}

static void init_run(struct carrying *c)
{
    c->run = (struct link_run){
        .run = c->job->run,
        .key = c->job->key,
        .branches = c->job->branches,
        .lock_timeout_ms = c->s->config.lock_timeout_ms,
        .statement_timeout_ms = c->s->config.statement_timeout_ms,
        .each = {.run = crew_each, .ctx = c->s->crew},
        .stop = &c->engine.stop,
        .longest_hold_us = &c->longest_hold_us,
    };
}

static long long longest(const struct carrying *c)
{
    long long files = atomic_load(&c->engine.longest_writers_us);
    long long servers = atomic_load(&c->longest_hold_us);

    return files > servers ? files : servers;
}

static int carry(struct session *s, struct job *job, const struct migrate_options *options,
                 struct execution *x, struct error *e)
{
    struct carrying c = {.s = s, .job = job, .options = options};
    struct world world = {
        .ctx = &c, .join = join, .log = append, .progress = progress, .asked = asked};
    int64_t started_us = clock_mono_us();
    int r = links_for(s, job, &c.links, e);

    if (r != E_OK)
        return r;
    init_engine(&c);
    init_run(&c);
    x->left = calloc(job->n ? job->n : 1, sizeof *x->left); /* NULL: the next survey looks itself */
    c.engine.left = x->left;
    r = drive(x->machine, s->crew, &world);
    free(c.links);
    x->seconds = (double)(clock_mono_us() - started_us) / 1e6;
    x->hold_writers_s = (double)longest(&c) / 1e6;
    x->hold_readers_s = (double)atomic_load(&c.engine.longest_readers_us) / 1e6;
    if (r == E_OK)
        return E_OK;
    error_set(e, E_DOUBT, "run %s could not go on: out of memory, or its log cannot be read",
              job->run);
    error_hint(e, "run: lockstep recover");
    return E_DOUBT;
}

static int record_plan(struct session *s, const struct job *job, struct error *e)
{
    CLEANUP_STR struct str body = STR_INIT;

    if (job_write(job, &body) != E_OK)
        return error_set(e, E_FATAL,
                         "the plan cannot be written down (out of memory, or a tenant's "
                         "path is not UTF-8)");
    return record_append(s->store, job->run, "plan", &body, true, e);
}

int execute(struct session *s, struct job *job, const struct migrate_options *options,
            struct execution *x, struct error *e)
{
    int r = session_crew(s, e);

    *x = (struct execution){0};
    if (r == E_OK)
        r = record_plan(s, job, e);
    if (r != E_OK)
        return r;
    if (s->hold)
        hold_set_run(s->hold, job->run);
    x->machine = job_machine(s, job, options->max_hold_ms, options->deadline_ms);
    return x->machine ? carry(s, job, options, x, e) : error_oom(e);
}

struct replaying {
    const struct job *job;
    struct run *machine;
    struct error *e;
};

static int replay_event(void *arg, const struct log_event *event)
{
    struct replaying *p = arg;

    return record_replay(p->job, p->machine, event, p->e);
}

int execute_recovery(struct session *s, struct job *job, const struct migrate_options *options,
                     struct execution *x, struct error *e)
{
    struct replaying p = {.job = job, .e = e};
    int r = session_crew(s, e);

    *x = (struct execution){0};
    x->machine = r == E_OK ? job_machine(s, job, 0, 0) : NULL;
    if (!x->machine)
        return r == E_OK ? error_oom(e) : r;
    x->machine->recovering = true;
    p.machine = x->machine;
    r = store_harden(s->store, e);
    if (r == E_OK)
        r = log_read(s->store, job->run, 0, replay_event, &p, e);
    return r == E_OK ? carry(s, job, options, x, e) : r;
}

void execution_free(struct execution *x)
{
    run_free(x->machine);
    free(x->left);
    x->machine = NULL;
    x->left = NULL;
}
