#include "store/run.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "db/sqlite.h"
#include "store/state.h"

static const char *text_of(const json_t *body, const char *key)
{
    const char *text = json_string_value(json_object_get(body, key));

    return text ? text : "";
}

static int note_plan(struct store *s, const struct log_event *event, const json_t *body,
                     struct error *e)
{
    CLEANUP_QUERY sqlite3_stmt *stmt = NULL;
    int r = state_query(s, STATE_PLAN, &stmt, e);

    if (r != E_OK)
        return r;
    sqlite3_bind_text(stmt, 1, event->run, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, event->seq);
    sqlite3_bind_int64(stmt, 3, event->at_us);
    sqlite3_bind_text(stmt, 4, text_of(body, "command"), -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 5, json_integer_value(json_object_get(body, "tenants")));
    sqlite3_bind_text(stmt, 6, text_of(body, "target"), -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 7, text_of(body, "undoes"), -1, SQLITE_STATIC);
    return state_step(s, stmt, e);
}

static int note_end(struct store *s, const struct log_event *event, const json_t *body,
                    struct error *e)
{
    CLEANUP_QUERY sqlite3_stmt *stmt = NULL;
    int r = state_query(s, STATE_END, &stmt, e);

    if (r != E_OK)
        return r;
    sqlite3_bind_text(stmt, 1, event->run, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 2, event->at_us);
    sqlite3_bind_text(stmt, 3, text_of(body, "outcome"), -1, SQLITE_STATIC);
    return state_step(s, stmt, e);
}

int run_note(struct store *store, const struct log_event *event, struct error *e)
{
    bool plan = strcmp(event->kind, "plan") == 0;
    CLEANUP_JSON json_t *body = NULL;

    if (!plan && strcmp(event->kind, "end") != 0)
        return E_OK;
    if (log_body(event, &body, e) != E_OK)
        return E_FATAL;
    return plan ? note_plan(store, event, body, e) : note_end(store, event, body, e);
}

#define RUNS                                                                                       \
    "SELECT run, first_seq, (SELECT max(seq) FROM log WHERE log.run = r.run), started, ended,"     \
    " command, outcome, tenants, target, undoes FROM log_run r "

static int run_from(sqlite3_stmt *stmt, struct log_run *run, struct error *e)
{
    bool whole;

    memset(run, 0, sizeof *run);
    whole = state_text(stmt, 0, run->run, sizeof run->run);
    run->first_seq = sqlite3_column_int64(stmt, 1);
    run->last_seq = sqlite3_column_int64(stmt, 2);
    run->started_us = sqlite3_column_int64(stmt, 3);
    run->ended_us = sqlite3_column_int64(stmt, 4);
    whole = state_text(stmt, 5, run->command, sizeof run->command) && whole;
    whole = state_text(stmt, 6, run->outcome, sizeof run->outcome) && whole;
    run->tenants = sqlite3_column_int64(stmt, 7);
    whole = state_text(stmt, 8, run->target, sizeof run->target) && whole;
    whole = state_text(stmt, 9, run->undoes, sizeof run->undoes) && whole;
    return whole ? E_OK : error_set(e, E_FATAL, "out of memory");
}

int log_runs(struct store *store, bool open_only,
             int (*visit)(void *arg, const struct log_run *run), void *arg, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = state_prepare(store,
                          open_only ? RUNS "WHERE ended = 0 ORDER BY first_seq DESC"
                                    : RUNS "ORDER BY first_seq DESC",
                          &stmt, e);

    if (r != E_OK)
        return r;
    while ((r = state_step(store, stmt, e)) == DB_ROW) {
        struct log_run run;

        r = run_from(stmt, &run, e);
        if (r == E_OK)
            r = visit(arg, &run);
        if (r != E_OK)
            return r;
    }
    return r;
}

static int find_one(struct store *s, sqlite3_stmt *stmt, const char *text, struct log_run *run,
                    struct error *e)
{
    struct log_run other;
    int r = state_step(s, stmt, e);

    if (r == DB_DONE)
        return error_set(e, E_MISSING, "there is no run %s", text);
    if (r != DB_ROW)
        return r;
    r = run_from(stmt, run, e);
    if (r != E_OK || strcmp(run->run, text) == 0)
        return r;
    r = state_step(s, stmt, e);
    if (r != DB_ROW)
        return r;
    r = run_from(stmt, &other, e);
    if (r != E_OK)
        return r;
    return error_set(e, E_INVALID, "%s may be run %s or run %s", text, other.run, run->run);
}

int log_find_run(struct store *store, const char *text, struct log_run *run, struct error *e)
{
    /* the whole id comes first, then the newest */
    static const char prefix[] = RUNS "WHERE substr(run, 1, length(?1)) = ?1"
                                      " ORDER BY run = ?1 DESC, first_seq DESC LIMIT 2";
    static const char last[] = RUNS "ORDER BY first_seq DESC LIMIT 1";
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    bool newest = strcmp(text, "last") == 0;
    int r = state_prepare(store, newest ? last : prefix, &stmt, e);

    if (r != E_OK)
        return r;
    if (!newest)
        sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    r = text[0] ? find_one(store, stmt, text, run, e) : E_MISSING;
    return r == E_MISSING && newest ? error_set(e, E_MISSING, "there is no run yet") : r;
}

struct script_search {
    const char *hash;
    struct error *e;
    bool found;
};

static int search_plan(void *arg, const struct log_event *event)
{
    struct script_search *search = arg;
    CLEANUP_JSON json_t *body = NULL;
    const json_t *script;
    size_t i;

    if (strcmp(event->kind, "plan") != 0)
        return E_OK;
    if (log_body(event, &body, search->e) != E_OK)
        return E_FATAL;
    json_array_foreach(json_object_get(body, "scripts"), i, script)
    {
        if (json_is_string(script) && strcmp(json_string_value(script), search->hash) == 0)
            search->found = true;
    }
    return search->found ? E_CHANGED : E_OK;
}

int log_has_script(struct store *store, const char *run, const char *hash, struct error *e)
{
    struct script_search search = {.hash = hash, .e = e};
    int r = log_read(store, run, 0, search_plan, &search, e);

    if (r < 0 || search.found)
        return search.found ? E_OK : r;
    return error_set(e, E_MISSING, "run %s had no down script %.16s...", run, hash);
}
