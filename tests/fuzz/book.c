/* See book.h. */
#include "book.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "op/job.h"
#include "op/runs.h"
#include "op/session.h"
#include "store/log.h"
#include "store/store.h"

#define RUN_1 "20261120T203112-4f2a9c"
#define RUN_2 "20261121T203112-aaaaaa"

static const char plan[] =
    "{\"command\":\"up\",\"undoes\":\"\",\"target\":\"001\",\"digest\":\"d\",\"key\":\"k\","
    "\"decisions\":\"/t\",\"direction\":0,\"scope\":0,\"undoable\":false,\"tenants\":2,"
    "\"scripts\":[\"h\"],\"texts\":[[\"001_a.sql\",\"CREATE TABLE a(b);\"]],\"recipes\":[[[1,"
    "\"001\",\"a\",\"1:0\",false,0,-1,false]]],\"branches\":[[\"a\",\"/t/a.db\",0,0,1,0],[\"b\","
    "\"/t/b.db\",0,0,1,0]],\"groups\":[[0,2]]}";

static const struct {
    const char *run, *kind, *body;
} events[] = {
    {RUN_1, "plan", plan},
    {RUN_1, "group", "{\"group\":1,\"undoes\":0,\"branches\":[[0,2]]}"},
    {RUN_1, "refused", "{\"group\":1,\"message\":\"m\",\"hint\":\"\",\"tenant\":\"b\"}"},
    {RUN_1, "deciding", "{\"group\":1,\"refused\":[]}"},
    {RUN_1, "decided", "{\"group\":1}"},
    {RUN_1, "settled", "{\"group\":1,\"refused\":[]}"},
    {RUN_1, "end", "{\"outcome\":\"done\",\"failures\":0,\"decisions\":1}"},
    {RUN_2, "plan", plan},
    {RUN_2, "group", "{\"group\":1,\"undoes\":0,\"branches\":[[0,2]]}"},
};
enum { EVENTS = sizeof events / sizeof *events, AT_US = 1790000000 };

static char hashes[EVENTS][HASH_TEXT];
static struct str written, rows_written, dir, state;

static void write_events(void)
{
    struct store *store = NULL;

    PROMISE(store_open(str_text(&dir), STORE_WRITE, &store, NULL) == E_OK, "a store is made");
    for (int i = 0; i < EVENTS; i++) {
        struct log_event event = {.run = events[i].run,
                                  .at_us = AT_US + i,
                                  .kind = events[i].kind,
                                  .body = events[i].body,
                                  .body_len = strlen(events[i].body),
                                  .format = LOG_FORMAT};

        PROMISE(log_append(store, &event, false, NULL) == E_OK, "an event is written");
        memcpy(hashes[i], event.hash, HASH_TEXT);
    }
    store_close(store);
}

void book_rows(sqlite3 *db, struct str *rows)
{
    static const char sql[] =
        "SELECT seq || typeof(run) || hex(run) || typeof(at) || at || typeof(kind) || hex(kind) || "
        "typeof(format) || format || typeof(hash) || hex(hash) || typeof(body) || hex(body) "
        "FROM log ORDER BY seq";
    sqlite3_stmt *stmt = NULL;

    PROMISE(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK, "rows can be asked for");
    while (sqlite3_step(stmt) == SQLITE_ROW)
        str_addf(rows, "%s;", (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
}

sqlite3 *book_open(void)
{
    sqlite3 *db = NULL;

    PROMISE(sqlite3_open(str_text(&state), &db) == SQLITE_OK, "the log can be opened");
    run_sql(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY;"
                "PRAGMA synchronous=OFF; BEGIN");
    return db;
}

static void note_rows(void)
{
    sqlite3 *db = book_open();

    book_rows(db, &rows_written);
    sqlite3_close(db); /* without a change */
    book_put(&written);
}

static void make(void)
{
    CLEANUP_STR struct str wal = STR_INIT;

    place_path(&dir, "book");
    write_events();
    path_join(&state, str_text(&dir), "state.db");
    PROMISE(file_read(str_text(&state), SIZE_MAX / 2, &written, NULL) == E_OK, "a log is there");
    str_addf(&wal, "%s-wal", str_text(&state));
    unlink(str_text(&wal)); /* empty: without it the file is read as it stands */
    str_reset(&wal);
    str_addf(&wal, "%s-shm", str_text(&state));
    unlink(str_text(&wal));
    note_rows();
}

const char *book_dir(void)
{
    if (!dir.data)
        make();
    return str_text(&dir);
}

const struct str *book_file(void)
{
    book_dir();
    return &written;
}

void book_put(const struct str *file)
{
    book_dir();
    place_write(str_text(&state), file->data, file->len);
}

struct reading {
    int64_t n;
    bool verified;
};

static int see(void *arg, const struct log_event *event)
{
    struct reading *reading = arg;
    int64_t i = reading->n++;

    if (!reading->verified)
        return E_OK;
    PROMISE(i < EVENTS && event->seq == i + 1 && event->at_us == AT_US + i &&
                event->format == LOG_FORMAT && str_same(event->run, events[i].run) &&
                str_same(event->kind, events[i].kind) && str_same(event->hash, hashes[i]) &&
                event->body_len == strlen(events[i].body) &&
                memcmp(event->body, events[i].body, event->body_len) == 0,
            "an event that verifies is as it was written");
    return E_OK;
}

static int note_run(void *arg, const struct log_run *run)
{
    (void)arg;
    PROMISE(memchr(run->run, 0, sizeof run->run), "an id ends");
    return E_OK;
}

static void read_runs(struct store *store)
{
    struct log_run run;

    log_runs(store, true, note_run, NULL, NULL);
    log_runs(store, false, note_run, NULL, NULL);
    log_find_run(store, "last", &run, NULL);
    log_find_run(store, "2026112", &run, NULL);
    log_has_head(store, hashes[2], NULL);
    log_has_script(store, RUN_1, "h", NULL);
    log_head(store);
}

static void show(struct store *store)
{
    struct session session = {.store = store};
    struct run_view view;

    session.config.state = str_text(&dir);
    run_show(&session, "last", &view, NULL);
    run_view_free(&view);
}

void book_check(const struct str *rows)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct log_verdict verdict = {0};
    struct reading reading = {0};
    struct store *store = NULL;

    if (store_open(book_dir(), STORE_READ, &store, &e) != E_OK) {
        PROMISE(e.code != E_OK && e.message[0], "a store that is refused says why");
        return;
    }
    reading.verified = log_verify(store, &verdict, &e) == E_OK && !verdict.broken_seq;
    PROMISE(verdict.events <= EVENTS, "no event verifies that was not written");
    PROMISE(!rows || !reading.verified || str_starts(str_text(&rows_written), str_text(rows)),
            "rows that verify are as they were written");
    log_read(store, NULL, INT64_MIN, see, &reading, NULL);
    read_runs(store);
    show(store);
    store_close(store);
}
