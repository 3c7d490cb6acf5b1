#include "engine/sqlite/work.h"

#include "base/clock.h"
#include "base/error.h"
#include "db/sqlite.h"
#include "engine/sqlite/history.h"

/* A large migration spills past this much cache; the tenant then goes to disk early. */
static const char cache[] = "PRAGMA cache_size=-16384";

static const struct script *script_of(const struct work *w, const struct step *step)
{
    return w->undo ? step->inverse : step->script;
}

static const struct step *step_at(const struct work *w, uint32_t i)
{
    return &w->steps[w->undo ? w->n - 1 - i : i];
}

static bool foreign_keys_off(const struct work *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (!w->steps[i].mark && script_of(w, &w->steps[i])->foreign_keys_off)
            return true;
    return false;
}

bool work_is_outside(const struct work *w)
{
    for (uint32_t i = 0; i < w->n; i++)
        if (!w->steps[i].mark && script_of(w, &w->steps[i])->transaction_off)
            return true;
    return false;
}

static int load(sqlite3 *db, const char *const *extensions, struct error *e)
{
    char *message = NULL;

    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 1, NULL);
    for (; *extensions; extensions++) {
        if (sqlite3_load_extension(db, *extensions, NULL, &message) == SQLITE_OK)
            continue;
        error_set(e, E_REFUSED, "cannot load the extension %s: %s", *extensions,
                  message ? message : "unknown");
        sqlite3_free(message);
        return E_REFUSED;
    }
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
    return E_OK;
}

int work_connect(sqlite3 *db, const struct work *w, struct error *e)
{
    int r = w->extensions && *w->extensions ? load(db, w->extensions, e) : E_OK;

    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, !foreign_keys_off(w), NULL);
    return r == E_OK ? db_exec(db, cache, e) : r;
}

static int check_fits(sqlite3 *db, const struct step *step, bool down, struct error *e)
{
    bool applied = false;
    int r = history_applied(db, step->version, &applied, e);

    return r == E_OK ? history_fits(step, down, applied, e) : r;
}

static int record(sqlite3 *db, const struct work *w, const struct step *step, int64_t started_us,
                  struct error *e)
{
    struct history_row row = history_row_of(step, w->undo, started_us);

    row.run = w->run;
    row.group = w->group;
    row.log_head = w->log_head;
    return history_append(db, &row, e);
}

/*
 * The history is made where it is first needed, behind the script: a script that changes the schema
 * makes SQLite read all of it again, which is shorter without our table.
 */
static int run_step(sqlite3 *db, const struct work *w, const struct step *step, bool *history,
                    struct error *e)
{
    bool down = step->down != w->undo;
    int64_t started_us = clock_mono_us();
    int r = *history || down ? check_fits(db, step, down, e) : E_OK;

    if (r == E_OK && !step->mark)
        r = script_run(db, script_of(w, step), &w->terms, e);
    if (r == E_OK && !*history)
        r = history_create(db, e);
    *history = *history || r == E_OK;
    if (r == E_OK)
        r = record(db, w, step, started_us, e);
    return r;
}

static int check_foreign_keys(sqlite3 *db, struct error *e)
{
    CLEANUP_STMT sqlite3_stmt *stmt = NULL;
    int r = db_prepare(db, "PRAGMA foreign_key_check", &stmt, e);

    if (r == E_OK)
        r = db_step(stmt, e);
    if (r != DB_ROW)
        return r;
    return error_set(e, E_REFUSED, "foreign_key_check: a row of %s refers to a missing row of %s",
                     (const char *)sqlite3_column_text(stmt, 0),
                     (const char *)sqlite3_column_text(stmt, 2));
}

int work_run(sqlite3 *db, const struct work *w, struct error *e)
{
    bool history = false;
    int r = history_there(db, &history, e);

    for (uint32_t i = 0; i < w->n && r == E_OK; i++)
        r = run_step(db, w, step_at(w, i), &history, e);
    if (r == E_OK && foreign_keys_off(w))
        r = check_foreign_keys(db, e);
    return r;
}
