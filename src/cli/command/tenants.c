#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/text.h"
#include "op/session.h"

static void tenant_text(struct cli *cli, const struct tenant *t, size_t width)
{
    struct str *out = &cli->out;

    text_pad(out, t->id, width);
    str_add(out, "  ");
    text_safe(out, t->path);
    for (size_t i = 0; i < t->n_labels; i++) {
        str_add(out, i == 0 ? "  " : ",");
        text_safe(out, t->labels[i].key);
        str_addc(out, '=');
        text_safe(out, t->labels[i].value);
    }
    str_addc(out, '\n');
}

static void tenant_doc(struct doc *d, json_t *in, const struct tenant *t)
{
    json_t *labels = doc_object(d, in, "labels");

    doc_text(d, in, "id", t->id);
    doc_text(d, in, "path", t->path);
    if (t->engine != ENGINE_SQLITE) {
        doc_text(d, in, "engine", engine_name(t->engine));
        doc_text(d, in, "database", t->database);
        doc_text(d, in, "schema", t->schema);
    }
    doc_text(d, in, "origin", t->origin);
    for (size_t i = 0; i < t->n_labels; i++)
        doc_text(d, labels, t->labels[i].key, t->labels[i].value);
}

static size_t id_width(const struct session *s)
{
    size_t width = 0;

    for (size_t i = 0; i < s->fleet.n; i++) {
        size_t n = s->selected[i] ? text_width(s->fleet.tenants[i].id) : 0;

        width = n > width ? n : width;
    }
    return width < 40 ? width : 40;
}

static void show(struct cli *cli)
{
    const struct session *s = cli->session;
    json_t *list = NULL;
    size_t width = id_width(s);

    if (cli->options.json) {
        doc_int(&cli->doc, doc_root(&cli->doc), "count", (json_int_t)s->n_selected);
        list = doc_list(&cli->doc, doc_root(&cli->doc), "tenants");
    }
    for (size_t i = 0; i < s->fleet.n; i++) {
        if (!s->selected[i])
            continue;
        if (cli->options.json)
            tenant_doc(&cli->doc, doc_item(&cli->doc, list), &s->fleet.tenants[i]);
        else
            tenant_text(cli, &s->fleet.tenants[i], width);
    }
}

static int run(struct cli *cli, struct error *e)
{
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = session_fleet(cli->session, e);
    if (rc == E_OK)
        show(cli);
    return rc;
}

const struct command command_tenants = {
    .name = "tenants",
    .arguments = "",
    .summary = "list the fleet",
    .help = "Lists the tenants that the configuration resolves to, with their files and labels,\n"
            "without opening any of them. --select narrows it down as it does everywhere:\n"
            "a comma means and, id is a label, values may be globs, != also matches tenants\n"
            "without the label.",
    .example = "lockstep tenants --select 'region=eu,tier!=free'\n",
    .part = PART_LOOK,
    .takes = TAKES(SELECT),
    .run = run,
};
