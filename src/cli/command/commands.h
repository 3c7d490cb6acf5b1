/* The entries that the files in this folder end in. */
#ifndef CLI_COMMAND_COMMANDS_H
#define CLI_COMMAND_COMMANDS_H

#include "cli/cli.h"

extern const struct command command_abort, command_adopt, command_down, command_help,
    command_history, command_init, command_log, command_new, command_plan, command_recover,
    command_rehearse, command_retry, command_runs, command_show, command_status, command_tenants,
    command_undo, command_up, command_watch;

#endif
