#include "op/runs.h"

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/text.h"
#include "op/session.h"

struct listing {
    struct cli *cli;
    json_t *list; /* NULL for text */
    size_t n;
};

static void run_text(struct cli *cli, const struct log_run *run)
{
    struct str *out = &cli->out;

    text_pad(out, run->run, 24);
    str_addc(out, ' ');
    text_time(out, run->started_us);
    str_add(out, "  ");
    text_pad(out, run->command, 8);
    str_addc(out, ' ');
    text_pad(out, run_state_word(cli->session, run), 9);
    str_addf(out, " %8lld ", (long long)run->tenants);
    text_safe(out, run->target);
    if (run->ended_us) {
        str_add(out, "  ");
        text_took(out, run->started_us, run->ended_us);
    }
    if (run->undoes[0]) {
        str_add(out, "  undoes ");
        text_safe(out, run->undoes);
    }
    str_addc(out, '\n');
}

static void run_doc(struct cli *cli, json_t *in, const struct log_run *run)
{
    struct doc *d = &cli->doc;

    doc_text(d, in, "run", run->run);
    doc_text(d, in, "command", run->command);
    doc_text(d, in, "state", run_state_word(cli->session, run));
    doc_text(d, in, "outcome", run->outcome[0] ? run->outcome : NULL);
    doc_text(d, in, "target", run->target);
    doc_text(d, in, "undoes", run->undoes[0] ? run->undoes : NULL);
    doc_int(d, in, "tenants", run->tenants);
    doc_int(d, in, "started_us", run->started_us);
    doc_int(d, in, "ended_us", run->ended_us);
}

static int visit(void *arg, const struct log_run *run)
{
    struct listing *l = arg;

    if (!l->list && l->n == 0)
        str_addf(&l->cli->out, "%-24s %-20s  %-8s %-9s %8s %s\n", "run", "started", "command",
                 "state", "tenants", "target");
    l->n++;
    if (l->list)
        run_doc(l->cli, doc_item(&l->cli->doc, l->list), run);
    else
        run_text(l->cli, run);
    return E_OK;
}

static int run(struct cli *cli, struct error *e)
{
    struct listing l = {.cli = cli};
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = session_store_read(cli->session, e);
    if (rc != E_OK)
        return rc;
    if (cli->options.json)
        l.list = doc_list(&cli->doc, doc_root(&cli->doc), "runs");
    if (cli->session->store)
        rc = log_runs(cli->session->store, false, visit, &l, e);
    if (rc == E_OK && l.n == 0 && !cli->options.json)
        str_add(&cli->out, "no runs yet\n");
    return rc;
}

const struct command command_runs = {
    .name = "runs",
    .arguments = "",
    .summary = "list the runs, newest first",
    .help = "Lists every run that changed something or tried to: its id, when it began, what it\n"
            "did, how it stands (running, done, not done, partial, in doubt), how many tenants,\n"
            "the target, and how long it took.",
    .example = "lockstep runs\nlockstep runs --json\n",
    .part = PART_PAST,
    .run = run,
};
