#include "cli/command/commands.h"
#include "cli/flow.h"

static int run(struct cli *cli, struct error *e)
{
    struct migrate_options options;
    struct report report = {0};
    int rc = flow_begin(cli, true, e);

    if (rc != 0)
        return rc;
    flow_options(cli, &options, true);
    rc = undo_run(cli->session, cli->args[0], cli->options.tenant, &options, &report, e);
    return flow_end(cli, rc, &report);
}

const struct command command_undo = {
    .name = "undo",
    .arguments = "RUN",
    .summary = "take a run back, on exactly the tenants that took it",
    .help = "RUN is the id of a run, a beginning of it, or last. Every tenant that took that run\n"
            "goes back to where it was before it, all or none; with --tenant only that one. It\n"
            "uses the down scripts stored in the tenants that day and checks them against the run\n"
            "log. It is refused when a later run lies on top, when a down script is missing, and\n"
            "for a run that is an undo itself. It shows what will be undone and asks; without a\n"
            "terminal it needs --yes.",
    .example = "lockstep undo last\nlockstep undo 20261120T203112-4f2a9c --tenant acme --yes\n",
    .part = PART_RUN,
    .least = 1,
    .most = 1,
    .takes = TAKES(TENANT) | TAKES_RUN | TAKES(MAX_HOLD),
    .run = run,
};
