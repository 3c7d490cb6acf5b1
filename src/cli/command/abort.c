#include "base/error.h"
#include "cli/command/commands.h"
#include "op/runs.h"

static int run(struct cli *cli, struct error *e)
{
    char named[40] = "";
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = run_abort(cli->session, cli->n_args ? cli->args[0] : NULL, named, e);
    if (rc != E_OK)
        return rc;
    if (cli->options.json)
        doc_text(&cli->doc, doc_root(&cli->doc), "asked", named);
    else
        str_addf(&cli->out, "asked run %s to abort; lockstep watch %s shows its end\n", named,
                 named);
    return E_OK;
}

const struct command command_abort = {
    .name = "abort",
    .arguments = "[RUN]",
    .summary = "ask a live run to stop",
    .help =
        "Asks the run that is under way to stop. Before its last decision the fleet ends as it\n"
        "was; behind it the run finishes. Without RUN it is the one that runs now.",
    .example = "lockstep abort\n",
    .part = PART_RUN,
    .most = 1,
    .run = run,
};
