#include "store/holder.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/error.h"

size_t holder_write(const struct holder *holder, char line[HOLDER_LINE])
{
    json_t *json =
        json_pack("{s:i,s:s,s:s,s:s,s:I}", "pid", (int)holder->pid, "host", holder->host, "command",
                  holder->command, "run", holder->run, "since_us", (json_int_t)holder->since_us);
    size_t n = json ? json_dumpb(json, line, HOLDER_LINE - 1, JSON_COMPACT | JSON_ENSURE_ASCII) : 0;

    json_decref(json);
    if (n == 0 || n >= HOLDER_LINE)
        return 0;
    line[n++] = '\n';
    return n;
}

bool holder_read(const char *line, size_t n, struct holder *holder)
{
    const char *host, *command, *run;
    json_int_t since;
    int pid;
    json_t *json = json_loadb(line, n, 0, NULL);
    bool whole = json && json_unpack(json, "{s:i,s:s,s:s,s:s,s:I}", "pid", &pid, "host", &host,
                                     "command", &command, "run", &run, "since_us", &since) == 0;

    memset(holder, 0, sizeof *holder);
    whole = whole && pid > 0;
    if (whole) {
        holder->pid = pid;
        holder->since_us = since;
        snprintf(holder->host, sizeof holder->host, "%s", host);
        snprintf(holder->command, sizeof holder->command, "%s", command);
        snprintf(holder->run, sizeof holder->run, "%s", run);
    }
    json_decref(json);
    return whole;
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
