/* Follows a run through its log: what is there already, then what comes, until the run has ended.
 */
#include <poll.h>

#include "base/error.h"
#include "cli/command/commands.h"
#include "cli/event_view.h"
#include "op/runs.h"
#include "op/session.h"
#include "store/log.h"

enum { POLL_MS = 200 };

struct watching {
    struct cli *cli;
    struct error *e;
    int64_t next; /* the first event not shown yet */
};

static int visit(void *arg, const struct log_event *event)
{
    struct watching *w = arg;

    w->next = event->seq + 1;
    return event_show(w->cli, event, w->e);
}

static int end_of(const struct log_run *run, const char *state)
{
    if (run->ended_us)
        return str_same(run->outcome, "done") ? EXIT_DONE
               : str_same(state, "partial")   ? EXIT_SOME
               : str_same(state, "in doubt")  ? EXIT_IN_DOUBT
                                              : EXIT_NOT_DONE;
    return EXIT_IN_DOUBT;
}

static int follow(struct cli *cli, const char *name, struct error *e)
{
    struct watching w = {.cli = cli, .e = e};
    struct log_run run;
    struct store *store = cli->session->store;
    int rc = log_find_run(store, name, &run, e);

    while (rc == E_OK) {
        bool live = str_same(run_state_word(cli->session, &run), "running");

        rc = log_read(store, run.run, w.next, visit, &w, e);
        if (rc == E_OK)
            rc = log_find_run(store, run.run, &run, e); /* it may have ended meanwhile */
        if (rc == E_OK && !live && log_read(store, run.run, w.next, visit, &w, e) == E_OK) {
            cli->exit = end_of(&run, run_state_word(cli->session, &run));
            return E_OK;
        }
        poll(NULL, 0, POLL_MS);
    }
    return rc;
}

static int run(struct cli *cli, struct error *e)
{
    const char *name = cli->n_args ? cli->args[0] : "last";
    int rc = cli_session(cli, e);

    if (rc == E_OK)
        rc = session_store_read(cli->session, e);
    if (rc == E_OK && !cli->session->store)
        rc = error_set(e, E_MISSING, "there is no run '%s': there is no run log yet", name);
    return rc == E_OK ? follow(cli, name, e) : rc;
}

const struct command command_watch = {
    .name = "watch",
    .arguments = "[RUN]",
    .summary = "follow a run until it ends",
    .help = "Prints the events of a run as they come, with --json a JSON object a line, until it\n"
            "has ended, and exits as the run did. RUN is an id, a beginning of it, or last (the\n"
            "default). It changes nothing and can be stopped at any time.",
    .example = "lockstep watch\nlockstep watch --json | jq .kind\n",
    .part = PART_PAST,
    .most = 1,
    .run = run,
};
