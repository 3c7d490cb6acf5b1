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
    options.direction = PLAN_UP;
    options.target = cli->n_args ? cli->args[0] : NULL;
    rc = migrate(cli->session, &options, &report, e);
    return flow_end(cli, rc, &report);
}

const struct command command_up = {
    .name = "up",
    .arguments = "[TARGET]",
    .summary = "bring the fleet up to a version: every tenant or none",
    .help =
        "Runs the pending migrations on every tenant and decides once for all of them: every\n"
        "tenant is at the target afterwards, or every tenant is as it was. TARGET is head (the\n"
        "default), a version, or +N, which counts from the lowest version among the tenants.\n"
        "up never lowers a tenant. It settles first what an earlier run left in doubt, and it\n"
        "never asks.",
    .example = "lockstep up\nlockstep up 003 --wait 10m\nlockstep up --select ring=canary\n",
    .part = PART_RUN,
    .most = 1,
    .takes = TAKES_PLAN | TAKES_RUN,
    .run = run,
};
