#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/text.h"
#include "op/runs.h"
#include "op/session.h"

static void title(struct cli *cli, const struct run_view *v)
{
    CLEANUP_STR struct str line = STR_INIT;

    text_safe(&line, v->run.run);
    str_add(&line, ": ");
    text_safe(&line, v->state);
    text_tint(cli, str_same(v->state, "done") ? TINT_GOOD : TINT_WARN, &line);
    str_addc(&cli->out, '\n');
}

/* The run log is a file like any other: what it says is shown as text, whatever it says. */
static void line_of(struct str *out, const char *name, const char *value)
{
    str_addf(out, "  %-11s ", name);
    text_safe(out, value);
    str_addc(out, '\n');
}

static void head_lines(struct str *out, const struct run_view *v)
{
    str_add(out, "  command     ");
    text_safe(out, v->run.command);
    str_add(out, " to ");
    text_safe(out, v->run.target);
    str_addf(out, ", scope %s\n", v->scope ? v->scope : "fleet");
    if (v->run.undoes[0])
        line_of(out, "undoes", v->run.undoes);
    str_add(out, "  started     ");
    text_time(out, v->run.started_us);
    if (v->run.ended_us) {
        str_add(out, ", took ");
        text_took(out, v->run.started_us, v->run.ended_us);
    }
    str_addf(out, "\n  tenants     %lld\n  decisions   %u\n", (long long)v->run.tenants,
             v->decisions);
    line_of(out, "digest", v->digest ? v->digest : "");
    for (size_t i = 0; i < v->n_migrations; i++) {
        str_add(out, i == 0 ? "  migrations  " : "              ");
        text_safe(out, v->migrations[i]);
        str_addc(out, '\n');
    }
}

static bool has_group(const struct run_view *v, uint32_t id)
{
    for (size_t i = 0; i < v->n_groups; i++)
        if (v->groups[i].id == id)
            return true;
    return false;
}

static void failure_line(struct str *out, const struct failure_view *f, const char *indent)
{
    str_addf(out, "%sfailed: ", indent);
    if (f->tenant) {
        text_safe(out, f->tenant);
        str_add(out, ": ");
    }
    text_safe(out, f->text);
    str_addc(out, '\n');
}

static void group_lines(struct str *out, const struct run_view *v)
{
    for (size_t i = 0; i < v->n_groups; i++) {
        const struct group_view *g = &v->groups[i];

        str_addf(out, "  group %u: ", g->id);
        text_count(out, g->tenants, "tenant");
        str_addf(out, ", %s", g->state);
        if (g->undoes)
            str_addf(out, ", takes group %u back", g->undoes);
        str_addc(out, '\n');
        for (size_t k = 0; k < v->n_failures; k++)
            if (v->failures[k].group == g->id)
                failure_line(out, &v->failures[k], "    ");
    }
    for (size_t k = 0; k < v->n_failures; k++)
        if (!has_group(v, v->failures[k].group))
            failure_line(out, &v->failures[k], "  ");
}

static void head_doc(struct doc *d, json_t *in, const struct run_view *v)
{
    doc_text(d, in, "run", v->run.run);
    doc_text(d, in, "state", v->state);
    doc_text(d, in, "command", v->run.command);
    doc_text(d, in, "target", v->run.target);
    doc_text(d, in, "scope", v->scope);
    doc_text(d, in, "undoes", v->run.undoes[0] ? v->run.undoes : NULL);
    doc_text(d, in, "digest", v->digest);
    doc_int(d, in, "tenants", v->run.tenants);
    doc_int(d, in, "decisions", v->decisions);
    doc_int(d, in, "started_us", v->run.started_us);
    doc_int(d, in, "ended_us", v->run.ended_us);
}

static void groups_doc(struct doc *d, json_t *in, const struct run_view *v)
{
    json_t *list = doc_list(d, in, "groups");

    for (size_t i = 0; i < v->n_groups; i++) {
        json_t *item = doc_item(d, list);

        doc_int(d, item, "group", v->groups[i].id);
        doc_int(d, item, "undoes", v->groups[i].undoes);
        doc_int(d, item, "tenants", (json_int_t)v->groups[i].tenants);
        doc_text(d, item, "state", v->groups[i].state);
    }
}

static void show_doc(struct doc *d, const struct run_view *v)
{
    json_t *root = doc_root(d), *list;

    head_doc(d, root, v);
    groups_doc(d, root, v);
    list = doc_list(d, root, "migrations");
    for (size_t i = 0; i < v->n_migrations; i++)
        doc_add_text(d, list, v->migrations[i]);
    list = doc_list(d, root, "failures");
    for (size_t i = 0; i < v->n_failures; i++) {
        json_t *item = doc_item(d, list);

        doc_int(d, item, "group", v->failures[i].group);
        doc_text(d, item, "tenant", v->failures[i].tenant);
        doc_text(d, item, "text", v->failures[i].text);
    }
}

static int run(struct cli *cli, struct error *e)
{
    struct run_view view = {0};
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = run_show(cli->session, cli->args[0], &view, e);
    if (rc == E_OK && cli->options.json) {
        show_doc(&cli->doc, &view);
    } else if (rc == E_OK) {
        title(cli, &view);
        head_lines(&cli->out, &view);
        group_lines(&cli->out, &view);
    }
    run_view_free(&view);
    return rc;
}

const struct command command_show = {
    .name = "show",
    .arguments = "RUN",
    .summary = "one run: its groups, and every failure",
    .help =
        "RUN is the id of a run, a beginning of it, or last. Shows what it ran, its groups and\n"
        "how each of them ended, and every failure with its tenant, file, line and statement.",
    .example = "lockstep show last\n",
    .part = PART_PAST,
    .least = 1,
    .most = 1,
    .run = run,
};
