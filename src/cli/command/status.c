#include <inttypes.h>

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/plan_view.h"
#include "cli/text.h"
#include "op/session.h"
#include "op/survey.h"

enum { SHOWN = 20 };

static const char *head(const struct status *st)
{
    return st->head ? st->head_digits : "base";
}

static void title(struct cli *cli, const struct status *st)
{
    CLEANUP_STR struct str line = STR_INIT;
    bool all = st->at_head == st->selected;

    text_count(&line, st->selected, "tenant");
    str_addf(&line, ": %zu at %s", st->at_head, head(st));
    str_add(&line, st->head ? " (head)" : " (there is no migration yet)");
    if (st->pending)
        str_addf(&line, ", %zu pending", st->pending);
    if (st->never)
        str_addf(&line, ", %zu never migrated", st->never);
    if (st->unusable)
        str_addf(&line, ", %zu unusable", st->unusable);
    if (st->under_way)
        str_addf(&line, ", %zu in the run under way", st->under_way);
    if (st->in_doubt)
        str_addf(&line, ", %zu in doubt", st->in_doubt);
    text_tint(cli, all ? TINT_GOOD : st->in_doubt || st->unusable ? TINT_BAD : TINT_WARN, &line);
    str_addc(&cli->out, '\n');
}

static void version_lines(struct cli *cli, const struct status *st)
{
    for (size_t i = 0; i < st->n_versions; i++) {
        const struct status_version *v = &st->versions[i];
        CLEANUP_STR struct str word = STR_INIT;

        version_words(&word, session_names(cli->session), v->version);
        str_add(&cli->out, "  ");
        str_join(&cli->out, &word);
        str_addf(&cli->out, "%*s %8zu", word.len < 10 ? (int)(10 - word.len) : 0, "", v->tenants);
        if (v->version != st->head && v->example) {
            str_add(&cli->out, v->tenants == 1 ? "  " : "  such as ");
            text_safe(&cli->out, v->example);
        }
        str_addc(&cli->out, '\n');
    }
}

static void more(struct cli *cli, size_t n)
{
    if (n > SHOWN)
        str_addf(&cli->out, "  and %zu more; --json names all\n", n - SHOWN);
}

static void laggard_lines(struct cli *cli, const struct status *st)
{
    if (st->n_laggards)
        str_add(&cli->out, "pending:\n");
    for (size_t i = 0; i < st->n_laggards && i < SHOWN; i++) {
        str_add(&cli->out, "  ");
        text_safe(&cli->out, st->laggards[i].id);
        str_add(&cli->out, " at ");
        version_words(&cli->out, session_names(cli->session), st->laggards[i].version);
        str_addc(&cli->out, '\n');
    }
    more(cli, st->n_laggards);
}

static void named_lines(struct cli *cli, const char *heading, const struct status_tenant *list,
                        size_t n)
{
    if (n)
        str_addf(&cli->out, "%s:\n", heading);
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        str_add(&cli->out, "  ");
        text_safe(&cli->out, list[i].id);
        if (list[i].why && list[i].why->message[0]) {
            str_add(&cli->out, ": ");
            text_error(&cli->out, list[i].why);
        }
        str_addc(&cli->out, '\n');
    }
    more(cli, n);
}

/* Locks and vacuum wait for them: they are shown even when every tenant is fine. */
static void stray_lines(struct cli *cli, const struct status *st)
{
    if (st->n_strays)
        str_add(&cli->out, "left prepared by lockstep (lockstep recover settles those of this "
                           "fleet's runs):\n");
    for (size_t i = 0; i < st->n_strays && i < SHOWN; i++) {
        const struct status_stray *stray = &st->strays[i];

        str_add(&cli->out, "  ");
        text_safe(&cli->out, stray->server);
        str_add(&cli->out, ", database ");
        text_safe(&cli->out, stray->database);
        str_add(&cli->out, ": ");
        text_safe(&cli->out, stray->name);
        str_add(&cli->out, ", for ");
        text_seconds(&cli->out, (double)stray->age_s);
        str_addc(&cli->out, '\n');
    }
    more(cli, st->n_strays);
}

static void strays_doc(struct doc *d, json_t *in, const struct status *st)
{
    json_t *list = st->n_strays ? doc_list(d, in, "left_prepared") : NULL;

    for (size_t i = 0; i < st->n_strays; i++) {
        json_t *item = doc_item(d, list);

        doc_text(d, item, "server", st->strays[i].server);
        doc_text(d, item, "database", st->strays[i].database);
        doc_text(d, item, "name", st->strays[i].name);
        doc_int(d, item, "age_s", (json_int_t)st->strays[i].age_s);
    }
}

static void show_text(struct cli *cli, const struct status *st)
{
    title(cli, st);
    version_lines(cli, st);
    laggard_lines(cli, st);
    named_lines(cli, "unusable", st->unusables, st->n_unusables);
    named_lines(cli, "in doubt (lockstep recover settles it)", st->doubtful, st->n_doubtful);
    stray_lines(cli, st);
    if (st->changed)
        str_add(&cli->out, "a migration that was applied has changed since, or is gone; "
                           "lockstep plan names it\n");
    if (st->live_run[0])
        str_addf(&cli->out, "under way: %s; lockstep watch follows it\n", st->live_run);
}

static void named_doc(struct doc *d, json_t *in, const char *key,
                      const struct status_tenant *tenants, size_t n)
{
    json_t *list = doc_list(d, in, key);

    for (size_t i = 0; i < n; i++) {
        json_t *item = doc_item(d, list);

        doc_text(d, item, "id", tenants[i].id);
        if (tenants[i].why)
            doc_error(d, doc_object(d, item, "why"), tenants[i].why);
        else
            doc_int(d, item, "version", (json_int_t)tenants[i].version);
    }
}

static void versions_doc(struct cli *cli, json_t *in, const struct status *st)
{
    struct doc *d = &cli->doc;
    json_t *list = doc_list(d, in, "versions");

    for (size_t i = 0; i < st->n_versions; i++) {
        CLEANUP_STR struct str word = STR_INIT;
        json_t *item = doc_item(d, list);

        version_words(&word, session_names(cli->session), st->versions[i].version);
        doc_int(d, item, "version", (json_int_t)st->versions[i].version);
        doc_str(d, item, "digits", &word);
        doc_int(d, item, "tenants", (json_int_t)st->versions[i].tenants);
        doc_text(d, item, "example", st->versions[i].example);
    }
}

static void show_doc(struct cli *cli, const struct status *st)
{
    struct doc *d = &cli->doc;
    json_t *root = doc_root(d);

    doc_int(d, root, "tenants", (json_int_t)st->selected);
    doc_int(d, root, "at_head", (json_int_t)st->at_head);
    doc_int(d, root, "pending", (json_int_t)st->pending);
    doc_int(d, root, "never_migrated", (json_int_t)st->never);
    doc_int(d, root, "unusable", (json_int_t)st->unusable);
    doc_int(d, root, "in_doubt", (json_int_t)st->in_doubt);
    doc_int(d, root, "under_way", (json_int_t)st->under_way);
    doc_text(d, root, "head", head(st));
    doc_int(d, root, "head_version", (json_int_t)st->head);
    doc_bool(d, root, "changed", st->changed);
    doc_text(d, root, "live_run", st->live_run[0] ? st->live_run : NULL);
    versions_doc(cli, root, st);
    named_doc(d, root, "pending_tenants", st->laggards, st->n_laggards);
    named_doc(d, root, "unusable_tenants", st->unusables, st->n_unusables);
    named_doc(d, root, "in_doubt_tenants", st->doubtful, st->n_doubtful);
    strays_doc(d, root, st);
    doc_int(d, root, "exit", cli->exit);
}

static int run(struct cli *cli, struct error *e)
{
    struct status st = {0};
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = status_make(cli->session, &st, e);
    if (rc == E_OK) {
        if (st.in_doubt)
            cli->exit = EXIT_IN_DOUBT;
        else if (cli->options.exit_code && st.at_head != st.selected)
            cli->exit = EXIT_PENDING;
        if (cli->options.json)
            show_doc(cli, &st);
        else
            show_text(cli, &st);
    }
    status_free(&st);
    return rc;
}

const struct command command_status = {
    .name = "status",
    .arguments = "",
    .summary = "how many tenants are at which version, and who lags",
    .help = "Looks at every tenant and counts versions. Tenants that were never migrated, that\n"
            "cannot be used (with the reason) and that are in doubt are counted apart.\n"
            "It exits with 4 when something is in doubt, and with --exit-code with 3 unless\n"
            "every tenant is at head.",
    .example = "lockstep status --exit-code || lockstep up\n",
    .part = PART_LOOK,
    .takes = TAKES(SELECT) | TAKES(EXIT_CODE),
    .run = run,
};
