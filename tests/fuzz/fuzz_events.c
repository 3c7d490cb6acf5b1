/*
 * The log of one run as text, a line each: kind, blank, body; behind "world " are the answers that
 * the machine gets, which are good ones otherwise. Its plan makes a machine, which is
 * told the other events: they are refused or taken, and then the machine gets to its end. What it
 * recorded on the way is told to another machine, behind what was there: recovery of a recovery.
 */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "op/job.h"
#include "op/record.h"
#include "op/session.h"
#include "world.h"

static const char plan[] =
    "{\"command\":\"up\",\"undoes\":\"\",\"target\":\"001\",\"digest\":\"d\",\"key\":\"k\","
    "\"decisions\":\"/t\",\"direction\":0,\"scope\":0,\"undoable\":true,\"tenants\":4,"
    "\"scripts\":[\"h\"],\"texts\":[[\"001_a.sql\",\"CREATE TABLE a(b);\"]],\"recipes\":[[[1,"
    "\"001\",\"a\",\"1:0\",false,0,0,false]]],\"branches\":[[\"a\",\"/t/a.db\",0,0,1,0],[\"b\","
    "\"/t/b.db\",0,0,1,0],[\"c\",\"/t/c.db\",0,0,1,1],[\"d\",\"/t/d.db\",0,0,1,0]],\"groups\":"
    "[[0,3],[3,1]]}";

struct telling {
    const struct job *job;
    struct str lines; /* what was taken, and then what was recorded */
};

static void add_line(struct str *lines, const char *kind, const char *body, size_t n)
{
    str_addf(lines, "%s ", kind);
    str_addn(lines, body, n);
    str_addc(lines, '\n');
}

/* One line; false: refused. */
static bool tell(const struct job *job, struct run *run, const char *line, size_t len)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str kind = STR_INIT;
    const char *blank = memchr(line, ' ', len);
    const char *body = blank ? blank + 1 : line + len;
    struct log_event event = {.seq = 1, .body = body, .body_len = (size_t)(line + len - body)};

    str_addn(&kind, line, blank ? (size_t)(blank - line) : len);
    event.kind = str_text(&kind);
    if (record_replay(job, run, &event, &e) == E_OK)
        return true;
    PROMISE(e.code != E_OK, "what is refused says why");
    return false;
}

static void append(void *ctx, const struct run *run, const struct action *action)
{
    struct telling *t = ctx;
    CLEANUP_STR struct str body = STR_INIT;

    PROMISE(record_write(t->job, run, run_group(run, action->group), action->slot, action->record,
                         &body) == E_OK,
            "a record can be written");
    add_line(&t->lines, record_name(action->record), str_text(&body), body.len);
}

static void tell_all(struct telling *t, struct run *run, const char *at, const char *end)
{
    while (at < end) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line ? line : end;

        if (tell(t->job, run, at, (size_t)(stop - at))) {
            str_addn(&t->lines, at, (size_t)(stop - at));
            str_addc(&t->lines, '\n');
        }
        at = stop + 1;
    }
}

static void check_again(const struct session *s, const struct telling *t, const struct run *told)
{
    struct telling again = {.job = t->job};
    struct run *run = job_machine(s, t->job, 0, 0);

    tell_all(&again, run, str_text(&t->lines), str_text(&t->lines) + t->lines.len);
    PROMISE(again.lines.len == t->lines.len, "what a machine records can be told again");
    PROMISE(told->log_dead || told->doubt || run->kept == told->kept,
            "who is kept is known from the log");
    str_free(&again.lines);
    run_free(run);
}

static void recover(const struct job *job, const char *at, const char *end)
{
    static struct session session = {.jobs = 2};
    struct telling t = {.job = job};
    const struct world_log log = {append, &t};
    struct run *run = job_machine(&session, job, 0, 0);
    const char *world = memmem(at, (size_t)(end - at), "world ", 6);
    struct input in = {(const uint8_t *)world, world ? (size_t)(end - world) : 0};

    run->recovering = true;
    tell_all(&t, run, at, end);
    world_drive(run, &in, &log);
    check_again(&session, &t, run);
    str_free(&t.lines);
    run_free(run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str text = STR_INIT;
    struct job job = {0};
    const char *at, *end, *line;

    str_addn(&text, (const char *)data, size);
    at = str_text(&text);
    end = at + size;
    line = str_starts(at, "plan ") ? memchr(at, '\n', size) : NULL;
    if (line && job_read(at + 5, (size_t)(line - at) - 5, &job, NULL) != E_OK)
        return 0;
    if (!line)
        PROMISE(job_read(plan, strlen(plan), &job, NULL) == E_OK, "the plan of the test is one");
    recover(&job, line ? line + 1 : at, end);
    job_free(&job);
    return 0;
}
