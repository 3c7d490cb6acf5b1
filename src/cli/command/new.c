#include "base/error.h"
#include "base/mem.h"
#include "cli/command/commands.h"
#include "cli/text.h"
#include "op/session.h"
#include "source/migration.h"

static int run(struct cli *cli, struct error *e)
{
    CLEANUP_FREE char *path = NULL;
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = source_new(cli->session->config.migrations, cli->args[0], &path, e);
    if (rc != E_OK)
        return rc;
    if (cli->options.json) {
        doc_text(&cli->doc, doc_root(&cli->doc), "file", path);
    } else {
        text_safe(&cli->out, path);
        str_addc(&cli->out, '\n');
    }
    return E_OK;
}

const struct command command_new = {
    .name = "new",
    .arguments = "NAME",
    .summary = "write an empty migration with the next version",
    .help = "Writes migrations/NNN_NAME.sql with empty sections for up and down; NNN is the\n"
            "highest version there plus one, as wide as the others. Prints its path.",
    .example = "lockstep new add_subscription_tier\n",
    .part = PART_START,
    .least = 1,
    .most = 1,
    .run = run,
};
