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
    options.direction = PLAN_DOWN;
    options.target = cli->n_args ? cli->args[0] : NULL;
    rc = migrate(cli->session, &options, &report, e);
    return flow_end(cli, rc, &report);
}

const struct command command_down = {
    .name = "down",
    .arguments = "[TARGET]",
    .summary = "take the fleet down to a version: every tenant or none",
    .help = "Runs the down scripts, as stored in the tenants when the migrations were applied.\n"
            "TARGET is -1 (the default), -N, which counts from the highest version among the\n"
            "tenants, a version, or base. down never raises a tenant. It shows what will be\n"
            "undone and asks; without a terminal it needs --yes. Rows that lived in a dropped\n"
            "table or column do not come back. To take back exactly one run, see undo.",
    .example = "lockstep down\nlockstep down 002 --yes\n",
    .part = PART_RUN,
    .most = 1,
    .takes = TAKES_PLAN | TAKES_RUN,
    .run = run,
};
