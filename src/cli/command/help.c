#include "cli/help.h"

#include "base/error.h"
#include "cli/command/commands.h"

static int unknown(const char *name, struct error *e)
{
    const char *near = command_nearest(name);

    error_set(e, E_INVALID, "unknown command '%s'", name);
    if (near)
        error_hint(e, "did you mean %s?", near);
    return E_INVALID;
}

static int run(struct cli *cli, struct error *e)
{
    const struct command *command;

    if (cli->n_args == 0) {
        help_all(&cli->out);
        return E_OK;
    }
    command = command_find(cli->args[0]);
    if (!command)
        return unknown(cli->args[0], e);
    help_command(command, &cli->out);
    return E_OK;
}

const struct command command_help = {
    .name = "help",
    .arguments = "[COMMAND]",
    .summary = "the commands, or more about one of them",
    .help = "Without a command: what there is. With one: what it does, an example, and its\n"
            "options.",
    .example = "lockstep help up\n",
    .part = PART_PAST,
    .most = 1,
    .run = run,
};
