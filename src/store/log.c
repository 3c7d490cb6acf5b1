#include "store/log.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "db/sqlite.h"
#include "store/chain.h"
#include "store/run.h"
#include "store/state.h"

static int load_head(struct store *s, struct error *e)
{
    CLEANUP_QUERY sqlite3_stmt *stmt = NULL;
    int r = state_query(s, STATE_LAST, &stmt, e);

    if (r == E_OK)
        r = state_step(s, stmt, e);
    if (r == DB_ROW) {
        s->seq = sqlite3_column_int64(stmt, 0);
        /* an event that is chained to a wrong head breaks the chain for good */
        if (!state_text(stmt, 1, s->head, sizeof s->head))
            return error_set(e, E_FATAL, "out of memory");
    } else if (r == DB_DONE) {
        s->seq = 0;
        chain_start(s->head);
    }
    s->head_known = r == DB_ROW || r == DB_DONE;
    return s->head_known ? E_OK : r;
}

const char *log_head(struct store *store)
{
    if (!store->head_known && load_head(store, NULL) != E_OK)
        return NULL;
    return store->head;
}

static int insert(struct store *s, const struct log_event *event, struct error *e)
{
    CLEANUP_QUERY sqlite3_stmt *stmt = NULL;
    int r = state_query(s, STATE_APPEND, &stmt, e);

    if (r != E_OK)
        return r;
    sqlite3_bind_int64(stmt, 1, event->seq);
    sqlite3_bind_text(stmt, 2, event->run, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, event->at_us);
    sqlite3_bind_text(stmt, 4, event->kind, -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 5, event->format);
    sqlite3_bind_text(stmt, 6, event->hash, -1, SQLITE_STATIC);
    sqlite3_bind_text64(stmt, 7, event->body, event->body_len, SQLITE_STATIC, SQLITE_UTF8);
    return state_step(s, stmt, e);
}

/* The head is read inside the transaction: another process may have appended since. */
static int append(struct store *s, struct log_event *event, struct error *e)
{
    int r = load_head(s, e);

    if (r != E_OK)
        return r;
    event->seq = s->seq + 1;
    if (chain_hash(s->head, event, event->hash) != E_OK)
        return error_set(e, E_FATAL, "out of memory");
    r = insert(s, event, e);
    return r == E_OK ? run_note(s, event, e) : r;
}

int log_append(struct store *store, struct log_event *event, bool forced, struct error *e)
{
    int r = state_begin(store, forced, e);

    if (r == E_OK)
        r = append(store, event, e);
    if (r == E_OK)
        r = state_commit(store, e);
    if (r != E_OK) {
        state_rollback(store);
        return r;
    }
    store->seq = event->seq;
    memcpy(store->head, event->hash, sizeof store->head);
    return E_OK;
}

/* A text of n bytes has no NUL in it, which would hide what follows. */
static bool is_text(sqlite3_stmt *stmt, int column, size_t len)
{
    return sqlite3_column_type(stmt, column) == SQLITE_TEXT &&
           (size_t)sqlite3_column_bytes(stmt, column) == len;
}

static bool is_number(sqlite3_stmt *stmt, int column)
{
    return sqlite3_column_type(stmt, column) == SQLITE_INTEGER;
}

/* Are the columns what log_append puts into them? What reads the same need not be the same. */
static bool is_as_appended(sqlite3_stmt *stmt, const struct log_event *event)
{
    return is_number(stmt, 0) && is_number(stmt, 2) && is_number(stmt, 4) &&
           sqlite3_column_int64(stmt, 4) == event->format && is_text(stmt, 1, strlen(event->run)) &&
           is_text(stmt, 3, strlen(event->kind)) && is_text(stmt, 5, HASH_TEXT - 1) &&
           is_text(stmt, 6, event->body_len);
}

/* False when there is no memory for its texts. What was not appended like this has no hash, so
 * that it cannot verify. */
static bool event_from(sqlite3_stmt *stmt, struct log_event *event)
{
    event->seq = sqlite3_column_int64(stmt, 0);
    event->run = (const char *)sqlite3_column_text(stmt, 1);
    event->at_us = sqlite3_column_int64(stmt, 2);
    event->kind = (const char *)sqlite3_column_text(stmt, 3);
    event->format = sqlite3_column_int(stmt, 4);
    event->body = (const char *)sqlite3_column_text(stmt, 6);
    event->body_len = (size_t)sqlite3_column_bytes(stmt, 6);
    if (!state_text(stmt, 5, event->hash, sizeof event->hash) || !event->run || !event->kind ||
        !event->body)
        return false;
    if (!is_as_appended(stmt, event))
        event->hash[0] = '\0';
    return true;
}

int log_body(const struct log_event *event, json_t **body, struct error *e)
{
    int r = json_read(event->body, event->body_len, 0, body, NULL);

    if (r == E_NOMEM)
        return error_set(e, E_FATAL, "out of memory");
    if (r != E_OK) /* for all but those who show it as it stands that is the end */
        error_set(e, E_FATAL, "event %lld of the run log is not JSON", (long long)event->seq);
    return r;
}

static int visit_all(struct store *s, sqlite3_stmt *stmt,
                     int (*visit)(void *arg, const struct log_event *event), void *arg,
                     struct error *e)
{
    int r;

    while ((r = state_step(s, stmt, e)) == DB_ROW) {
        struct log_event event;

        if (!event_from(stmt, &event))
            return error_set(e, E_FATAL, "out of memory");
        r = visit(arg, &event);
        if (r != E_OK)
            return r;
    }
    return r;
}

#define COLUMNS "SELECT seq, run, at, kind, format, hash, body FROM log "

int log_read(struct store *store, const char *run, int64_t from,
             int (*visit)(void *arg, const struct log_event *event), void *arg, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = state_prepare(store,
                          run ? COLUMNS "WHERE run = ?2 AND seq >= ?1 ORDER BY seq"
                              : COLUMNS "WHERE seq >= ?1 ORDER BY seq",
                          &stmt, e);

    if (r != E_OK)
        return r;
    sqlite3_bind_int64(stmt, 1, from);
    if (run)
        sqlite3_bind_text(stmt, 2, run, -1, SQLITE_STATIC);
    return visit_all(store, stmt, visit, arg, e);
}

int log_has_head(struct store *store, const char *head, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    char start[HASH_TEXT];
    int r;

    chain_start(start);
    if (strcmp(head, start) == 0)
        return E_OK;
    r = state_prepare(store, "SELECT 1 FROM log WHERE hash = ?", &stmt, e);
    if (r != E_OK)
        return r;
    sqlite3_bind_text(stmt, 1, head, -1, SQLITE_STATIC);
    r = state_step(store, stmt, e);
    if (r == DB_DONE)
        return error_set(e, E_MISSING, "the run log has no event %.16s...", head);
    return r == DB_ROW ? E_OK : r;
}
