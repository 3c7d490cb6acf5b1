/* Start, one command, end. What a process must have set globally is set here and nowhere else. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/help.h"
#include "op/session.h"

/* A database must never be opened as descriptor 1 or 2, where messages go. */
static bool standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_RDONLY : O_WRONLY) != fd)
            return false;
    return true;
}

static bool color_wanted(unsigned color)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

    if (color != COLOR_AUTO)
        return color == COLOR_ALWAYS;
    return isatty(STDOUT_FILENO) && !(no_color && *no_color) && !str_same(term, "dumb");
}

static int print_help(struct cli *cli)
{
    if (cli->command)
        help_command(cli->command, &cli->out);
    else
        help_all(&cli->out);
    return E_OK;
}

static int print_version(struct cli *cli)
{
    str_add(&cli->out, "lockstep " LOCKSTEP_VERSION "\n");
    return E_OK;
}

static int run_command(struct cli *cli, struct error *e)
{
    if (!cli->command) {
        error_set(e, E_INVALID, "no command");
        error_hint(e, "lockstep --help lists the commands");
        return E_INVALID;
    }
    return cli->command->run(cli, e);
}

static int act(struct cli *cli, int argc, char **argv, struct error *e)
{
    const struct options *options = &cli->options;
    int rc = cli_parse(cli, argc, argv, e);

    if (rc != E_OK)
        return rc;
    if (options->dir && chdir(options->dir) != 0)
        return error_errno(e, E_INVALID, "enter", options->dir);
    cli->out_color = color_wanted(options->color);
    progress_start(&cli->progress, options->quiet);
    if (options->help)
        return print_help(cli);
    if (options->version)
        return print_version(cli);
    if (options->manual) {
        manual_print(&cli->out);
        return E_OK;
    }
    if (options->completion)
        return completion_print(options->completion, &cli->out, e);
    return run_command(cli, e);
}

/* A run that has ended keeps its exit code: 1 would say that the fleet is as it was. */
static void not_shown(struct cli *cli, struct error *e)
{
    if (cli->has_ended)
        error_hint(e, "the command has ended all the same, and the exit code says how");
    else if (!cli->exit)
        cli->exit = EXIT_NOT_DONE;
    doc_reset(&cli->doc);
    cli->options.json = false;
    if (!cli->said)
        cli_complain(cli, e);
}

static void close_all(struct cli *cli)
{
    session_close(cli->session);
    str_free(&cli->out);
    doc_reset(&cli->doc);
    free(cli->args);
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    CLEANUP_ERROR struct error e = ERROR_INIT;
    int rc;

    if (!standard_streams())
        return EXIT_NOT_DONE;
    signal(SIGPIPE, SIG_IGN); /* a reader that went away must not end a run in the middle */
    rc = act(&cli, argc, argv, &e);
    if (rc != E_OK) {
        if (!e.code) /* whoever failed had no memory to say why, or forgot: it must not end as done
                      */
            error_set(&e, rc,
                      rc == E_NOMEM ? "out of memory" : "it failed, and no reason is known");
        cli.exit = exit_of(e.code);
        cli_complain(&cli, &e);
    }
    progress_erase(&cli.progress);
    if (cli_flush(&cli, &e) != E_OK && e.sys != EPIPE) /* who closes a pipe has seen enough */
        not_shown(&cli, &e);
    close_all(&cli);
    return cli.exit;
}
