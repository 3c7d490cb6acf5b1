#include "db/mysql.h"

#include <errmsg.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/mysql_say.h"
#include "db/mysql_url.h"

enum { SLICE_MS = 100, KILL_MS = 5000, CONNECT_S = 10 };

int my_begin(void)
{
    return mysql_library_init(0, NULL, NULL) ? E_NOMEM : E_OK;
}

/* --- waiting --- */

struct wait {
    int64_t until_us; /* 0: none */
    bool killed;
};

static bool is_stopped(const struct my *my)
{
    return my->setup.stop && atomic_load(my->setup.stop);
}

/* What the library waits for, or 0 after a slice without it. */
static int wait_a_slice(const struct my *my, int status)
{
    struct pollfd socket = {.fd = mysql_get_socket(my->conn)};
    int ready = 0;

    socket.events = (short)((status & MYSQL_WAIT_READ ? POLLIN : 0) |
                            (status & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
                            (status & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
    if (poll(&socket, 1, SLICE_MS) < 1)
        return 0;
    if (socket.revents & (POLLIN | POLLERR | POLLHUP))
        ready |= status & MYSQL_WAIT_READ;
    if (socket.revents & (POLLOUT | POLLERR | POLLHUP))
        ready |= status & MYSQL_WAIT_WRITE;
    if (socket.revents & POLLPRI)
        ready |= status & MYSQL_WAIT_EXCEPT;
    return ready;
}

static void kill_query(struct my *my)
{
    const struct my_setup setup = {.patience_ms = KILL_MS, .connect_timeout_s = 2};
    struct my *other = NULL;
    char sql[64];

    snprintf(sql, sizeof sql, "KILL QUERY %lu", mysql_thread_id(my->conn));
    if (my_open(my->server, NULL, &setup, &other, NULL) == E_OK)
        my_exec(other, sql, NULL);
    my_close(&other);
}

/* True when nobody waits any longer. */
static bool is_over(struct my *my, struct wait *w)
{
    if (is_stopped(my) && !w->killed) {
        kill_query(my);
        w->killed = true;
        w->until_us = clock_mono_us() + (int64_t)KILL_MS * 1000;
    }
    return w->until_us && clock_mono_us() > w->until_us;
}

/* Until the library can go on: what it waited for. 0: given up, and the connection is lost. */
static int await(struct my *my, struct wait *w, int status)
{
    int ready;

    while (!(ready = wait_a_slice(my, status)))
        if (is_over(my, w)) {
            my->lost = true;
            return 0;
        }
    return ready;
}

/* --- errors --- */

static int lose(struct my *my, const char *why, struct error *e)
{
    char text[256];

    snprintf(text, sizeof text, "%s", why ? why : mysql_error(my->conn));
    my->lost = true;
    return error_set(e, E_DOUBT, "lost the connection to server %s: %s", my->server->name, text);
}

static int say(struct my *my, struct error *e)
{
    unsigned code = mysql_errno(my->conn);
    CLEANUP_STR struct str text = STR_INIT;
    int outcome = my_outcome(code);

    if (outcome == E_DOUBT)
        return lose(my, NULL, e);
    my_message(code, mysql_error(my->conn), &text);
    error_set(e, outcome, "%s", str_text(&text));
    if (e)
        e->db = (int)code;
    return outcome;
}

/* --- connecting --- */

static void set_options(MYSQL *conn, const struct server *server, const struct my_url *url)
{
    static const my_bool yes = 1;
    bool verify = str_same(url->ssl, "verify");

    mysql_options(conn, MYSQL_OPT_NONBLOCK, NULL);
    mysql_options(conn, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_options4(conn, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name", "lockstep");
    /* The user's own option files, or the one that is named; what the url says goes first. */
    if (server->defaults_file)
        mysql_options(conn, MYSQL_READ_DEFAULT_FILE, server->defaults_file);
    mysql_options(conn, MYSQL_READ_DEFAULT_GROUP, "client");
    if (url->ssl_ca || url->ssl_cert || url->ssl_key)
        mysql_ssl_set(conn, url->ssl_key, url->ssl_cert, url->ssl_ca, NULL, NULL);
    if (verify || str_same(url->ssl, "required"))
        mysql_options(conn, MYSQL_OPT_SSL_ENFORCE, &yes);
    if (verify)
        mysql_options(conn, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

static int cannot(const struct my *my, const char *why, struct error *e)
{
    unsigned code = why ? 0 : mysql_errno(my->conn);
    int outcome = my_outcome(code) == E_BUSY ? E_BUSY : E_REFUSED;

    error_set(e, outcome, "cannot connect to server %s: %s", my->server->name,
              why ? why : mysql_error(my->conn));
    if (e)
        e->db = (int)code;
    return outcome;
}

static int connect_all(struct my *my, const struct my_url *url, const char *database,
                       struct error *e)
{
    int seconds = my->setup.connect_timeout_s ? my->setup.connect_timeout_s : CONNECT_S;
    struct wait w = {.until_us = clock_mono_us() + (int64_t)seconds * 1000000};
    const char *password = my->server->password ? my->server->password : url->password;
    MYSQL *done = NULL;
    int status = mysql_real_connect_start(&done, my->conn, url->host, url->user, password,
                                          database ? database : url->database, url->port,
                                          url->socket, CLIENT_MULTI_STATEMENTS);

    while (status) {
        int ready = wait_a_slice(my, status);

        if (!ready && clock_mono_us() > w.until_us) {
            my->lost = true;
            return cannot(my, "no answer in time", e);
        }
        if (!ready && is_stopped(my)) {
            my->lost = true;
            return error_set(e, E_REFUSED, "interrupted");
        }
        if (ready)
            status = mysql_real_connect_cont(&done, my->conn, ready);
    }
    return done ? E_OK : cannot(my, NULL, e);
}

int my_open(const struct server *server, const char *database, const struct my_setup *setup,
            struct my **my, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct my *new = calloc(1, sizeof *new);
    struct my_url url;
    int r;

    *my = NULL;
    if (!new)
        return error_oom(e);
    *new = (struct my){.setup = *setup, .server = server, .conn = mysql_init(NULL)};
    r = new->conn ? my_url_read(&arena, server->url, &url, e) : error_oom(e);
    if (r == E_OK) {
        set_options(new->conn, server, &url);
        r = connect_all(new, &url, database, e);
    }
    if (r != E_OK) {
        my_close(&new);
        return r;
    }
    *my = new;
    return E_OK;
}

/* One that does not answer must not be waited for: its socket is shut before the good-bye. */
void my_close(struct my **my)
{
    if (!*my)
        return;
    if ((*my)->conn) {
        int socket = (*my)->lost ? (int)mysql_get_socket((*my)->conn) : -1;

        if (socket >= 0)
            shutdown(socket, SHUT_RDWR);
        mysql_close((*my)->conn);
    }
    free(*my);
    *my = NULL;
}

/* --- statements --- */

static int gone(const struct my *my, struct error *e)
{
    return error_set(e, E_DOUBT, "the connection to server %s is gone", my->server->name);
}

static struct wait patience(const struct my *my)
{
    struct wait w = {0};

    if (my->setup.patience_ms)
        w.until_us = clock_mono_us() + my->setup.patience_ms * 1000;
    return w;
}

/* A kill that came too late for its statement hits the next one, which is this. */
static void absorb_kill(struct my *my)
{
    static const char nothing[] = "DO 0";
    const struct my_setup setup = my->setup;

    my->setup.stop = NULL;
    my->setup.patience_ms = KILL_MS;
    if (!my->lost)
        my_exec(my, nothing, NULL);
    my->setup = setup;
}

struct visitor {
    void (*visit)(void *arg, MYSQL_RES *rows); /* NULL: rows are thrown away */
    void *arg;
};

/* The result that stands ready. */
static int take_result(struct my *my, struct wait *w, const struct visitor *v, struct error *e)
{
    MYSQL_RES *got = NULL;
    int status = mysql_store_result_start(&got, my->conn);

    while (status) {
        int ready = await(my, w, status);

        if (!ready)
            return lose(my, "no answer in time", e);
        status = mysql_store_result_cont(&got, my->conn, ready);
    }
    /* Rows were announced: without them, and without an error, the connection broke in between. */
    if (!got)
        return mysql_errno(my->conn) || mysql_field_count(my->conn) ? say(my, e) : E_OK;
    if (v->visit)
        v->visit(v->arg, got);
    else
        mysql_free_result(got);
    return E_OK;
}

static int next_result(struct my *my, struct wait *w, bool *more, struct error *e)
{
    int failed = 0, status = mysql_more_results(my->conn)
                                 ? mysql_next_result_start(&failed, my->conn)
                                 : (failed = -1, 0);

    while (status) {
        int ready = await(my, w, status);

        if (!ready)
            return lose(my, "no answer in time", e);
        status = mysql_next_result_cont(&failed, my->conn, ready);
    }
    *more = failed == 0;
    return failed > 0 ? say(my, e) : E_OK;
}

static int run(struct my *my, const char *sql, struct wait *w, const struct visitor *v,
               struct error *e)
{
    bool more = true;
    int failed = 0, r;
    int status = mysql_real_query_start(&failed, my->conn, sql, strlen(sql));

    while (status) {
        int ready = await(my, w, status);

        if (!ready)
            return lose(my, "no answer in time", e);
        status = mysql_real_query_cont(&failed, my->conn, ready);
    }
    r = failed ? say(my, e) : E_OK;
    while (r == E_OK && more) {
        r = take_result(my, w, v, e);
        if (r == E_OK)
            r = next_result(my, w, &more, e);
    }
    return r;
}

static int visit_all(struct my *my, const char *sql, const struct visitor *v, struct error *e)
{
    struct wait w = patience(my);
    int r;

    if (my->lost)
        return gone(my, e);
    r = run(my, sql, &w, v, e);
    if (w.killed)
        absorb_kill(my);
    return r;
}

struct borrowed {
    void (*visit)(void *arg, MYSQL_RES *rows);
    void *arg;
};

static void lend(void *arg, MYSQL_RES *rows)
{
    const struct borrowed *b = arg;

    b->visit(b->arg, rows);
    mysql_free_result(rows);
}

int my_visit(struct my *my, const char *sql, void (*visit)(void *arg, MYSQL_RES *rows), void *arg,
             struct error *e)
{
    struct borrowed b = {visit, arg};
    const struct visitor v = {lend, &b};

    return visit_all(my, sql, &v, e);
}

static void keep_last(void *arg, MYSQL_RES *rows)
{
    my_clear(arg);
    *(MYSQL_RES **)arg = rows;
}

int my_query(struct my *my, const char *sql, MYSQL_RES **rows, struct error *e)
{
    const struct visitor v = {keep_last, rows};
    int r;

    *rows = NULL;
    r = visit_all(my, sql, &v, e);
    if (r != E_OK)
        my_clear(rows);
    return r;
}

int my_exec(struct my *my, const char *sql, struct error *e)
{
    const struct visitor v = {0};

    return visit_all(my, sql, &v, e);
}

int my_reset(struct my *my, struct error *e)
{
    struct wait w = patience(my);
    int failed = 0, status;

    if (my->lost)
        return gone(my, e);
    /* The library would read the rest of an answer first, of a broken connection for ever. */
    if (my->conn->status != MYSQL_STATUS_READY || mysql_more_results(my->conn))
        return lose(my, "an answer was not read to its end", e);
    status = mysql_reset_connection_start(&failed, my->conn);
    while (status) {
        int ready = await(my, &w, status);

        if (!ready)
            return lose(my, "no answer in time", e);
        status = mysql_reset_connection_cont(&failed, my->conn, ready);
    }
    if (failed)
        return say(my, e);
    my->left = MY_CLEAN;
    /* MariaDB brings back the character set of the first hello; MySQL that of the server. */
    return mariadb_connection(my->conn) ? E_OK : my_exec(my, "SET NAMES utf8mb4", e);
}

void my_clear(MYSQL_RES **rows)
{
    if (*rows)
        mysql_free_result(*rows);
    *rows = NULL;
}

int my_kill(struct my *my, const char *id, struct error *e)
{
    char sql[64];
    struct error cause = ERROR_INIT;
    int r;

    snprintf(sql, sizeof sql, "KILL %.20s", id);
    r = my_exec(my, sql, &cause);
    if (r == E_REFUSED && cause.db == MY_NO_SESSION)
        r = E_OK;
    if (r != E_OK)
        error_move(e, &cause);
    error_clear(&cause);
    return r;
}

/* --- quoting --- */

void my_add_text(struct str *out, struct my *my, const char *text)
{
    size_t n = text ? strlen(text) : 0;
    char *room;

    if (!text) {
        str_add(out, "NULL");
        return;
    }
    str_addc(out, '\'');
    room = str_reserve(out, 2 * n + 2);
    if (!room)
        return;
    out->len += mysql_real_escape_string(my->conn, room, text, (unsigned long)n);
    str_addc(out, '\'');
}

void my_add_name(struct str *out, const char *name)
{
    str_addc(out, '`');
    for (; *name; name++) {
        if (*name == '`')
            str_addc(out, '`');
        str_addc(out, *name);
    }
    str_addc(out, '`');
}
