/* A session in a tenant: its connection and its lock. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/mysql/work.h"
#include "source/step.h"

enum { LOCK_NAME = 60 }; /* the server takes 64 */

/* User locks are the server's, so the tenant is in the name, and the run. */
static int name_lock(const struct my_work *w, char name[LOCK_NAME])
{
    char text[HASH_TEXT];
    struct hash *hash = hash_begin();

    if (!hash)
        return E_NOMEM;
    hash_add_text(hash, w->key);
    hash_add_text(hash, w->spec->place.database);
    hash_end(hash, text);
    snprintf(name, LOCK_NAME, "lockstep_%.40s", text);
    return E_OK;
}

int my_work_chase(struct my *my, const struct my_work *w, struct error *e)
{
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    char name[LOCK_NAME], sql[LOCK_NAME + 40];
    MYSQL_ROW row;
    int r = name_lock(w, name) == E_OK ? E_OK : error_oom(e);

    if (r != E_OK)
        return r;
    snprintf(sql, sizeof sql, "SELECT IS_USED_LOCK('%s')", name);
    r = my_query(my, sql, &rows, e);
    row = rows ? mysql_fetch_row(rows) : NULL;
    if (r != E_OK || !row || !row[0])
        return r;
    r = my_kill(my, row[0], e);
    if (r != E_OK)
        return r;
    return error_set(e, E_BUSY, "a session of the run is still at work in database %s",
                     w->spec->place.database);
}

/* The answers: is the lock ours? which head has the history, and what says it of the first step?
 * Then those that the caller asked for. */
struct answers {
    struct my_session *s;
    const struct my_more *more;
    int n;
    bool locked;
};

enum { LOCK_ANSWER, HISTORY_ANSWER, MORE_ANSWERS };

static void take_answer(void *arg, MYSQL_RES *rows)
{
    struct answers *a = arg;
    int i = a->n++;
    MYSQL_ROW row;

    if (i >= MORE_ANSWERS) {
        a->more->take(a->more->arg, i - MORE_ANSWERS, rows);
        return;
    }
    row = mysql_fetch_row(rows);
    if (i == LOCK_ANSWER) {
        a->locked = row && row[0] && row[0][0] == '1';
    } else if (row) {
        my_history_found(&a->s->h, row[0], row[1]);
        a->s->first_applied = row[2] && str_same(row[2], "up");
    }
}

/* Without a history its question fails, and that is the answer. Who has not got the lock needs no
 * more of them. */
static bool is_enough(const struct answers *a, int outcome, const struct error *cause)
{
    if (outcome == E_OK)
        return true;
    if (outcome != E_REFUSED && outcome != E_BUSY)
        return false;
    if (a->n == HISTORY_ANSWER && outcome == E_REFUSED && cause->db == MY_NO_TABLE)
        return true;
    if (a->n > LOCK_ANSWER && !a->locked)
        return true;
    return a->n >= MORE_ANSWERS && a->more &&
           a->more->refused(a->more->arg, a->n - MORE_ANSWERS, outcome, cause);
}

/* The tenant before may have left it as it is to be. */
static void add_tuning(struct str *sql, struct my_session *s)
{
    my_session_take_timeouts(s, NULL);
    if (s->my->left == MY_TUNED && s->my->lock_s == s->lock_s &&
        s->my->statement_ms == s->statement_ms)
        return;
    my_session_add_timeouts(sql, s);
    str_add(sql, "; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; ");
}

static void add_entry(struct str *sql, struct my_session *s, const char *lock_name)
{
    const char *database = s->w->spec->place.database;

    str_add(sql, "USE ");
    my_add_name(sql, database);
    str_add(sql, "; ");
    add_tuning(sql, s);
    str_addf(sql, "SELECT GET_LOCK('%s', 0); ", lock_name);
    my_history_add_question(sql, database, s->w->spec->n ? s->w->spec->steps[0].version : 0);
}

static int not_ours(struct my_session *s, bool chase, struct error *e)
{
    int r = chase ? my_work_chase(s->my, s->w, e) : E_OK;

    if (r != E_OK)
        return r;
    return error_set(e, E_BUSY, "another session of the run is at work in database %s",
                     s->w->spec->place.database);
}

/* All in one message. */
static int go_in(struct my_session *s, bool chase, const struct my_more *more, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    CLEANUP_STR struct str sql = STR_INIT;
    struct answers a = {.s = s, .more = more};
    char name[LOCK_NAME];
    int r;

    if (name_lock(s->w, name) != E_OK)
        return error_oom(e);
    s->h = (struct my_history){.my = s->my, .database = s->w->spec->place.database};
    s->first_applied = false;
    add_entry(&sql, s, name);
    if (more)
        more->add(more->arg, s->my, &sql);
    s->my->left = MY_USED;
    r = str_ok(&sql) ? my_visit(s->my, str_text(&sql), take_answer, &a, &cause) : error_oom(&cause);
    if (!is_enough(&a, r, &cause)) {
        error_move(e, &cause);
        return r;
    }
    return a.locked ? E_OK : not_ours(s, chase, e);
}

int my_session_add_release(struct str *sql, const struct my_session *s)
{
    char name[LOCK_NAME];
    int r = name_lock(s->w, name);

    if (r == E_OK)
        str_addf(sql, "DO RELEASE_LOCK('%s')", name);
    return r;
}

static bool is_traceless(const struct my_work *w)
{
    for (uint32_t i = 0; i < w->spec->n; i++) {
        const struct step *step = &w->spec->steps[i];
        const struct script *script = w->undo ? step->inverse : step->script;

        if (!step->mark && (!script || !script->traceless))
            return false;
    }
    return true;
}

int my_session_enter(struct my_session *s, const struct my_work *w, bool chase,
                     const struct my_more *more, struct error *e)
{
    int r;

    *s = (struct my_session){.w = w, .traceless = is_traceless(w)};
    my_link_enter(w->link);
    r = s->traceless ? my_pool_take_tuned(&w->link->pool, &s->my, e)
                     : my_pool_take(&w->link->pool, &s->my, e);
    return r == E_OK ? go_in(s, chase, more, e) : r;
}

int my_session_again(struct my_session *s, struct error *e)
{
    int r = my_reset(s->my, e);

    return r == E_OK ? go_in(s, false, NULL, e) : r;
}

void my_session_leave(struct my_session *s)
{
    my_pool_give(&s->w->link->pool, &s->my);
    my_link_leave(s->w->link);
}

void my_session_drop(struct my_session *s)
{
    my_pool_drop(&s->w->link->pool, &s->my);
    my_link_leave(s->w->link);
}
