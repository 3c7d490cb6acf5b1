#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/flow.h"

static int run(struct cli *cli, struct error *e)
{
    struct migrate_options options;
    struct report report = {0};
    int rc;

    if (!cli->options.at) {
        error_set(e, E_INVALID, "adopt needs the version that the tenants are at");
        error_hint(e, "add --at VERSION");
        return E_INVALID;
    }
    rc = flow_begin(cli, false, e);
    if (rc != E_OK)
        return rc;
    flow_options(cli, &options, false);
    rc = adopt(cli->session, cli->options.at, &options, &report, e);
    return flow_end(cli, rc, &report);
}

const struct command command_adopt = {
    .name = "adopt",
    .arguments = "",
    .summary = "mark existing tenants as being at a version, without running anything",
    .help =
        "For tenants that got their tables before lockstep: writes the history that says every\n"
        "migration up to VERSION is applied, and runs none of them. Tenants that have a\n"
        "history already stay as they are.",
    .example = "lockstep adopt --at 002\n",
    .part = PART_START,
    .takes = TAKES(AT) | TAKES(SELECT) | TAKES(SKIP_UNUSABLE) | TAKES_RUN,
    .run = run,
};
