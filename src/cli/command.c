/* The commands, in the order in which they are shown. */
#include <stddef.h>

#include "base/nearest.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/command/commands.h"

const struct command *const commands[] = {
    /* start */
    &command_init,
    &command_new,
    &command_adopt,
    /* look */
    &command_tenants,
    &command_status,
    &command_plan,
    &command_rehearse,
    /* run */
    &command_up,
    &command_down,
    &command_undo,
    &command_retry,
    &command_abort,
    &command_recover,
    /* the past */
    &command_runs,
    &command_show,
    &command_watch,
    &command_history,
    &command_log,
    &command_help,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i]; i++)
        if (str_same(commands[i]->name, name))
            return commands[i];
    return NULL;
}

const char *command_nearest(const char *name)
{
    const char *names[sizeof commands / sizeof commands[0]];
    size_t n = 0;

    for (; commands[n]; n++)
        names[n] = commands[n]->name;
    return name_nearest(name, names, n);
}

const char *command_part_title(enum command_part part)
{
    static const char *const titles[PARTS] = {
        [PART_START] = "Start",
        [PART_LOOK] = "Look",
        [PART_RUN] = "Run",
        [PART_PAST] = "The past",
    };

    return titles[part];
}
