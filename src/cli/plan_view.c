#include "cli/plan_view.h"

#include <inttypes.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "op/session.h"

enum { NAMED = 5 }; /* as many tenants are named where there may be thousands */

void version_words(struct str *out, const struct source *source, uint64_t version)
{
    const struct migration *m = version && source ? source_find(source, version) : NULL;

    if (version == 0)
        str_add(out, "base");
    else if (m)
        str_add(out, m->digits);
    else
        str_addf(out, "%" PRIu64, version);
}

static void add_decisions(struct str *out, const struct plan *plan)
{
    if (plan->n_groups == 1)
        str_add(out, "one decision");
    else
        text_count(out, plan->n_groups, "decision");
}

static void headline(struct cli *cli, const struct plan *plan)
{
    CLEANUP_STR struct str line = STR_INIT;
    struct session *s = cli->session;

    if (plan->n_tenants == 0)
        str_add(&line, "nothing to do: ");
    text_count(&line, plan->n_tenants ? plan->n_tenants : plan->n_selected - plan->n_skips,
               "tenant");
    str_add(&line, plan->n_tenants ? (plan->direction == PLAN_UP ? " up to " : " down to ")
                   : plan->direction == PLAN_UP ? " at "
                                                : " at or below ");
    version_words(&line, session_names(s), plan->target);
    if (plan->n_tenants) {
        str_add(&line, ", ");
        add_decisions(&line, plan);
    }
    text_tint(cli, TINT_TITLE, &line);
    str_addc(&cli->out, '\n');
}

/* Groups of one reason are told together. */
static void reasons(struct cli *cli, const struct plan *plan)
{
    for (size_t i = 1; i < plan->n_groups; i++) {
        const char *reason = plan->groups[i].reason;
        size_t n = 0, before = 0;

        for (size_t k = 1; k < plan->n_groups; k++) {
            bool same = str_same(plan->groups[k].reason, reason);

            n += same;
            before += same && k < i;
        }
        if (before || !reason)
            continue;
        str_add(&cli->out, "  decisions   ");
        text_count(&cli->out, n, "more decision");
        str_add(&cli->out, ": ");
        text_safe(&cli->out, reason);
        str_addc(&cli->out, '\n');
    }
}

static void name_tenants(struct cli *cli, const struct plan *plan, enum guarantee g)
{
    size_t named = 0;
    uint32_t last = UINT32_MAX;

    for (size_t i = 0; i < plan->n_branches && named <= NAMED; i++) {
        const struct plan_branch *b = &plan->branches[i];

        if (b->guarantee != g || b->tenant == last)
            continue;
        last = b->tenant;
        str_add(&cli->out, named == 0 ? ": " : ", ");
        if (named++ < NAMED)
            text_safe(&cli->out, cli->session->fleet.tenants[b->tenant].id);
        else
            str_add(&cli->out, "...");
    }
}

static void guarantees(struct cli *cli, const struct plan *plan)
{
    for (unsigned g = 0; g < GUARANTEES; g++) {
        if (!plan->n_by_guarantee[g])
            continue;
        str_addf(&cli->out, "  guarantee   %zu %s", plan->n_by_guarantee[g],
                 guarantee_name((enum guarantee)g));
        if (plan->n_by_guarantee[g] < plan->n_tenants)
            name_tenants(cli, plan, (enum guarantee)g);
        str_addc(&cli->out, '\n');
    }
}

static void undoing(struct str *out, const struct plan *plan, const struct step_uses *uses)
{
    if (plan->reversible)
        str_addf(out, "  undo        every step can be undone%s\n",
                 plan->drops_data ? "; rows lost with a dropped table or column stay lost" : "");
    for (size_t i = 0; i < uses->n; i++) {
        const struct step *step = uses->list[i].step;

        if (step->inverse)
            continue;
        str_addf(out, "  undo        %s_", step->digits);
        text_safe(out, step->name);
        str_addf(out, " %s cannot be undone: %s\n", step->down ? "down" : "up",
                 step->down ? "its file is gone" : "it has no down section");
    }
    if (!plan->reversible && plan->drops_data)
        str_add(out, "  undo        rows lost with a dropped table or column stay lost\n");
}

static void facts(struct cli *cli, const struct plan *plan, const struct step_uses *uses)
{
    struct str *out = &cli->out;

    reasons(cli, plan);
    guarantees(cli, plan);
    if (plan->hold_estimate_s > 0) {
        str_add(out, "  hold        each tenant about ");
        text_seconds(out, plan->hold_estimate_s);
        str_add(out, " (estimated)\n");
    }
    undoing(out, plan, uses);
}

static void foreign(struct cli *cli, const struct plan *plan)
{
    if (!plan->n_foreign)
        return;
    str_add(&cli->out, "  history     ");
    text_count(&cli->out, plan->n_foreign, "tenant");
    str_addf(&cli->out,
             " with tables but no history count%s as at base; where that is wrong: "
             "lockstep adopt --at VERSION\n",
             plan->n_foreign == 1 ? "s" : "");
}

static void skips(struct cli *cli, const struct plan *plan)
{
    for (size_t i = 0; i < plan->n_skips; i++) {
        str_add(&cli->out, "  skipped     ");
        text_error(&cli->out, plan->skips[i].why);
        str_addc(&cli->out, '\n');
    }
}

/* One with `values` as the first of its tenants gets it. */
static void add_statement(struct cli *cli, const struct plan *plan, const struct step *step,
                          const struct statement *statement, struct str *sql)
{
    const struct tenant *tenant;

    if (!statement->values || step->script->rows.on) {
        str_addn(sql, statement->sql, statement->len);
        return;
    }
    tenant = &cli->session->fleet.tenants[step_example(plan, step)];
    str_add(&cli->out, "    -- for each tenant with its values, for ");
    text_safe(&cli->out, tenant->id);
    str_add(&cli->out, ":\n");
    if (plan_expand(plan, step->script, statement, tenant, sql) != E_OK)
        sql->failed = true;
}

static void statement_text(struct cli *cli, const struct plan *plan, const struct step *step,
                           const struct statement *statement)
{
    CLEANUP_STR struct str sql = STR_INIT;
    struct str *out = &cli->out;

    if (statement->check)
        str_add(out, "    -- must find no row:\n");
    add_statement(cli, plan, step, statement, &sql);
    if (step->script->engine != ENGINE_EXEC)
        str_addc(&sql, ';');
    out->failed = out->failed || !str_ok(&sql);
    text_block(out, str_text(&sql), sql.len, 4);
}

static void rows_text(struct str *out, const struct for_rows *rows)
{
    str_add(out, rows->on ? ", for each row tenant" : "");
    if (rows->batch)
        str_addf(out, ", %u at a time", rows->batch);
}

static void step_text(struct cli *cli, const struct plan *plan, const struct step_use *use)
{
    const struct step *step = use->step;
    struct str *out = &cli->out;

    str_addf(out, "\n%s_", step->digits);
    text_safe(out, step->name);
    str_addf(out, " %s, ", step->down ? "down" : "up");
    text_count(out, use->tenants, "tenant");
    str_add(out, ", ");
    text_safe(out, step->script->file);
    str_add(out, step->script->transaction_off ? ", outside a transaction" : "");
    rows_text(out, &step->script->rows);
    str_add(out, step->script->foreign_keys_off ? ", foreign keys off" : "");
    str_addc(out, '\n');
    for (size_t i = 0; i < step->script->n; i++)
        statement_text(cli, plan, step, &step->script->statements[i]);
    if (step->script->n == 0)
        str_add(out, "    (nothing)\n");
}

void plan_text(struct cli *cli, const struct plan *plan)
{
    CLEANUP_STEP_USES struct step_uses uses = {0};

    if (step_uses_make(plan, &uses) != E_OK)
        cli->out.failed = true;
    headline(cli, plan);
    if (plan->n_tenants)
        facts(cli, plan, &uses);
    foreign(cli, plan);
    skips(cli, plan);
    if (!plan->n_tenants)
        return;
    str_addf(&cli->out, "  digest      %s\n", plan->digest);
    for (size_t i = 0; i < uses.n; i++)
        step_text(cli, plan, &uses.list[i]);
}

void problems_text(struct cli *cli, const struct problems *problems)
{
    if (problems->n == 0)
        return;
    text_count(&cli->out, problems->n, "problem");
    str_add(&cli->out, ":\n");
    for (size_t i = 0; i < problems->n; i++) {
        str_add(&cli->out, "  ");
        text_error(&cli->out, &problems->list[i]);
        str_addc(&cli->out, '\n');
    }
}

void plan_question(const struct session *s, const struct plan *plan, struct str *out)
{
    CLEANUP_STEP_USES struct step_uses uses = {0};

    if (step_uses_make(plan, &uses) != E_OK)
        out->failed = true;
    str_add(out, "This takes ");
    text_count(out, plan->n_tenants, "tenant");
    str_add(out, " back");
    if (plan->direction == PLAN_DOWN) {
        str_add(out, " to ");
        version_words(out, session_names(s), plan->target);
    }
    str_add(out, ":\n");
    for (size_t i = 0; i < uses.n; i++) {
        str_addf(out, "  %s_", uses.list[i].step->digits);
        text_safe(out, uses.list[i].step->name);
        str_addf(out, " %s, ", uses.list[i].step->down ? "down" : "up");
        text_count(out, uses.list[i].tenants, "tenant");
        str_addc(out, '\n');
    }
    if (plan->drops_data)
        str_add(out, "It drops tables or columns: the rows in them are lost.\n");
}
