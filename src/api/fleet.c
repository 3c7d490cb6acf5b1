#include "api/fleet.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "op/exit.h"

struct lockstep *lockstep_new(void)
{
    return calloc(1, sizeof(struct lockstep));
}

void lockstep_free(struct lockstep *fleet)
{
    if (!fleet)
        return;
    free(fleet->config);
    free(fleet->tenants);
    free(fleet->migrations);
    free(fleet->select);
    free(fleet->error);
    free(fleet);
}

/* Where the setting of this name is kept; false: there is none. */
static bool find_field(const char *name, size_t *at)
{
    static const struct {
        const char *name;
        size_t at;
    } fields[] = {
        {"config", offsetof(struct lockstep, config)},
        {"tenants", offsetof(struct lockstep, tenants)},
        {"migrations", offsetof(struct lockstep, migrations)},
        {"select", offsetof(struct lockstep, select)},
    };

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        *at = fields[i].at;
        if (str_same(fields[i].name, name))
            return true;
    }
    return false;
}

int lockstep_set(struct lockstep *fleet, const char *name, const char *value)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char *copy, **to;
    size_t at;

    if (!find_field(name, &at))
        return fleet_return(fleet, error_set(&e, E_INVALID, "there is no setting %s", name), &e);
    copy = value ? strdup(value) : NULL;
    if (value && !copy)
        return fleet_return(fleet, error_oom(&e), &e);
    to = (char **)((char *)fleet + at);
    free(*to);
    *to = copy;
    return LOCKSTEP_DONE;
}

const char *lockstep_error(const struct lockstep *fleet)
{
    return fleet->error ? fleet->error : "";
}

void fleet_complain(struct lockstep *fleet, const struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    error_render(e, &text);
    free(fleet->error);
    fleet->error = str_take(&text);
}

int fleet_return(struct lockstep *fleet, int rc, const struct error *e)
{
    if (rc == E_OK)
        return LOCKSTEP_DONE;
    fleet_complain(fleet, e);
    return exit_of(rc);
}

int fleet_session(struct lockstep *fleet, struct session **session, struct error *e)
{
    struct session_options options = {
        .config_file = fleet->config,
        .tenants = fleet->tenants,
        .migrations = fleet->migrations,
        .select = fleet->select,
    };

    free(fleet->error);
    fleet->error = NULL;
    return session_open(&options, session, e);
}
