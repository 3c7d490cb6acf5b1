#include "op/migrate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "engine/link.h"
#include "engine/sqlite/tenant_file.h"
#include "fleet/fleet.h"
#include "op/execute.h"
#include "op/job.h"
#include "op/learn.h"
#include "op/report.h"
#include "op/session.h"
#include "op/settle.h"

/* What a tenant takes, measured: see doc/benchmarks.md. Careful, for estimates only. */
#define TENANTS_PER_SECOND 2000.0

enum {
    ANSWERS_A_TENANT =
        10, /* of a server, until a tenant has voted: careful, PostgreSQL takes one a step */
    US_A_SECOND = 1000000
};
enum { MAPPINGS_LEFT = 4000 }; /* of vm.max_map_count, for code, heap and threads */

/* A group larger than the descriptors keeps its locks by mappings: those bound it then. */
static uint32_t group_room(void)
{
    CLEANUP_STR struct str text = STR_INIT;
    const char *at;
    uint64_t mappings = 65530; /* the kernel's default */

    if (file_read("/proc/sys/vm/max_map_count", 64, &text, NULL) == E_OK) {
        at = str_text(&text);
        number_read(&at, &mappings);
    }
    mappings = mappings > 2 * MAPPINGS_LEFT ? mappings - MAPPINGS_LEFT : MAPPINGS_LEFT;
    return tenant_file_room() + (mappings > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)mappings);
}

/* Every group keeps within the server that has the least room. */
static void heed_servers(const struct session *s, const struct survey *survey,
                         struct plan_request *request)
{
    for (size_t i = 0; survey->rooms && i < s->fleet.n_servers; i++) {
        const struct room *room = &survey->rooms[i];

        if (!room->branches || (request->group_room && request->group_room <= room->branches))
            continue;
        request->group_room = room->branches;
        request->room_reason = room->reason;
    }
}

/* A group that has its share of this server's tenants is through when the server is. */
static double pace_of(const struct session *s, size_t server, const struct room *room)
{
    uint32_t all = 0, here = 0;

    for (size_t i = 0; i < s->fleet.n; i++) {
        const struct tenant *t = &s->fleet.tenants[i];

        all += s->selected[i];
        here += s->selected[i] && t->engine != ENGINE_SQLITE && t->server == server;
    }
    if (!here || room->answer_us <= 0)
        return TENANTS_PER_SECOND;
    return (double)room->width * US_A_SECOND / ((double)room->answer_us * ANSWERS_A_TENANT) * all /
           here;
}

/* What is held is held as long as the slowest server takes. */
static void heed_pace(const struct session *s, const struct survey *survey,
                      struct plan_request *request)
{
    for (size_t i = 0; survey->rooms && i < s->fleet.n_servers; i++) {
        double pace = pace_of(s, i, &survey->rooms[i]);

        if (pace >= request->tenants_per_second)
            continue;
        request->tenants_per_second = pace;
        request->pace_reason = survey->rooms[i].pace;
    }
}

struct plan_request migrate_request(const struct session *s, const struct migrate_options *o,
                                    const struct survey *survey)
{
    struct plan_request request = {
        .direction = o->direction,
        .target = o->target,
        .selected = s->selected,
        .scope = o->scope,
        .accept = o->accept,
        .allow_irreversible = o->allow_irreversible,
        .skip_unusable = o->skip_unusable,
        .max_hold_ms = o->max_hold_ms ? o->max_hold_ms : s->config.max_hold_ms,
        .group_size = s->config.group_size,
        .group_room = group_room(),
        .tenants_per_second = TENANTS_PER_SECOND,
    };

    if (session_is_exec(s))
        request.tenants_per_second = 0; /* nobody is held, and nobody knows */
    heed_servers(s, survey, &request);
    heed_pace(s, survey, &request);
    return request;
}

int migrate_plan(struct session *s, const struct migrate_options *options, struct survey *survey,
                 struct plan *plan, struct problems *problems, struct error *e)
{
    struct plan_request request;
    int r = session_fleet(s, e);

    memset(survey, 0, sizeof *survey);
    memset(plan, 0, sizeof *plan);
    if (r == E_OK)
        r = session_source(s, e);
    if (r == E_OK && !s->store)
        r = session_store_read(s, e);
    if (r == E_OK)
        r = survey_fleet(s, survey, e);
    if (r != E_OK)
        return r;
    request = migrate_request(s, options, survey);
    return plan_make(&s->fleet, survey->facts, s->sources, &request, plan, problems, e);
}

int run_plan(struct session *s, const struct planned *planned,
             const struct migrate_options *options, struct report *report, struct error *e)
{
    const struct plan *plan = planned->plan;
    struct execution x = {0};
    struct job job = {0};
    int r = report_begin(report, planned->command, s, plan);

    if (r != E_OK)
        return error_oom(e);
    if (!plan->n_tenants)
        return E_OK;
    if (options->confirm && !options->confirm(options->ctx, s, plan))
        return error_set(e, E_REFUSED, "not confirmed; nothing was changed");
    r = job_make(s, planned, &job, e);
    if (r == E_OK)
        r = execute(s, &job, options, &x, e);
    if (r == E_OK && report_end(report, s, &job, &x) != E_OK)
        r = error_oom(e);
    if (r == E_OK)
        learn(s, planned, &job, &x);
    execution_free(&x);
    job_free(&job);
    return r;
}

int run_begin(struct session *s, const char *command, const struct migrate_options *options,
              struct report *report, struct error *e)
{
    int r = session_fleet(s, e);

    memset(report, 0, sizeof *report);
    if (r == E_OK)
        r = session_store_run(s, command, options->wait_ms, e);
    return r == E_OK ? settle_first(s, options, report, e) : r;
}

int migrate(struct session *s, const struct migrate_options *options, struct report *report,
            struct error *e)
{
    const char *command = options->direction == PLAN_UP ? "up" : "down";
    struct survey survey = {0};
    struct plan plan = {0};
    const struct planned planned = {.command = command, .survey = &survey, .plan = &plan};
    int r = run_begin(s, command, options, report, e);

    if (r == E_OK)
        r = migrate_plan(s, options, &survey, &plan, NULL, e);
    if (r == E_OK)
        r = run_plan(s, &planned, options, report, e);
    plan_free(&plan);
    survey_free(&survey);
    return r;
}
