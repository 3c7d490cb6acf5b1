#include "op/recover.h"

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/flow.h"
#include "cli/text.h"
#include "op/session.h"

static const char *const words[] = {
    [RECOVERED_FORWARD] = "committed",
    [RECOVERED_BACK] = "rolled back",
    [RECOVERED_UNDONE] = "undone",
    [RECOVERED_DOUBT] = "in doubt",
};

static void title(struct cli *cli, const struct recovery *recovery, int exit)
{
    CLEANUP_STR struct str text = STR_INIT;
    const char *line = recovery->n == 0       ? "nothing is in doubt"
                       : exit != EXIT_DONE    ? "in doubt: not everything could be settled"
                       : cli->options.dry_run ? "this would be settled:"
                                              : "settled: nothing is in doubt any more";

    str_add(&text, line);
    text_tint(cli, exit == EXIT_DONE ? TINT_GOOD : TINT_BAD, &text);
    str_addc(&cli->out, '\n');
}

static void run_text(struct cli *cli, const struct recovered_run *run)
{
    struct str *out = &cli->out;

    str_addf(out, "  %s %s: ", run->run[0] ? "run" : "files", run->run[0] ? run->run : run->key);
    text_count(out, run->tenants, "tenant");
    str_addf(out, " %s", words[run->how]);
    if (run->why[0]) {
        str_add(out, ": ");
        text_safe(out, run->why);
    }
    str_addc(out, '\n');
    for (size_t i = 0; i < run->n_doubtful; i++) {
        str_add(out, "    in doubt: ");
        text_safe(out, run->doubtful[i]);
        str_addc(out, '\n');
    }
}

static void run_doc(struct doc *d, json_t *in, const struct recovered_run *run)
{
    json_t *list = doc_list(d, in, "in_doubt");

    doc_text(d, in, "run", run->run[0] ? run->run : NULL);
    doc_text(d, in, "key", run->key);
    doc_text(d, in, "how", words[run->how]);
    doc_int(d, in, "tenants", (json_int_t)run->tenants);
    doc_text(d, in, "why", run->why[0] ? run->why : NULL);
    for (size_t i = 0; i < run->n_doubtful; i++)
        doc_add_text(d, list, run->doubtful[i]);
}

static void show_doc(struct cli *cli, const struct recovery *recovery)
{
    struct doc *d = &cli->doc;
    json_t *list = doc_list(d, doc_root(d), "runs");

    doc_bool(d, doc_root(d), "dry_run", cli->options.dry_run);
    doc_int(d, doc_root(d), "leftovers", (json_int_t)recovery->leftovers);
    doc_int(d, doc_root(d), "exit", cli->exit);
    for (size_t i = 0; i < recovery->n; i++)
        run_doc(d, doc_item(d, list), &recovery->runs[i]);
}

static void show_text(struct cli *cli, const struct recovery *recovery)
{
    title(cli, recovery, cli->exit);
    for (size_t i = 0; i < recovery->n; i++)
        run_text(cli, &recovery->runs[i]);
    if (recovery->leftovers) {
        str_add(&cli->out, "  ");
        text_count(&cli->out, recovery->leftovers, "tenant");
        str_add(&cli->out, " had a journal that a crashed application left; settled\n");
    }
}

static int run(struct cli *cli, struct error *e)
{
    struct migrate_options options;
    struct recovery recovery = {0};
    int rc = flow_begin(cli, false, e);

    if (rc == E_OK && !cli->options.dry_run)
        rc = session_store_run(cli->session, "recover", cli->options.wait_ms, e);
    flow_options(cli, &options, false);
    if (rc == E_OK)
        rc = recover(cli->session, cli->options.dry_run, &options, &recovery, e);
    progress_erase(&cli->progress);
    if (rc == E_OK) {
        cli->exit = recovery_exit(&recovery);
        cli->has_ended = true;
        if (cli->options.json)
            show_doc(cli, &recovery);
        else
            show_text(cli, &recovery);
    }
    recovery_free(&recovery);
    return rc;
}

const struct command command_recover = {
    .name = "recover",
    .arguments = "",
    .summary = "settle what a crash left in doubt",
    .help = "Finishes or takes back what a run left open when it was killed or the machine went\n"
            "down: from the run log where there is one, and from what lies beside the tenants.\n"
            "It exits with 0 when nothing is in doubt any more, however it was settled, and with\n"
            "4 otherwise. up, down, undo and retry do the same before they start.",
    .example = "lockstep recover --dry-run\nlockstep recover\n",
    .part = PART_RUN,
    .takes = TAKES(DRY_RUN) | TAKES(WAIT) | TAKES(DEADLINE),
    .run = run,
};
