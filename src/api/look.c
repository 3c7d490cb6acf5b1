/* Looking at a fleet: nothing is changed. */
#include <stdio.h>
#include <string.h>

#include "api/fleet.h"
#include "op/migrate.h"
#include "op/survey.h"

static void copy_status(const struct status *from, struct lockstep_status *to)
{
    *to = (struct lockstep_status){
        .tenants = from->selected,
        .at_head = from->at_head,
        .pending = from->pending,
        .never_migrated = from->never,
        .unusable = from->unusable,
        .in_doubt = from->in_doubt,
        .head = from->head,
    };
}

int lockstep_status(struct lockstep *fleet, struct lockstep_status *status)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct session *session = NULL;
    struct status found = {0};
    int rc = fleet_session(fleet, &session, &e);

    memset(status, 0, sizeof *status);
    if (rc == E_OK)
        rc = status_make(session, &found, &e);
    if (rc == E_OK) {
        copy_status(&found, status);
        if (found.in_doubt)
            rc = error_set(&e, E_DOUBT, "%zu tenants are in doubt", found.in_doubt);
    }
    status_free(&found);
    session_close(session);
    return fleet_return(fleet, rc, &e);
}

static void copy_plan(const struct plan *from, struct lockstep_plan *to)
{
    *to = (struct lockstep_plan){
        .tenants = from->n_tenants,
        .decisions = from->n_groups,
        .atomic = from->n_by_guarantee[GUARANTEE_ATOMIC],
        .reversible = from->reversible,
        .hold_estimate_s = from->hold_estimate_s,
        .target = from->target,
    };
    snprintf(to->digest, sizeof to->digest, "%s", from->digest);
}

int lockstep_plan(struct lockstep *fleet, const char *target, struct lockstep_plan *plan)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct migrate_options options = {.direction = PLAN_UP, .target = target};
    struct session *session = NULL;
    struct survey survey = {0};
    struct plan made = {0};
    int rc = fleet_session(fleet, &session, &e);

    memset(plan, 0, sizeof *plan);
    if (rc == E_OK)
        rc = migrate_plan(session, &options, &survey, &made, NULL, &e);
    if (rc == E_OK)
        copy_plan(&made, plan);
    plan_free(&made);
    survey_free(&survey);
    session_close(session);
    return fleet_return(fleet, rc, &e);
}
