#include <inttypes.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/plan_view.h"
#include "op/session.h"

/* With `values`, as one of its tenants gets it. */
static void expanded_doc(struct cli *cli, json_t *in, const struct plan *plan,
                         const struct step *step, const struct statement *statement)
{
    CLEANUP_STR struct str sql = STR_INIT;
    const struct tenant *tenant = &cli->session->fleet.tenants[step_example(plan, step)];

    if (plan_expand(plan, step->script, statement, tenant, &sql) != E_OK)
        sql.failed = true;
    doc_text(&cli->doc, in, "example", tenant->id);
    doc_str(&cli->doc, in, "expanded", &sql);
}

static void statement_doc(struct doc *d, json_t *in, const struct statement *statement)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_addn(&sql, statement->sql, statement->len);
    doc_str(d, in, "sql", &sql);
    doc_int(d, in, "line", statement->line);
    doc_bool(d, in, "check", statement->check);
}

static void step_doc(struct cli *cli, json_t *in, const struct plan *plan,
                     const struct step_use *use)
{
    const struct step *step = use->step;
    struct doc *d = &cli->doc;
    json_t *statements = doc_list(d, in, "statements");

    doc_int(d, in, "version", (json_int_t)step->version);
    doc_text(d, in, "digits", step->digits);
    doc_text(d, in, "name", step->name);
    doc_text(d, in, "direction", step->down ? "down" : "up");
    doc_text(d, in, "file", step->script->file);
    doc_text(d, in, "checksum", step->checksum);
    doc_bool(d, in, "reversible", step->inverse != NULL);
    doc_bool(d, in, "transaction", !script_is_outside(step->script));
    doc_bool(d, in, "rows", step->script->rows.on);
    doc_bool(d, in, "foreign_keys", !step->script->foreign_keys_off);
    doc_int(d, in, "tenants", (json_int_t)use->tenants);
    for (size_t i = 0; i < step->script->n; i++) {
        const struct statement *statement = &step->script->statements[i];
        json_t *item = doc_item(d, statements);

        statement_doc(d, item, statement);
        if (statement->values && !step->script->rows.on)
            expanded_doc(cli, item, plan, step, statement);
    }
}

static void steps_doc(struct cli *cli, json_t *in, const struct plan *plan)
{
    struct doc *d = &cli->doc;
    CLEANUP_STEP_USES struct step_uses uses = {0};
    json_t *list = doc_list(d, in, "steps");

    if (step_uses_make(plan, &uses) != E_OK)
        d->failed = true;
    for (size_t i = 0; i < uses.n; i++)
        step_doc(cli, doc_item(d, list), plan, &uses.list[i]);
}

static void groups_doc(struct cli *cli, json_t *in, const struct plan *plan)
{
    struct doc *d = &cli->doc;
    json_t *list = doc_list(d, in, "groups");

    for (size_t i = 0; i < plan->n_groups; i++) {
        const struct plan_group *group = &plan->groups[i];
        json_t *item = doc_item(d, list), *tenants = doc_list(d, item, "tenants");

        doc_int(d, item, "group", (json_int_t)i + 1);
        doc_text(d, item, "reason", group->reason);
        for (uint32_t k = 0; k < group->n; k++) {
            const struct plan_branch *b = &plan->branches[group->first + k];
            json_t *tenant = doc_item(d, tenants);

            doc_text(d, tenant, "id", cli->session->fleet.tenants[b->tenant].id);
            doc_text(d, tenant, "guarantee", guarantee_name(b->guarantee));
        }
    }
}

static void skips_doc(struct doc *d, json_t *in, const struct plan *plan)
{
    json_t *list = doc_list(d, in, "skipped");

    for (size_t i = 0; i < plan->n_skips; i++)
        doc_error(d, doc_item(d, list), plan->skips[i].why);
}

static void counts_doc(struct doc *d, json_t *in, const struct plan *plan)
{
    json_t *by = doc_object(d, in, "guarantees");

    doc_int(d, in, "selected", (json_int_t)plan->n_selected);
    doc_int(d, in, "tenants", (json_int_t)plan->n_tenants);
    doc_int(d, in, "decisions", (json_int_t)plan->n_groups);
    doc_int(d, in, "tables_without_history", (json_int_t)plan->n_foreign);
    for (unsigned g = 0; g < GUARANTEES; g++)
        doc_int(d, by, guarantee_name((enum guarantee)g), (json_int_t)plan->n_by_guarantee[g]);
}

void plan_doc(struct cli *cli, const struct plan *plan)
{
    struct doc *d = &cli->doc;
    json_t *root = doc_root(d);
    CLEANUP_STR struct str target = STR_INIT;

    version_words(&target, session_names(cli->session), plan->target);
    doc_text(d, root, "direction", plan->direction == PLAN_UP ? "up" : "down");
    doc_str(d, root, "target", &target);
    doc_int(d, root, "target_version", (json_int_t)plan->target);
    counts_doc(d, root, plan);
    doc_bool(d, root, "reversible", plan->reversible);
    doc_bool(d, root, "drops_data", plan->drops_data);
    doc_real(d, root, "hold_estimate_s", plan->hold_estimate_s);
    doc_text(d, root, "digest", plan->digest);
    steps_doc(cli, root, plan);
    groups_doc(cli, root, plan);
    skips_doc(d, root, plan);
}

void problems_doc(struct cli *cli, const struct problems *problems)
{
    struct doc *d = &cli->doc;
    json_t *list = doc_list(d, doc_root(d), "problems");

    for (size_t i = 0; i < problems->n; i++)
        doc_error(d, doc_item(d, list), &problems->list[i]);
}
