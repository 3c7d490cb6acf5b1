/*
 * Events and runs of any text are shown by `runs`, `show` and `log`: as text each line is whole
 * characters without controls (a terminal would obey them), as JSON each document reads. A line of
 * the input is an event: time, kind, body; the second is what the index of runs says, and the first
 * byte says what is shown: a command takes a while.
 */
#include <string.h>

#include <jansson.h>
#include <utf8proc.h>

#include "base/error.h"
#include "book.h"
#include "cli/cli.h"
#include "op/session.h"

static void bind_words(sqlite3_stmt *stmt, const char *line, size_t n, int first, int last)
{
    for (int i = first; i <= last; i++) {
        const char *end = i < last ? memchr(line, ' ', n) : NULL;
        size_t len = end ? (size_t)(end - line) : n;

        sqlite3_bind_text(stmt, i, line, (int)len, SQLITE_TRANSIENT);
        line += end ? len + 1 : len;
        n -= end ? len + 1 : len;
    }
}

static void put(sqlite3 *db, const char *sql, const char *line, size_t n, int last)
{
    sqlite3_stmt *stmt = NULL;

    PROMISE(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "an event can be put");
    bind_words(stmt, line, n, 1, last);
    sqlite3_step(stmt);
    sqlite3_finalize(stmt);
}

/* The last run becomes what the input says; its plan stays, so that it can be shown. */
static void fill(sqlite3 *db, const char *at, const char *end)
{
    const char *sql = "UPDATE log_run SET command=?1, outcome=?2, target=?3, undoes=?4, started=?5,"
                      "ended=?6, tenants=?7 WHERE first_seq=8";

    for (int last = 7; at < end; last = 3) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        const char *stop = line ? line : end;

        put(db, sql, at, (size_t)(stop - at), last);
        sql = "INSERT INTO log(run, at, kind, format, hash, body) VALUES("
              "'20261121T203112-aaaaaa', ?1, ?2, 1, '', ?3)";
        at = stop + 1;
    }
}

static void check_text(const char *text, size_t n)
{
    while (n) {
        utf8proc_int32_t c;
        utf8proc_ssize_t len =
            utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &c);

        PROMISE(len > 0 && (c >= 0x20 || c == '\n') && (c < 0x7f || c > 0x9f),
                "what is shown holds no control characters");
        text += len;
        n -= (size_t)len;
    }
}

/* One document, or one a line. */
static void check_json(const char *text, size_t n)
{
    while (n) {
        json_error_t e;
        json_t *json = json_loadb(text, n, JSON_DISABLE_EOF_CHECK, &e);
        size_t used = json ? (size_t)e.position : 0;

        PROMISE(json, "what is shown as JSON reads as JSON");
        json_decref(json);
        while (used < n && text[used] == '\n')
            used++;
        text += used;
        n -= used;
    }
}

static void run(const char *conf, const char *name, bool json)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char last[] = "last", *args[] = {last, NULL};
    struct cli cli = {.command = command_find(name), .args = args};
    FILE *real = stdout;
    char *text = NULL;
    size_t n = 0;

    cli.n_args = strcmp(name, "runs") != 0;
    cli.options.config = conf;
    cli.options.json = json;
    stdout = open_memstream(&text, &n);
    if (cli.command->run(&cli, &e) != E_OK)
        PROMISE(e.code != E_OK && e.message[0], "a command that fails says why");
    else
        cli_flush(&cli, &e);
    fclose(stdout);
    stdout = real;
    session_close(cli.session);
    str_free(&cli.out);
    doc_reset(&cli.doc);
    if (json)
        check_json(text, n);
    else
        check_text(text, n);
    free(text);
}

static void write_conf(struct str *conf)
{
    CLEANUP_STR struct str text = STR_INIT;

    place_path(conf, "lockstep.conf");
    str_addf(&text, "state = \"%s\"\n", book_dir());
    place_write(str_text(conf), text.data, text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"runs", "show", "log"};
    CLEANUP_STR struct str text = STR_INIT;
    static struct str conf;
    uint8_t how = size ? data[0] : 0;
    sqlite3 *db;

    text_of(data, size, &text);
    if (!conf.data)
        write_conf(&conf);
    book_put(book_file());
    db = book_open();
    fill(db, str_text(&text) + (text.len > 2 ? 2 : 0), str_text(&text) + text.len);
    run_sql(db, "COMMIT");
    sqlite3_close(db);
    run(str_text(&conf), names[how % 3], how % 6 / 3);
    return 0;
}
