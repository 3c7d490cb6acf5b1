#include "store/log.h"

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/event_view.h"
#include "op/runs.h"
#include "op/session.h"

struct printing {
    struct cli *cli;
    struct error *e;
};

static int visit(void *arg, const struct log_event *event)
{
    struct printing *p = arg;

    return event_show(p->cli, event, p->e);
}

static int print(struct cli *cli, struct error *e)
{
    struct printing p = {cli, e};
    struct log_run run;
    bool one = cli->n_args > 0;
    int rc = session_store_read(cli->session, e);

    if (rc == E_OK && !cli->session->store && one)
        return error_set(e, E_MISSING, "there is no run '%s': there is no run log yet",
                         cli->args[0]);
    if (rc != E_OK || !cli->session->store)
        return rc;
    if (one)
        rc = log_find_run(cli->session->store, cli->args[0], &run, e);
    if (rc == E_OK)
        rc = log_read(cli->session->store, one ? run.run : NULL, 0, visit, &p, e);
    return rc;
}

static void check_text(struct cli *cli, const struct log_check *check)
{
    const char *why = check->why_unread.code ? check->why_unread.message : "it is in doubt";
    struct str *out = &cli->out;

    str_addf(out, "%lld events, ", (long long)check->chain.events);
    if (check->chain.broken_seq)
        str_addf(out, "broken at event %lld: %s\n", (long long)check->chain.broken_seq,
                 check->chain.why);
    else
        str_add(out, "the chain holds\n");
    str_addf(out, "%zu tenants, ", check->tenants);
    if (check->heads_missing)
        str_addf(
            out,
            "%zu of them know events that are not in the log, such as %s: its end was cut off\n",
            check->heads_missing, check->first_missing);
    else
        str_add(out, "all they know is in the log\n");
    if (check->unread)
        str_addf(out, "%zu tenant%s could not be asked, such as %s: %s\n", check->unread,
                 check->unread == 1 ? "" : "s", check->first_unread, why);
}

static void check_doc(struct cli *cli, const struct log_check *check)
{
    struct doc *d = &cli->doc;
    json_t *root = doc_root(d);

    doc_int(d, root, "events", check->chain.events);
    doc_int(d, root, "broken_seq", check->chain.broken_seq);
    doc_text(d, root, "why", check->chain.broken_seq ? check->chain.why : NULL);
    doc_int(d, root, "tenants", (json_int_t)check->tenants);
    doc_int(d, root, "heads_missing", (json_int_t)check->heads_missing);
    doc_text(d, root, "first_missing", check->heads_missing ? check->first_missing : NULL);
    doc_int(d, root, "unread", (json_int_t)check->unread);
    doc_text(d, root, "first_unread", check->unread ? check->first_unread : NULL);
    doc_text(d, root, "why_unread", check->unread ? check->why_unread.message : NULL);
    doc_int(d, root, "exit", cli->exit);
}

static bool is_whole(const struct log_check *check)
{
    return !check->chain.broken_seq && !check->heads_missing && !check->unread;
}

static void tell_check(struct cli *cli, const struct log_check *check)
{
    cli->exit = is_whole(check) ? EXIT_DONE : EXIT_NOT_DONE;
    if (cli->options.json)
        check_doc(cli, check);
    else
        check_text(cli, check);
}

static int verify(struct cli *cli, struct error *e)
{
    struct log_check check = {0};
    int rc = log_check(cli->session, &check, e);

    if (rc == E_OK)
        tell_check(cli, &check);
    error_clear(&check.why_unread);
    return rc;
}

static int run(struct cli *cli, struct error *e)
{
    int rc = cli_session(cli, e);

    if (rc != E_OK)
        return rc;
    return cli->options.verify ? verify(cli, e) : print(cli, e);
}

const struct command command_log = {
    .name = "log",
    .arguments = "[RUN]",
    .summary = "the run log; --verify checks its chain",
    .help = "Prints the events of all runs, or of one, a line each; with --json a JSON object a\n"
            "line. --verify checks the chain of hashes, which breaks where an event was edited,\n"
            "removed or moved, and looks for events that tenants know and the log does not, which\n"
            "shows that its end was cut off; it exits with 1 when it finds something.",
    .example = "lockstep log last\nlockstep log --verify\n",
    .part = PART_PAST,
    .most = 1,
    .takes = TAKES(VERIFY) | TAKES(SELECT),
    .run = run,
};
