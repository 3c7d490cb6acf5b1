/* The manual page, in the language of scdoc, from the same tables as the help. */
#include <string.h>

#include "cli/cli.h"
#include "cli/help.h"

static void add_escaped(struct str *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\*_<>#`[]|.-!~", *text))
            str_addc(out, '\\');
        str_addc(out, *text);
    }
}

static void add_option(const struct option_row *row, struct str *out)
{
    if (row->letter)
        str_addf(out, "*-%c*, ", row->letter);
    str_add(out, "*--");
    add_escaped(out, row->name);
    str_add(out, "*");
    if (row->argument)
        str_addf(out, " _%s_", row->argument);
    str_add(out, "\n\t");
    add_escaped(out, row->summary);
    for (size_t i = 0; row->choices[i]; i++)
        str_addf(out, "%s*%s*", i == 0 ? ": " : ", ", row->choices[i]);
    str_add(out, "\n\n");
}

static void add_options(uint64_t takes, bool global, struct str *out)
{
    for (unsigned id = 0; id < OPTIONS; id++) {
        const struct option_row *row = option_row((enum option_id)id);

        if (!row->hidden && row->global == global && option_taken((enum option_id)id, takes))
            add_option(row, out);
    }
}

static void add_command(const struct command *command, struct str *out)
{
    str_addf(out, "## %s", command->name);
    if (command->arguments[0])
        str_add(out, " ");
    add_escaped(out, command->arguments);
    str_add(out, "\n\n");
    add_escaped(out, command->help);
    str_addf(out, "\n\n```\n%s```\n\n", command->example);
    add_options(command->takes, false, out);
}

static void add_exits(struct str *out)
{
    str_add(out, "# EXIT STATUS\n\n");
    for (size_t i = 0; i < n_exit_rows; i++) {
        str_addf(out, "*%d*\n\t", exit_rows[i].code);
        add_escaped(out, exit_rows[i].meaning);
        str_add(out, "\n\n");
    }
}

static void add_files(struct str *out)
{
    str_add(out, "# FILES\n\n"
                 "_lockstep.conf_\n"
                 "\tthe configuration, in the working folder; paths in it are relative to it\n\n"
                 "_migrations/NNN\\_name.sql_\n"
                 "\ta migration, with sections *\\-\\- lockstep:up* and *\\-\\- lockstep:down*\n\n"
                 "_migrations/NNN\\_name.postgres.sql_, _.mysql.sql_, _.sqlite.sql_\n"
                 "\tthe same migration for the tenants of that engine, in its dialect\n\n"
                 "_.lockstep/_\n"
                 "\tthe run log and what is remembered of the tenants\n\n"
                 "# ENVIRONMENT\n\n"
                 "*NO_COLOR*\n"
                 "\twhen not empty, no color unless *\\-\\-color always* asks for it\n");
}

void manual_print(struct str *out)
{
    str_add(out, "lockstep(1)\n\n# NAME\n\nlockstep - " LOCKSTEP_SUMMARY "\n\n# SYNOPSIS\n\n"
                 "*lockstep* [options] _command_ [arguments]\n\n# DESCRIPTION\n\n"
                 "Changes the schema of a whole fleet of tenant databases as if it were one\n"
                 "database: every tenant gets the migration, or none keeps it. Without a\n"
                 "configuration the fleet is _tenants/\\*.db_ and the migrations are in\n"
                 "_migrations/_.\n\n# OPTIONS\n\n");
    add_options(0, true, out);
    str_add(out, "# COMMANDS\n\n");
    for (size_t i = 0; commands[i]; i++)
        add_command(commands[i], out);
    add_exits(out);
    add_files(out);
}
