#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/flow.h"
#include "cli/plan_view.h"
#include "op/session.h"

/* A target below where the tenants are is a plan for `down`. */
static enum plan_direction direction(const char *target)
{
    return target && (target[0] == '-' || str_same(target, "base")) ? PLAN_DOWN : PLAN_UP;
}

static void show(struct cli *cli, int rc, const struct plan *plan, const struct problems *problems)
{
    if (cli->options.json) {
        problems_doc(cli, problems);
        if (rc == E_OK)
            plan_doc(cli, plan);
        return;
    }
    if (rc == E_OK)
        plan_text(cli, plan);
    problems_text(cli, problems);
}

static int make(struct cli *cli, struct error *e)
{
    struct migrate_options options;
    struct survey survey = {0};
    struct plan plan = {0};
    struct problems problems = {0};
    int rc;

    flow_options(cli, &options, false);
    options.target = cli->n_args ? cli->args[0] : NULL;
    options.direction = direction(options.target);
    rc = migrate_plan(cli->session, &options, &survey, &plan, &problems, e);
    progress_erase(&cli->progress);
    show(cli, rc, &plan, &problems);
    problems_free(&problems);
    plan_free(&plan);
    survey_free(&survey);
    return rc;
}

static int run(struct cli *cli, struct error *e)
{
    int rc = cli_session(cli, e);

    return rc == E_OK ? make(cli, e) : rc;
}

const struct command command_plan = {
    .name = "plan",
    .arguments = "[TARGET]",
    .summary = "what up or down would run, and what it can promise",
    .help = "Shows the exact SQL of every step and how many tenants take it, what each tenant can\n"
            "be promised, whether one decision covers them all and why not otherwise, how long\n"
            "tenants are held, and what cannot be undone. Nothing is changed. Without a target it\n"
            "is the plan of up; -N and base give the plan of down. A plan that would be refused\n"
            "lists every problem and exits with 5.",
    .example = "lockstep plan\nlockstep plan 003 --select region=eu\nlockstep plan -1\n",
    .part = PART_LOOK,
    .most = 1,
    .takes = TAKES_PLAN,
    .run = run,
};
