#include "store/holder.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/str.h"

int holder_write(const struct holder *holder, struct str *line)
{
    CLEANUP_JSON json_t *json =
        json_pack("{s:i,s:s,s:s,s:s,s:I}", "pid", (int)holder->pid, "host", holder->host, "command",
                  holder->command, "run", holder->run, "since_us", (json_int_t)holder->since_us);
    int r = json ? json_write(json, JSON_COMPACT | JSON_ENSURE_ASCII, line) : E_NOMEM;

    str_addc(line, '\n');
    if (r == E_OK && !str_ok(line))
        return E_NOMEM;
    return r == E_OK && line->len > HOLDER_LINE ? E_INVALID : r;
}

int holder_read(const char *line, size_t n, struct holder *holder)
{
    const char *host, *command, *run;
    json_int_t since;
    int pid;
    CLEANUP_JSON json_t *json = NULL;
    int r = json_read(line, n, 0, &json, NULL);
    bool whole =
        r == E_OK && json_unpack(json, "{s:i,s:s,s:s,s:s,s:I}", "pid", &pid, "host", &host,
                                 "command", &command, "run", &run, "since_us", &since) == 0;

    memset(holder, 0, sizeof *holder);
    if (!whole || pid <= 0)
        return r == E_NOMEM ? r : E_INVALID;
    holder->pid = pid;
    holder->since_us = since;
    snprintf(holder->host, sizeof holder->host, "%s", host);
    snprintf(holder->command, sizeof holder->command, "%s", command);
    snprintf(holder->run, sizeof holder->run, "%s", run);
    return E_OK;
}

int holder_held(const struct holder *h, struct error *e)
{
    char since[32];

    if (h->pid == 0) {
        error_set(e, E_HELD, "another run holds the fleet; it did not say which");
    } else {
        clock_text(h->since_us, since);
        error_set(e, E_HELD, "another run holds the fleet: %s%s%s%s, pid %d on %s since %.8s",
                  h->command, h->run[0] ? " (run " : "", h->run, h->run[0] ? ")" : "", (int)h->pid,
                  h->host, since + 11);
    }
    error_hint(e, "`--wait 10m` waits until it is done");
    return E_HELD;
}
