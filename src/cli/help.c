#include "cli/help.h"

#include <stdbool.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

/* As wide as the longest left side. */
enum { COMMAND_WIDTH = 12, OPTION_WIDTH = 24, COLUMNS = 80 };

const struct exit_row exit_rows[] = {
    {EXIT_DONE, "done"},
    {EXIT_NOT_DONE, "not done, the fleet is as it was"},
    {EXIT_USAGE, "usage or configuration; no tenant found"},
    {EXIT_PENDING, "something is pending (status --exit-code)"},
    {EXIT_IN_DOUBT, "in doubt: run lockstep recover"},
    {EXIT_POLICY, "refused before anything was changed"},
    {EXIT_HELD, "another run holds the fleet"},
    {EXIT_SOME, "some tenants are not at the target"},
};
const size_t n_exit_rows = sizeof exit_rows / sizeof exit_rows[0];

/* Words from column `left` on, under each other where they do not fit. */
static void add_wrapped(const char *text, size_t left, struct str *out)
{
    size_t column = left;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column > left && column + 1 + word > COLUMNS) {
            str_addf(out, "\n%*s", (int)left, "");
            column = left;
        } else if (column > left) {
            str_addc(out, ' ');
            column++;
        }
        str_addn(out, text, word);
        column += word;
        text += word + strspn(text + word, " ");
    }
}

static void add_option(const struct option_row *row, struct str *out)
{
    CLEANUP_STR struct str left = STR_INIT, right = STR_INIT;

    if (row->letter)
        str_addf(&left, "-%c, --%s", row->letter, row->name);
    else
        str_addf(&left, "    --%s", row->name);
    if (row->argument)
        str_addf(&left, " %s", row->argument);
    str_add(&right, row->summary);
    for (size_t i = 0; row->choices[i]; i++)
        str_addf(&right, "%s%s", i == 0 ? ": " : ", ", row->choices[i]);
    str_addf(out, "  %-*s  ", OPTION_WIDTH, str_text(&left));
    add_wrapped(str_text(&right), OPTION_WIDTH + 4, out);
    str_addc(out, '\n');
}

static void add_options(const char *title, uint64_t takes, bool global, struct str *out)
{
    bool any = false;

    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        if (row->hidden || row->global != global || !option_taken((enum option_id)id, takes))
            continue;
        if (!any)
            str_addf(out, "\n%s\n", title);
        any = true;
        add_option(row, out);
    }
}

void help_all(struct str *out)
{
    str_add(out, "usage: lockstep [OPTIONS] COMMAND [ARGUMENTS]\n\n"
                 "Changes the schema of a whole fleet of tenant databases as if it were one\n"
                 "database: every tenant gets the migration, or none keeps it.\n");
    for (unsigned part = 0; part < PARTS; part++) {
        str_addf(out, "\n%s\n", command_part_title((enum command_part)part));
        for (size_t i = 0; commands[i]; i++)
            if (commands[i]->part == part)
                str_addf(out, "  %-*s%s\n", COMMAND_WIDTH, commands[i]->name, commands[i]->summary);
    }
    add_options("Options, before or after the command", 0, true, out);
    str_add(out, "\nlockstep help COMMAND says more about a command.\n");
}

static void add_indented(const char *lines, struct str *out)
{
    bool start = true;

    for (; *lines; lines++) {
        if (start && *lines != '\n')
            str_add(out, "  ");
        str_addc(out, *lines);
        start = *lines == '\n';
    }
}

void help_command(const struct command *command, struct str *out)
{
    str_addf(out, "usage: lockstep %s [OPTIONS]%s%s\n\n%s\n", command->name,
             command->arguments[0] ? " " : "", command->arguments, command->help);
    str_add(out, "\nExample\n");
    add_indented(command->example, out);
    add_options("Options", command->takes, false, out);
    add_options("Options of every command", 0, true, out);
}
