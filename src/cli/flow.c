#include "cli/flow.h"

#include "base/error.h"
#include "cli/cli.h"
#include "cli/plan_view.h"
#include "cli/report_view.h"
#include "op/interrupt.h"
#include "op/session.h"

static void show_progress(void *ctx, const struct progress *progress)
{
    struct cli *cli = ctx;

    progress_show(&cli->progress, progress);
}

static bool confirm(void *ctx, const struct session *s, const struct plan *plan)
{
    struct cli *cli = ctx;
    CLEANUP_STR struct str text = STR_INIT;

    if (cli->options.yes)
        return true;
    plan_question(s, plan, &text);
    progress_erase(&cli->progress);
    if (!str_ok(&text))
        return false;
    fputs(str_text(&text), stderr);
    return cli_ask(cli, "Go on?");
}

void flow_options(struct cli *cli, struct migrate_options *options, bool asks)
{
    const struct options *given = &cli->options;

    *options = (struct migrate_options){
        .scope = (enum plan_scope)given->scope,
        .accept = given->accept,
        .allow_irreversible = given->allow_irreversible,
        .skip_unusable = given->skip_unusable,
        .wait_ms = given->wait_ms,
        .deadline_ms = given->deadline_ms,
        .max_hold_ms = given->max_hold_ms,
        .confirm = asks ? confirm : NULL,
        .progress = show_progress,
        .ctx = cli,
    };
}

int flow_begin(struct cli *cli, bool asks, struct error *e)
{
    int rc = asks ? cli_can_ask(cli, e) : E_OK;

    if (rc == E_OK)
        rc = cli_session(cli, e);
    if (rc == E_OK)
        interrupt_install();
    return rc;
}

int flow_end(struct cli *cli, int rc, struct report *report)
{
    progress_erase(&cli->progress);
    if (rc == E_OK) {
        cli->has_ended = true;
        report_show(cli, report);
    }
    report_free(report);
    return rc;
}
