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
    rc = rehearse(cli->session, &options, &report, e);
    return flow_end(cli, rc, &report);
}

const struct command command_rehearse = {
    .name = "rehearse",
    .arguments = "[TARGET]",
    .summary = "run up on every tenant as far as the vote, and roll back",
    .help = "Runs the migrations on every tenant, deferred checks included, and rolls back: every\n"
            "tenant that would fail is listed with its reason, and nothing is changed. It exits\n"
            "with 1 if any would. Applications wait while their tenant is rehearsed.",
    .example = "lockstep rehearse\nlockstep rehearse 003 --json\n",
    .part = PART_LOOK,
    .most = 1,
    .takes = TAKES_PLAN | TAKES_RUN,
    .run = run,
};
