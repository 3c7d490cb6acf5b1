/* The report of a run as JSON. */
#include "base/error.h"
#include "cli/cli.h"
#include "cli/report_view.h"
#include "op/migrate.h"

static void failures_doc(struct doc *d, json_t *in, const char *key,
                         const struct report_failure *list, size_t n)
{
    json_t *items = doc_list(d, in, key);

    for (size_t i = 0; i < n; i++) {
        json_t *item = doc_item(d, items);

        doc_error(d, item, &list[i].why);
        if (list[i].tenant)
            doc_text(d, item, "tenant", list[i].tenant);
    }
}

static void run_doc(struct doc *d, json_t *in, const struct report *r)
{
    CLEANUP_STR struct str sentence = STR_INIT;

    report_sentence(r, &sentence);
    doc_text(d, in, "command", r->command);
    doc_str(d, in, "result", &sentence);
    doc_text(d, in, "run", r->run[0] ? r->run : NULL);
    doc_text(d, in, "undoes", r->undoes[0] ? r->undoes : NULL);
    doc_text(d, in, "recovered_run", r->recovered ? r->recovered_run : NULL);
    doc_text(d, in, "log_head", r->log_head[0] ? r->log_head : NULL);
    doc_text(d, in, "target", report_target(r));
    doc_int(d, in, "target_version", (json_int_t)r->target);
    doc_bool(d, in, "as_it_was", r->as_it_was);
    doc_int(d, in, "exit", r->exit);
}

static void figures_doc(struct doc *d, json_t *in, const struct report *r)
{
    json_t *by = doc_object(d, in, "guarantees");

    doc_int(d, in, "tenants", (json_int_t)r->tenants);
    doc_int(d, in, "at_target", (json_int_t)r->at_target);
    doc_int(d, in, "done", (json_int_t)r->done);
    doc_int(d, in, "groups", r->groups);
    doc_int(d, in, "decisions", r->decisions);
    doc_int(d, in, "tables_without_history", (json_int_t)r->foreign);
    doc_real(d, in, "seconds", r->seconds);
    doc_real(d, in, "hold_writers_s", r->hold_writers_s);
    doc_real(d, in, "hold_readers_s", r->hold_readers_s);
    for (unsigned g = 0; g < GUARANTEES; g++)
        doc_int(d, by, guarantee_name((enum guarantee)g), (json_int_t)r->by_guarantee[g]);
}

static void cut_doc(struct doc *d, json_t *in, const struct report *r)
{
    json_t *cut = doc_object(d, in, "cut");

    doc_int(d, cut, "groups", r->cut.groups);
    doc_int(d, cut, "from", r->cut.groups ? r->cut.from : 0);
    doc_int(d, cut, "to", r->cut.groups ? r->cut.to : 0);
}

static void weaker_doc(struct doc *d, json_t *in, const struct report *r)
{
    json_t *items = doc_list(d, in, "weaker");

    for (size_t i = 0; i < r->n_weaker; i++) {
        json_t *item = doc_item(d, items);

        doc_text(d, item, "tenant", r->weaker[i].tenant);
        doc_text(d, item, "guarantee", guarantee_name(r->weaker[i].guarantee));
    }
}

void report_doc(struct cli *cli, const struct report *r)
{
    struct doc *d = &cli->doc;
    json_t *root = doc_root(d), *doubt;

    run_doc(d, root, r);
    figures_doc(d, root, r);
    cut_doc(d, root, r);
    weaker_doc(d, root, r);
    failures_doc(d, root, "failures", r->failures, r->n_failures);
    if (r->unrehearsed)
        doc_int(d, root, "not_rehearsed", (json_int_t)r->unrehearsed);
    failures_doc(d, root, "skipped", r->skipped, r->n_skipped);
    doubt = doc_list(d, root, "in_doubt");
    for (size_t i = 0; i < r->n_in_doubt; i++)
        doc_add_text(d, doubt, r->in_doubt[i]);
}
