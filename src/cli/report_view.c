#include "cli/report_view.h"

#include <inttypes.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/text.h"
#include "op/migrate.h"

enum {
    SHOWN = 20, /* failures in text; JSON and `show` have all */
    WEAKER_NAMED = 3
};

static bool is(const struct report *r, const char *command)
{
    return str_same(r->command, command);
}

const char *report_target(const struct report *r)
{
    return r->target_digits && r->target_digits[0] ? r->target_digits : "base";
}

static const char *one_guarantee(const struct report *r)
{
    for (unsigned g = 0; g < GUARANTEES; g++)
        if (r->done && r->by_guarantee[g] == r->done)
            return guarantee_name((enum guarantee)g);
    return NULL;
}

static void decisions(const struct report *r, struct str *out)
{
    if (r->decisions == 1)
        str_add(out, ", one decision");
    else if (r->decisions > 1)
        str_addf(out, ", %u decisions", r->decisions);
    if (r->decisions && one_guarantee(r))
        str_addf(out, ", %s", one_guarantee(r));
}

static void add_done(const struct report *r, struct str *out)
{
    if (is(r, "rehearse")) {
        str_add(out, r->unrehearsed == r->tenants ? "not rehearsed: " : "rehearsal passed: ");
        text_count(out, r->tenants - (r->unrehearsed < r->tenants ? r->unrehearsed : 0), "tenant");
        str_addf(out, " would reach %s%s; nothing was changed", report_target(r),
                 r->unrehearsed == r->tenants ? ", for all that could be asked" : "");
        return;
    }
    if (!r->run[0]) {
        str_add(out, "nothing to do: ");
        text_count(out, r->at_target, "tenant");
        str_addf(out, " at %s", report_target(r));
        return;
    }
    str_add(out, "done: ");
    text_count(out, r->done, "tenant");
    if (is(r, "adopt"))
        str_addf(out, " marked as at %s", report_target(r));
    else if (r->undoes[0])
        str_addf(out, " back to before run %s", r->undoes);
    else
        str_addf(out, " at %s", report_target(r));
    decisions(r, out);
}

static void add_not_done(const struct report *r, struct str *out)
{
    if (is(r, "rehearse")) {
        str_addf(out, "rehearsal failed: %zu of ", r->n_failures);
        text_count(out, r->tenants, "tenant");
        str_add(out, " would fail; nothing was changed");
    } else if (r->as_it_was) {
        str_add(out, "not done: the fleet is as it was");
    } else {
        str_add(out, "not done");
    }
}

static void add_partly(const struct report *r, struct str *out)
{
    str_addf(out, "done in part: %zu of ", r->at_target);
    text_count(out, r->at_target + r->n_failures + r->n_skipped, "tenant");
    str_addf(out, " at %s", report_target(r));
    decisions(r, out);
}

static void add_doubt(const struct report *r, struct str *out)
{
    str_add(out, "in doubt: ");
    if (r->n_in_doubt)
        text_count(out, r->n_in_doubt, "tenant");
    else
        str_add(out, "not everything could be settled");
    str_add(out, "; run lockstep recover");
}

void report_sentence(const struct report *r, struct str *out)
{
    if (r->exit == EXIT_DONE)
        add_done(r, out);
    else if (r->exit == EXIT_SOME)
        add_partly(r, out);
    else if (r->exit == EXIT_IN_DOUBT)
        add_doubt(r, out);
    else
        add_not_done(r, out);
}

static void title(struct cli *cli, const struct report *r)
{
    CLEANUP_STR struct str line = STR_INIT;

    report_sentence(r, &line);
    text_tint(cli,
              r->exit == EXIT_DONE   ? TINT_GOOD
              : r->exit == EXIT_SOME ? TINT_WARN
                                     : TINT_BAD,
              &line);
    str_addc(&cli->out, '\n');
}

/* Not every failure is a tenant's: the run log may have failed, or a decision file. */
static size_t failed_tenants(const struct report *r)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_failures; i++)
        n += r->failures[i].tenant || r->failures[i].why.tenant;
    return n;
}

static void run_line(struct str *out, const struct report *r)
{
    if (r->recovered)
        str_addf(out, "  settled     run %s, which was still open\n", r->recovered_run);
    if (r->run[0])
        str_addf(out, "  run         %s\n", r->run);
    if (!r->run[0] && !is(r, "rehearse"))
        return;
    str_addf(out, "  tenants     %zu done, %zu failed", r->done, failed_tenants(r));
    if (r->unrehearsed)
        str_addf(out, ", %zu not rehearsed (on MySQL what changes a schema cannot be taken back)",
                 r->unrehearsed);
    if (r->n_skipped)
        str_addf(out, ", %zu skipped", r->n_skipped);
    if (r->n_in_doubt)
        str_addf(out, ", %zu in doubt", r->n_in_doubt);
    str_addc(out, '\n');
}

/* Who they are: three by name. */
static void weaker_names(struct str *out, const struct report *r)
{
    for (size_t i = 0; i < r->n_weaker && i < WEAKER_NAMED; i++)
        str_addf(out, "%s%s", i ? ", " : ": ", r->weaker[i].tenant);
    if (r->n_weaker > WEAKER_NAMED)
        str_add(out, ", ...");
}

static void guarantee_line(struct str *out, const struct report *r)
{
    const char *between = "  guarantee   ";

    for (unsigned g = 0; g < GUARANTEES; g++) {
        if (!r->by_guarantee[g])
            continue;
        str_addf(out, "%s%zu %s", between, r->by_guarantee[g], guarantee_name((enum guarantee)g));
        between = ", ";
    }
    if (between[0] != ',')
        return;
    weaker_names(out, r);
    str_addc(out, '\n');
}

static void time_lines(struct str *out, const struct report *r)
{
    bool rehearsed = is(r, "rehearse");

    if (!r->run[0] && !rehearsed)
        return;
    str_add(out, "  time        ");
    text_seconds(out, r->seconds);
    str_addc(out, '\n');
    if (rehearsed)
        return;
    str_add(out, "  hold        longest for writers ");
    text_seconds(out, r->hold_writers_s);
    str_add(out, ", for readers ");
    text_seconds(out, r->hold_readers_s);
    str_addc(out, '\n');
}

static void cut_line(struct str *out, const struct report *r)
{
    if (!r->cut.groups)
        return;
    str_add(out, "  groups      ");
    text_count(out, r->cut.from, "tenant");
    str_addf(out,
             " would have been held longer than max_hold, %.3gs: cut into groups of up to %u\n",
             (double)r->cut.max_hold_ms / 1000, r->cut.to);
}

static void foreign_line(struct str *out, const struct report *r)
{
    if (!r->foreign)
        return;
    str_add(out, "  history     ");
    text_count(out, r->foreign, "tenant");
    str_add(out, " with tables but no history counted as at base; where that is wrong: "
                 "lockstep adopt --at VERSION\n");
}

static void failure_lines(struct str *out, const char *word, const struct report_failure *list,
                          size_t n, const char *run)
{
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        str_addf(out, "%s: ", word);
        if (list[i].tenant && !list[i].why.tenant) {
            text_safe(out, list[i].tenant);
            str_add(out, ": ");
        }
        text_error(out, &list[i].why);
        str_addc(out, '\n');
    }
    if (n > SHOWN && run[0])
        str_addf(out, "and %zu more; lockstep show %s names all\n", n - SHOWN, run);
    else if (n > SHOWN)
        str_addf(out, "and %zu more; --json names all\n", n - SHOWN);
}

static void doubt_lines(struct str *out, const struct report *r)
{
    for (size_t i = 0; i < r->n_in_doubt && i < SHOWN; i++) {
        str_add(out, "in doubt: ");
        text_safe(out, r->in_doubt[i]);
        str_addc(out, '\n');
    }
    if (r->n_in_doubt > SHOWN)
        str_addf(out, "and %zu more; lockstep status --json names all\n", r->n_in_doubt - SHOWN);
}

static void report_text(struct cli *cli, const struct report *r)
{
    struct str *out = &cli->out;

    title(cli, r);
    run_line(out, r);
    guarantee_line(out, r);
    time_lines(out, r);
    cut_line(out, r);
    foreign_line(out, r);
    failure_lines(out, "failed", r->failures, r->n_failures, r->run);
    failure_lines(out, "skipped", r->skipped, r->n_skipped, "");
    doubt_lines(out, r);
    if (r->exit == EXIT_DONE && r->run[0] && !r->undoes[0])
        str_addf(out, "to take it back: lockstep undo %s\n", r->run);
}

void report_show(struct cli *cli, const struct report *report)
{
    cli->exit = report->exit;
    if (cli->options.json)
        report_doc(cli, report);
    else
        report_text(cli, report);
    if (report->exit != EXIT_DONE && report->n_failures)
        cli_also(cli, &report->failures[0].why);
}
