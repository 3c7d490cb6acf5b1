/* What the table of commands says, as help, as manual page and as completions. */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stddef.h>

struct command;
struct error;
struct str;

struct exit_row {
    int code;
    const char *meaning;
};
extern const struct exit_row exit_rows[];
extern const size_t n_exit_rows;

#define LOCKSTEP_SUMMARY "change the schema of a fleet of databases as if it were one"

void help_all(struct str *out);
void help_command(const struct command *command, struct str *out);
void manual_print(struct str *out); /* for scdoc */
int completion_print(const char *shell, struct str *out, struct error *e);

#endif
