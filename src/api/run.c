/* Moving a fleet. */
#include <stdio.h>
#include <string.h>

#include "api/fleet.h"
#include "op/migrate.h"
#include "op/recover.h"

struct telling {
    lockstep_progress progress;
    void *ctx;
};

static void tell(void *ctx, const struct progress *p)
{
    struct telling *t = ctx;

    if (t->progress)
        t->progress(t->ctx, p->phase, p->done, p->total);
}

static int take_report(struct lockstep *fleet, const struct report *from,
                       struct lockstep_result *to)
{
    *to = (struct lockstep_result){
        .tenants = from->tenants,
        .done = from->done,
        .failed = from->n_failures,
        .in_doubt = from->n_in_doubt,
        .decisions = from->decisions,
        .target = from->target,
        .seconds = from->seconds,
    };
    snprintf(to->run, sizeof to->run, "%s", from->run);
    if (from->exit != LOCKSTEP_DONE && from->n_failures)
        fleet_complain(fleet, &from->failures[0].why);
    return from->exit;
}

int lockstep_up(struct lockstep *fleet, const char *target, lockstep_progress progress, void *ctx,
                struct lockstep_result *result)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct telling telling = {progress, ctx};
    struct migrate_options options = {
        .direction = PLAN_UP, .target = target, .progress = tell, .ctx = &telling};
    struct session *session = NULL;
    struct report report = {0};
    int rc = fleet_session(fleet, &session, &e);

    memset(result, 0, sizeof *result);
    if (rc == E_OK)
        rc = migrate(session, &options, &report, &e);
    rc = rc == E_OK ? take_report(fleet, &report, result) : fleet_return(fleet, rc, &e);
    report_free(&report);
    session_close(session);
    return rc;
}

int lockstep_undo(struct lockstep *fleet, const char *run, lockstep_progress progress, void *ctx,
                  struct lockstep_result *result)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct telling telling = {progress, ctx};
    struct migrate_options options = {.progress = tell, .ctx = &telling};
    struct session *session = NULL;
    struct report report = {0};
    int rc = fleet_session(fleet, &session, &e);

    memset(result, 0, sizeof *result);
    if (rc == E_OK)
        rc = undo_run(session, run, NULL, &options, &report, &e);
    rc = rc == E_OK ? take_report(fleet, &report, result) : fleet_return(fleet, rc, &e);
    report_free(&report);
    session_close(session);
    return rc;
}

int lockstep_recover(struct lockstep *fleet)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct migrate_options options = {0};
    struct session *session = NULL;
    struct recovery recovery = {0};
    int rc = fleet_session(fleet, &session, &e);

    if (rc == E_OK)
        rc = session_store_run(session, "recover", 0, &e);
    if (rc == E_OK)
        rc = recover(session, false, &options, &recovery, &e);
    if (rc == E_OK && recovery_exit(&recovery) != LOCKSTEP_DONE)
        rc = error_set(&e, E_DOUBT, "not everything could be settled");
    recovery_free(&recovery);
    session_close(session);
    return fleet_return(fleet, rc, &e);
}
