#include "cli/command/commands.h"
#include "cli/flow.h"

static int run(struct cli *cli, struct error *e)
{
    struct migrate_options options;
    struct report report = {0};
    int rc = flow_begin(cli, false, e);

    if (rc != 0)
        return rc;
    flow_options(cli, &options, false);
    rc = retry_run(cli->session, cli->args[0], &options, &report, e);
    return flow_end(cli, rc, &report);
}

const struct command command_retry = {
    .name = "retry",
    .arguments = "RUN",
    .summary = "run the same plan again where it did not arrive",
    .help = "Runs exactly what RUN ran (the same digest) on those of its tenants that are not at\n"
            "its target. When the migrations or the tenants have changed meanwhile it is\n"
            "refused. It never asks.",
    .example = "lockstep retry last --wait 10m\n",
    .part = PART_RUN,
    .least = 1,
    .most = 1,
    .takes = TAKES_PLAN | TAKES_RUN,
    .run = run,
};
