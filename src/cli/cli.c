#include "cli/cli.h"

#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/text.h"
#include "op/interrupt.h"
#include "op/session.h"

static void show_progress(void *ctx, const struct progress *progress)
{
    struct cli *cli = ctx;

    progress_show(&cli->progress, progress);
}

int cli_session(struct cli *cli, struct error *e)
{
    const struct options *given = &cli->options;
    struct session_options options = {
        .config_file = given->config,
        .tenants = given->tenants,
        .migrations = given->migrations,
        .select = given->select,
        .jobs = (int)given->jobs,
    };

    int r = session_open(&options, &cli->session, e);

    if (r == E_OK) {
        cli->session->progress = show_progress;
        cli->session->progress_ctx = cli;
    }
    return r;
}

static int cannot_write(struct error *e)
{
    return error_errno(e, E_REFUSED, "write to", "standard output");
}

static int write_out(const char *text, size_t len, struct error *e)
{
    errno = 0;
    if (fwrite(text, 1, len, stdout) != len || fflush(stdout) != 0)
        return cannot_write(e);
    return E_OK;
}

static int flush_doc(struct cli *cli, size_t flags, struct error *e)
{
    CLEANUP_STR struct str line = STR_INIT;
    int r = cli->doc.failed ? E_NOMEM : json_write(cli->doc.root, flags | JSON_SORT_KEYS, &line);

    str_addc(&line, '\n');
    doc_reset(&cli->doc);
    if (r != E_OK || !str_ok(&line))
        return error_oom(e);
    return write_out(str_text(&line), line.len, e);
}

int cli_flush(struct cli *cli, struct error *e)
{
    int rc = E_OK;

    if (cli->doc.root || cli->doc.failed)
        return flush_doc(cli, JSON_INDENT(2), e);
    if (!str_ok(&cli->out))
        rc = error_oom(e);
    else if (cli->out.len > 0)
        rc = write_out(str_text(&cli->out), cli->out.len, e);
    str_reset(&cli->out);
    return rc;
}

int cli_flush_line(struct cli *cli, struct error *e)
{
    return flush_doc(cli, JSON_COMPACT, e);
}

/* Would stdout and stderr be read as one? */
static bool one_stream(void)
{
    struct stat out, err;

    return fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
           out.st_dev == err.st_dev && out.st_ino == err.st_ino;
}

static void say(const struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    text_error(&text, e);
    fprintf(stderr, "lockstep: %s\n", str_ok(&text) ? str_text(&text) : e->message);
}

void cli_also(const struct cli *cli, const struct error *e)
{
    (void)cli;
    if (!one_stream())
        say(e);
}

static void add_error(struct cli *cli, const struct error *e)
{
    json_t *root = doc_root(&cli->doc);

    doc_error(&cli->doc, doc_object(&cli->doc, root, "error"), e);
    doc_int(&cli->doc, root, "exit", cli->exit);
}

void cli_complain(struct cli *cli, const struct error *e)
{
    progress_erase(&cli->progress);
    if (cli->options.json) {
        add_error(cli, e);
        cli_also(cli, e);
        cli->said = !one_stream();
    } else {
        fflush(stdout);
        say(e);
        cli->said = true;
    }
}

int cli_can_ask(const struct cli *cli, struct error *e)
{
    if (cli->options.yes || isatty(STDIN_FILENO))
        return E_OK;
    error_set(e, E_INVALID, "%s asks before it goes on, and standard input is not a terminal",
              cli->command->name);
    error_hint(e, "add --yes");
    return E_INVALID;
}

/* Waits for a line; false: interrupted. A signal may go to any thread, so the flag is looked at. */
static bool line_ready(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    while (!interrupt_requested()) {
        int n = poll(&in, 1, 200);

        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return false;
    }
    return false;
}

bool cli_ask(struct cli *cli, const char *question)
{
    char answer[16];

    if (cli->options.yes)
        return true;
    progress_erase(&cli->progress);
    fprintf(stderr, "%s [y/N] ", question);
    fflush(stderr);
    if (!line_ready() || !fgets(answer, sizeof answer, stdin))
        return false;
    return answer[0] == 'y' || answer[0] == 'Y';
}
