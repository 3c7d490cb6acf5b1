#include "db/postgres.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"

#define OBJECT_IN_USE "55006"

enum { SLICE_MS = 100, CANCEL_MS = 5000, CONNECT_S = 10 };

int pg_state(const char *state)
{
    int packed = 0;

    for (int i = 0; i < 5 && state && state[i]; i++)
        packed |= (state[i] - '0') << (6 * i);
    return packed;
}

/* --- errors --- */

/* In a transaction 55006 is no matter of time: "cannot ALTER TABLE, it has pending trigger events".
 * Outside of one it is: somebody is connected to the database that is to be dropped. */
static bool is_busy(const struct pg *pg, const char *state)
{
    static const char *const busy[] = {PG_LOCK_NOT_AVAILABLE, PG_DEADLOCK, "40001", "53300"};

    if (strcmp(state, OBJECT_IN_USE) == 0)
        return !pg->inside;
    for (size_t i = 0; i < sizeof busy / sizeof busy[0]; i++)
        if (strcmp(state, busy[i]) == 0)
            return true;
    return false;
}

/* `invalid input syntax for type integer: "x"` quotes a value; names of constraints may stay. */
static void add_message(struct str *out, const char *state, const char *message)
{
    const char *quoted = strncmp(state, "22", 2) == 0 ? strstr(message, ": \"") : NULL;

    if (quoted)
        str_addn(out, message, (size_t)(quoted - message));
    else
        str_add(out, message);
}

static int say(struct pg *pg, const PGresult *result, struct error *e)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    const char *position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
    CLEANUP_STR struct str text = STR_INIT;
    int code;

    pg->position = position ? (int)strtol(position, NULL, 10) : 0;
    if (!state)
        state = "";
    code = is_busy(pg, state) ? E_BUSY : E_REFUSED;
    add_message(&text, state, message ? message : PQresultErrorMessage(result));
    error_set(e, code, "%s", str_text(&text));
    if (e)
        e->db = pg_state(state);
    if (hint)
        error_hint(e, "%s", hint);
    return code;
}

/* The library's own text, on one line. It names host and user, never a password. */
static void add_reason(struct str *out, const PGconn *conn)
{
    const char *text = PQerrorMessage(conn);
    size_t n = strlen(text);

    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    for (size_t i = 0; i < n; i++)
        str_addc(out, text[i] == '\n' || text[i] == '\t' ? ' ' : text[i]);
}

static int lose(struct pg *pg, const char *why, struct error *e)
{
    CLEANUP_STR struct str reason = STR_INIT;

    pg->lost = true;
    if (!why)
        add_reason(&reason, pg->conn);
    return error_set(e, E_DOUBT, "lost the connection to server %s: %s", pg->server,
                     why ? why : str_text(&reason));
}

/* --- connecting --- */

/* Only the text tells: before a session there is no SQLSTATE to ask for. */
static bool comes_later(const char *reason)
{
    return strstr(reason, "too many clients") || strstr(reason, "connection slots are reserved") ||
           strstr(reason, "too many connections") || strstr(reason, "is starting up") ||
           strstr(reason, "in recovery mode");
}

static int refused(const struct pg *pg, const char *why, struct error *e)
{
    CLEANUP_STR struct str reason = STR_INIT;
    int code;

    if (why)
        str_add(&reason, why);
    else
        add_reason(&reason, pg->conn);
    code = comes_later(str_text(&reason)) ? E_BUSY : E_REFUSED;
    return error_set(e, code, "cannot connect to server %s: %s", pg->server, str_text(&reason));
}

static bool is_stopped(const struct pg *pg)
{
    return pg->setup.stop && atomic_load(pg->setup.stop);
}

/* Waits a slice for the socket. */
static void wait_a_slice(const struct pg *pg, short events)
{
    struct pollfd socket = {.fd = PQsocket(pg->conn), .events = events};

    poll(&socket, 1, SLICE_MS);
}

static int connect_all(struct pg *pg, struct error *e)
{
    int seconds = pg->setup.connect_timeout_s ? pg->setup.connect_timeout_s : CONNECT_S;
    int64_t until = clock_mono_us() + (int64_t)seconds * 1000000;
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;

    if (PQstatus(pg->conn) == CONNECTION_BAD)
        return refused(pg, NULL, e);
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED)
            return refused(pg, NULL, e);
        if (clock_mono_us() > until)
            return refused(pg, "no answer in time", e);
        if (is_stopped(pg))
            return error_set(e, E_REFUSED, "interrupted");
        wait_a_slice(pg, next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        next = PQconnectPoll(pg->conn);
    }
    PQsetnonblocking(pg->conn, 1);
    return E_OK;
}

/* Warnings and notices are nobody's here: the default handler would print them. */
static void drop_notice(void *arg, const PGresult *result)
{
    (void)arg;
    (void)result;
}

static PGconn *start(const struct server *server, const char *database,
                     const struct pg_setup *setup)
{
    /* The first dbname is the url; a second one goes before the url's. */
    const char *names[] = {"dbname",
                           "keepalives_idle",
                           "keepalives_interval",
                           "tcp_user_timeout",
                           "client_encoding",
                           "application_name",
                           NULL,
                           NULL,
                           NULL};
    const char *values[] = {
        server->url, "10",   "5",
        "30000",     "UTF8", setup->application ? setup->application : "lockstep",
        NULL,        NULL,   NULL};
    size_t n = 6;

    if (database) {
        names[n] = "dbname";
        values[n++] = database;
    }
    if (server->password) {
        names[n] = "password";
        values[n++] = server->password;
    }
    return PQconnectStartParams(names, values, 1);
}

int pg_open(const struct server *server, const char *database, const struct pg_setup *setup,
            struct pg **pg, struct error *e)
{
    struct pg *new = calloc(1, sizeof *new);
    int r;

    *pg = NULL;
    if (!new)
        return error_oom(e);
    *new = (struct pg){.setup = *setup, .server = server->name};
    new->conn = start(server, database, setup);
    r = new->conn ? connect_all(new, e) : error_oom(e);
    if (r != E_OK) {
        pg_close(&new);
        return r;
    }
    PQsetNoticeReceiver(new->conn, drop_notice, NULL);
    *pg = new;
    return E_OK;
}

void pg_close(struct pg **pg)
{
    if (!*pg)
        return;
    PQfinish((*pg)->conn);
    free(*pg);
    *pg = NULL;
}

/* --- statements --- */

static void cancel(const struct pg *pg)
{
    PGcancel *cancel = PQgetCancel(pg->conn);
    char text[256];

    if (cancel)
        PQcancel(cancel, text, sizeof text);
    PQfreeCancel(cancel);
}

struct wait {
    int64_t until_us; /* 0: none */
    bool cancelled;
};

/* True when nobody waits any longer. */
static bool is_over(const struct pg *pg, struct wait *w)
{
    if (is_stopped(pg) && !w->cancelled) {
        cancel(pg);
        w->cancelled = true;
        w->until_us = clock_mono_us() + (int64_t)CANCEL_MS * 1000;
    }
    return w->until_us && clock_mono_us() > w->until_us;
}

static int flush(struct pg *pg, struct wait *w, struct error *e)
{
    int left;

    while ((left = PQflush(pg->conn)) > 0) {
        if (is_over(pg, w))
            return lose(pg, "it takes nothing in", e);
        wait_a_slice(pg, POLLIN | POLLOUT);
        if (!PQconsumeInput(pg->conn))
            return lose(pg, NULL, e);
    }
    return left < 0 ? lose(pg, NULL, e) : E_OK;
}

static int await(struct pg *pg, struct wait *w, struct error *e)
{
    while (PQisBusy(pg->conn)) {
        if (is_over(pg, w))
            return lose(pg, "no answer in time", e);
        wait_a_slice(pg, POLLIN);
        if (!PQconsumeInput(pg->conn))
            return lose(pg, NULL, e);
    }
    return E_OK;
}

/* A script may not read from or write to the client. */
static int refuse_copy(struct pg *pg, struct error *e)
{
    pg->lost = true;
    return error_set(e, E_REFUSED, "COPY FROM STDIN and COPY TO STDOUT have no client here");
}

static int judge(struct pg *pg, const PGresult *result, struct error *e)
{
    switch (PQresultStatus(result)) {
    case PGRES_COPY_IN:
    case PGRES_COPY_OUT:
    case PGRES_COPY_BOTH:
        return refuse_copy(pg, e);
    case PGRES_FATAL_ERROR:
    case PGRES_BAD_RESPONSE:
        if (PQstatus(pg->conn) == CONNECTION_BAD)
            return lose(pg, NULL, e);
        return say(pg, result, e);
    default:
        return E_OK;
    }
}

/* All results; the last one that gives rows (the first, when none does), or the first error, and
 * how many came before it. */
static int collect(struct pg *pg, PGresult **result, uint32_t *done, struct error *e)
{
    struct wait w = {0};
    PGresult *next;
    int r, outcome = E_OK;

    if (pg->setup.patience_ms)
        w.until_us = clock_mono_us() + pg->setup.patience_ms * 1000;
    r = flush(pg, &w, e);
    while (r == E_OK && (r = await(pg, &w, e)) == E_OK && (next = PQgetResult(pg->conn))) {
        if (outcome == E_OK)
            outcome = judge(pg, next, e);
        *done += outcome == E_OK && PQcmdStatus(next)[0]; /* none: of a rule, more comes */
        if (result && outcome == E_OK && (!*result || PQresultStatus(next) == PGRES_TUPLES_OK)) {
            PQclear(*result);
            *result = next;
        } else {
            PQclear(next);
        }
        if (pg->lost)
            break;
    }
    return r == E_OK ? outcome : r;
}

static int send_or_lose(struct pg *pg, int sent, struct error *e)
{
    return sent ? E_OK : lose(pg, NULL, e);
}

/* May this be sent? */
static int ready(struct pg *pg, const char *sql, struct error *e)
{
    if (pg->lost)
        return error_set(e, E_DOUBT, "the connection to server %s is gone", pg->server);
    pg->inside = PQtransactionStatus(pg->conn) == PQTRANS_INTRANS || str_starts(sql, PG_BEGIN);
    return E_OK;
}

static int collect_last(struct pg *pg, PGresult **result, uint32_t *done, struct error *e)
{
    int r = collect(pg, result, done, e);

    if (r != E_OK)
        pg_clear(result);
    else if (!*result)
        return error_oom(e);
    return r;
}

int pg_exec(struct pg *pg, const char *sql, struct error *e)
{
    uint32_t done = 0;
    int r = ready(pg, sql, e);

    if (r == E_OK)
        r = send_or_lose(pg, PQsendQuery(pg->conn, sql), e);
    return r == E_OK ? collect(pg, NULL, &done, e) : r;
}

int pg_several(struct pg *pg, const char *sql, PGresult **result, uint32_t *done, struct error *e)
{
    int r = ready(pg, sql, e);

    *result = NULL;
    *done = 0;
    if (r == E_OK)
        r = send_or_lose(pg, PQsendQuery(pg->conn, sql), e);
    return r == E_OK ? collect_last(pg, result, done, e) : r;
}

int pg_last(struct pg *pg, const char *sql, PGresult **result, struct error *e)
{
    uint32_t done;

    return pg_several(pg, sql, result, &done, e);
}

int pg_query(struct pg *pg, const char *sql, int n, const char *const *values, PGresult **result,
             struct error *e)
{
    uint32_t done = 0;
    int r = ready(pg, sql, e);

    *result = NULL;
    if (r == E_OK)
        r = send_or_lose(pg, PQsendQueryParams(pg->conn, sql, n, NULL, values, NULL, NULL, 0), e);
    return r == E_OK ? collect_last(pg, result, &done, e) : r;
}

void pg_clear(PGresult **result)
{
    PQclear(*result);
    *result = NULL;
}

static void add_quoted(struct str *out, char *quoted)
{
    if (quoted)
        str_add(out, quoted);
    else
        out->failed = true;
    PQfreemem(quoted);
}

void pg_add_literal(struct str *out, struct pg *pg, const char *text)
{
    if (text)
        add_quoted(out, PQescapeLiteral(pg->conn, text, strlen(text)));
    else
        str_add(out, "NULL");
}

void pg_add_name(struct str *out, struct pg *pg, const char *name)
{
    add_quoted(out, PQescapeIdentifier(pg->conn, name, strlen(name)));
}
