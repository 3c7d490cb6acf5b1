/*
 * The program: what a command gets, and what a command is.
 *
 * One command a file (command/NAME.c), ending in its entry; command.c lists the entries. A command
 * appends text to cli->out or builds cli->doc (--json), sets cli->exit where it is not 0, and
 * returns an outcome like everything else; main prints the rest. Nothing else writes to stdout.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "cli/doc.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "op/exit.h"

struct command;
struct error;
struct session;

struct cli {
    const struct command *command; /* NULL: none was named */
    struct options options;
    char **args; /* what is neither option nor command; owned list, strings of argv */
    size_t n_args;
    struct session *session; /* open after cli_session() */
    struct str out;          /* text for stdout */
    struct doc doc;          /* or the JSON document */
    bool out_color;
    struct progress_line progress;
    int exit;       /* enum exit_code */
    bool said;      /* why it failed, on stderr */
    bool has_ended; /* the command did its work, and exit says with what end */
};

enum command_part { PART_START, PART_LOOK, PART_RUN, PART_PAST, PARTS };

struct command {
    const char *name;
    const char *arguments; /* "[TARGET]", or "" */
    const char *summary;   /* one line */
    const char *help;      /* paragraphs, lines under 80 columns */
    const char *example;   /* command lines, each ended by a line feed */
    enum command_part part;
    size_t least, most; /* arguments */
    uint64_t takes;     /* TAKES(...) of the options that are not global */
    int (*run)(struct cli *cli, struct error *e);
};

/* The table, ended by NULL; and the one of this name, or NULL. */
extern const struct command *const commands[];
const struct command *command_find(const char *name);
const char *command_nearest(const char *name); /* NULL: none is near */
const char *command_part_title(enum command_part part);

/* Splits the command line. E_INVALID for what it does not understand. */
int cli_parse(struct cli *cli, int argc, char **argv, struct error *e);
/* Opens the session with the options given. */
int cli_session(struct cli *cli, struct error *e);
/* Writes and empties cli->out, or the document when there is one. E_REFUSED: it cannot be written.
 */
int cli_flush(struct cli *cli, struct error *e);
/* One JSON line of a stream, now; the document starts anew. */
int cli_flush_line(struct cli *cli, struct error *e);
/* The error for stderr, and for stdout with --json. */
void cli_complain(struct cli *cli, const struct error *e);
/* "lockstep: TEXT" on stderr, unless stdout is the same place and said it already. */
void cli_also(const struct cli *cli, const struct error *e);
/* Asks on the terminal; --yes answers. */
bool cli_ask(struct cli *cli, const char *question);
/* E_INVALID when a question could not be asked. */
int cli_can_ask(const struct cli *cli, struct error *e);

#endif
