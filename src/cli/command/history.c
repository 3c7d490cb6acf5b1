#include <inttypes.h>

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/text.h"
#include "op/runs.h"

struct listing {
    struct cli *cli;
    json_t *list; /* NULL for text */
    size_t n;
};

static void line_text(struct str *out, const struct history_line *line)
{
    str_addf(out, "%4" PRId64 "  ", line->seq);
    text_pad(out, line->applied_at ? line->applied_at : "", 20);
    str_addf(out, "  %-4s  %" PRIu64 " ", line->direction ? line->direction : "", line->version);
    text_safe(out, line->name ? line->name : "");
    str_add(out, ", run ");
    text_safe(out, line->run ? line->run : "");
    if (line->group)
        str_addf(out, " group %u", line->group);
    str_add(out, ", ");
    text_seconds(out, (double)line->duration_us / 1e6);
    if (!line->down_sql && str_same(line->direction, "up"))
        str_add(out, ", cannot be undone");
    str_addc(out, '\n');
}

static void line_doc(struct doc *d, json_t *in, const struct history_line *line)
{
    doc_int(d, in, "seq", line->seq);
    doc_int(d, in, "version", (json_int_t)line->version);
    doc_text(d, in, "name", line->name);
    doc_text(d, in, "direction", line->direction);
    doc_text(d, in, "checksum", line->checksum);
    doc_text(d, in, "run", line->run);
    doc_int(d, in, "group", line->group);
    doc_text(d, in, "down_sql", line->down_sql);
    doc_text(d, in, "applied_at", line->applied_at);
    doc_int(d, in, "duration_us", line->duration_us);
    doc_text(d, in, "log_head", line->log_head);
}

static int visit(void *arg, const struct history_line *line)
{
    struct listing *l = arg;

    l->n++;
    if (l->list)
        line_doc(&l->cli->doc, doc_item(&l->cli->doc, l->list), line);
    else
        line_text(&l->cli->out, line);
    return E_OK;
}

static int run(struct cli *cli, struct error *e)
{
    struct listing l = {.cli = cli};
    int rc = cli_session(cli, e);

    if (rc == E_OK && cli->options.json) {
        doc_text(&cli->doc, doc_root(&cli->doc), "tenant", cli->args[0]);
        l.list = doc_list(&cli->doc, doc_root(&cli->doc), "history");
    }
    if (rc == E_OK)
        rc = tenant_history(cli->session, cli->args[0], cli->options.row, visit, &l, e);
    if (rc == E_OK && l.n == 0 && !cli->options.json)
        str_add(&cli->out, "no migration was ever applied\n");
    return rc;
}

const struct command command_history = {
    .name = "history",
    .arguments = "TENANT",
    .summary = "what was applied to a tenant and undone, and when",
    .help = "Shows the history table inside the tenant, oldest first: every migration applied and\n"
            "undone, by which run, how long it took. --json also has the checksums and the down\n"
            "scripts. With --row, what one of its row tenants was given.",
    .example = "lockstep history acme\n",
    .part = PART_PAST,
    .least = 1,
    .most = 1,
    .takes = TAKES(ROW),
    .run = run,
};
