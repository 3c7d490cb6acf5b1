#include "engine/postgres/compensated.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "db/postgres_batch.h"
#include "engine/postgres/history.h"
#include "engine/postgres/ledger.h"
#include "engine/postgres/session.h"
#include "engine/turns.h"
#include "sql/expand.h"
#include "sql/postgres_outside.h"

/* One visit to the tenant. A segment that runs outside a transaction has one step. */
struct visit {
    struct pg_group *g;
    struct pg_slot *slot;
    struct pg *pg;
    struct pg_history h;
    struct pg_work w;
    const struct step *step;
    bool ran; /* taking back: it was done, with its history row */
    int64_t started_us;
};

static const struct script *script_of(const struct visit *v, bool undo)
{
    return undo ? v->step->inverse : v->step->script;
}

static int clean(struct visit *v, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    pg_session_add_outside(&b, v->pg, v->g->run->key);
    return pg_batch_run(v->pg, &b, NULL, NULL, e);
}

static int enter(struct pg_group *g, struct pg_slot *slot, struct visit *v, struct error *e)
{
    int r;

    *v = (struct visit){.g = g, .slot = slot, .w = pg_group_work(g, slot)};
    v->step = &slot->spec->steps[0];
    v->started_us = clock_mono_us();
    r = pool_take(&g->link->pool, slot->spec->place.database, &v->pg, e);
    if (r == E_OK)
        r = clean(v, e);
    if (r == E_OK)
        r = pg_history_open(v->pg, &slot->spec->place, &v->h, e);
    return r == E_OK ? ledger_lock(&v->h, e) : r;
}

static void leave(struct visit *v)
{
    if (v->pg) {
        v->pg->setup.stop = NULL;
        ledger_unlock(&v->h);
    }
    pg_history_close(&v->h);
    pool_give(&v->g->link->pool, &v->pg);
}

static int in_transaction(struct visit *v, int (*does)(struct visit *v, struct error *e),
                          struct error *e)
{
    const struct pg_history before = v->h;
    int r = pg_exec(v->pg, PG_BEGIN, e);

    v->pg->local = (struct pg_local){.path = true};
    if (r == E_OK)
        r = does(v, e);
    if (r == E_OK)
        r = pg_exec(v->pg, PG_COMMIT, e);
    if (r == E_OK)
        return r;
    v->h = before;
    if (!v->pg->lost)
        pg_exec(v->pg, "ROLLBACK", NULL);
    return r;
}

/* --- an index that failed half way --- */

#define INVALID_INDEXES                                                                            \
    "SELECT i.indexrelid::pg_catalog.regclass FROM pg_catalog.pg_index i"                          \
    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"

/* Of the table $1 the one with this name. */
static const char its_own[] =
    INVALID_INDEXES " AND i.indrelid = pg_catalog.to_regclass($1) AND c.relname = $2";

/* Of the table $1, or of the table that the index $1 is of, those that are named as copies, of that
 * index ($2; a long name is cut) or of any. */
static const char copies[] =
    INVALID_INDEXES " AND i.indrelid = COALESCE((SELECT indrelid FROM pg_catalog.pg_index"
                    " WHERE indexrelid = pg_catalog.to_regclass($1)), pg_catalog.to_regclass($1))"
                    " AND c.relname ~ '_cc(new|old)[0-9]*$'"
                    " AND pg_catalog.starts_with($2, CASE $2 WHEN '' THEN ''"
                    " ELSE pg_catalog.regexp_replace(c.relname, '_cc(new|old)[0-9]*$', '') END)";

static int find_invalid(struct pg *pg, const struct sql_index *index, enum sql_leaves left,
                        PGresult **rows, struct error *e)
{
    CLEANUP_STR struct str relation = STR_INIT;

    if (index->schema.len) {
        pg_add_name(&relation, pg, str_text(&index->schema));
        str_addc(&relation, '.');
    }
    pg_add_name(&relation, pg, str_text(index->table.len ? &index->table : &index->name));
    if (!str_ok(&relation) || !str_ok(&index->name))
        return error_oom(e);
    return pg_query(pg, left == SQL_LEAVES_COPIES ? copies : its_own, 2,
                    (const char *const[]){str_text(&relation), str_text(&index->name)}, rows, e);
}

static int drop_index(struct pg *pg, const char *name, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_addf(&sql, "DROP INDEX CONCURRENTLY %s", name);
    return str_ok(&sql) ? pg_exec(pg, str_text(&sql), e) : error_oom(e);
}

static int drop_invalid(struct pg *pg, const struct sql_index *index, enum sql_leaves left,
                        struct error *e)
{
    CLEANUP_PG_RESULT PGresult *rows = NULL;
    int r = find_invalid(pg, index, left, &rows, e);

    for (int i = 0; i < PQntuples(rows) && r == E_OK; i++)
        r = drop_index(pg, PQgetvalue(rows, i, 0), e);
    return r;
}

/* What a value stands for does not matter: an index has no name from one. */
static enum sql_leaves leaves(const struct statement *statement, struct sql_index *index)
{
    CLEANUP_STR struct str sql = STR_INIT;

    if (!statement->values)
        return sql_leaves(statement->sql, index);
    if (sql_blank_values(ENGINE_POSTGRES, statement->sql, statement->len, &sql, NULL) != E_OK)
        return SQL_LEAVES_ANYTHING;
    return sql_leaves(str_text(&sql), index);
}

/* Indexes of the script's that an earlier try, or this one, left INVALID. */
static int drop_all_invalid(struct visit *v, struct error *e)
{
    const struct script *script = script_of(v, v->w.undo);
    int r = pg_work_set_up(v->pg, &v->w, script, e);

    for (size_t i = 0; i < script->n && r == E_OK; i++) {
        CLEANUP_SQL_INDEX struct sql_index index = {0};
        enum sql_leaves left = leaves(&script->statements[i], &index);

        if (left == SQL_LEAVES_INDEX || left == SQL_LEAVES_COPIES)
            r = drop_invalid(v->pg, &index, left, e);
    }
    return r;
}

/* --- back --- */

static int end_ledger(struct visit *v, struct error *e)
{
    return ledger_end(&v->h, &v->w, e);
}

/* The history row of this work. What was done may have taken a while, and may have given the table
 * another file: what it is like is asked again, and kept so. */
static int record(struct visit *v, const struct pg_work *w, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;
    int r;

    r = pg_history_lock(&v->h, e);
    pg_session_add_role(&b);
    if (r == E_OK)
        r = pg_work_add_record(&v->h, w, v->step, v->started_us, false, &b, e);
    if (r != E_OK)
        return r;
    pg_history_add_head(&v->h, &b);
    return pg_batch_run(v->pg, &b, NULL, NULL, e);
}

static int reset_role(struct visit *v, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    pg_session_add_role(&b);
    return pg_batch_run(v->pg, &b, NULL, NULL, e);
}

/* The row that says so goes with the last of it. */
static int note_back(struct visit *v, struct error *e)
{
    struct pg_work back = v->w;
    int r;

    back.undo = !v->w.undo;
    r = v->ran ? record(v, &back, e) : reset_role(v, e);
    return r == E_OK ? end_ledger(v, e) : r;
}

static int run_inverse(struct visit *v, struct error *e)
{
    struct pg_work back = v->w;
    uint32_t ran;
    int r;

    back.undo = !v->w.undo;
    back.back = true;
    r = pg_work_set_up(v->pg, &back, script_of(v, back.undo), e);
    return r == E_OK ? pg_work_script(v->pg, &back, v->step, &ran, e) : r;
}

static int inverse_and_note(struct visit *v, struct error *e)
{
    int r = run_inverse(v, e);

    return r == E_OK ? note_back(v, e) : r;
}

static int take_effect_back(struct visit *v, struct error *e)
{
    const struct script *inverse = script_of(v, !v->w.undo);
    bool down = v->step->down != v->w.undo, applied = false;
    int r = pg_history_has_group(&v->h, v->w.run, v->w.group, &v->ran, e);

    if (r == E_OK)
        r = pg_history_applied(&v->h, v->step->version, &applied, e);
    if (r != E_OK)
        return r;
    if (v->ran && applied == down) /* a crash came before the ledger knew */
        return in_transaction(v, end_ledger, e);
    if (!inverse)
        return error_set(e, E_REFUSED, "took effect outside a transaction and has no down script");
    if (!script_is_outside(inverse))
        return in_transaction(v, inverse_and_note, e);
    r = run_inverse(v, e);
    return r == E_OK ? in_transaction(v, note_back, e) : r;
}

static int take_back(struct visit *v, struct error *e)
{
    bool begun = false;
    int r = ledger_has(&v->h, &v->w, &begun, e);

    if (r != E_OK || !begun)
        return r;
    v->pg->setup.stop = NULL; /* what goes back, goes back */
    r = drop_all_invalid(v, e);
    if (r != E_OK)
        return r;
    return v->slot->untouched ? in_transaction(v, end_ledger, e) : take_effect_back(v, e);
}

/* --- forward --- */

static int announce(struct visit *v, struct error *e)
{
    int r = pg_work_fits(&v->h, v->step, v->w.undo, e);

    if (r == E_OK)
        r = pg_history_fenced(&v->h, v->w.run, v->w.group, e);
    return r == E_OK ? ledger_begin(&v->h, &v->w, e) : r;
}

static int note_done(struct visit *v, struct error *e)
{
    int r = record(v, &v->w, e);

    return r == E_OK ? pg_history_fenced(&v->h, v->w.run, v->w.group, e) : r;
}

/* The first statement failed, and such a one leaves nothing. (Where its answer was lost, it may
 * have taken effect.) */
static bool is_untouched(const struct script *script, uint32_t ran)
{
    CLEANUP_SQL_INDEX struct sql_index index = {0};

    return !ran && (!script->n || leaves(&script->statements[0], &index) != SQL_LEAVES_ANYTHING);
}

static int run_forward(struct visit *v, struct error *e)
{
    const struct script *script = script_of(v, v->w.undo);
    uint32_t ran = 0;
    int r = drop_all_invalid(v, e);

    if (r == E_OK)
        r = pg_work_script(v->pg, &v->w, v->step, &ran, e);
    v->slot->untouched = r != E_OK && !v->pg->lost && is_untouched(script, ran);
    return r == E_OK ? in_transaction(v, note_done, e) : r;
}

/* It may be that somebody wrote to it, and that this was what failed. */
static int look_again(struct visit *v, struct error *e)
{
    pg_history_close(&v->h);
    return pg_history_open(v->pg, &v->slot->spec->place, &v->h, e);
}

static int forward(struct visit *v, struct error *e)
{
    CLEANUP_ERROR struct error ignored = ERROR_INIT;
    int backend = PQbackendPID(v->pg->conn);
    int r = in_transaction(v, announce, e);

    v->slot->untouched = r != E_OK;
    v->slot->compensated = r == E_OK || r == E_DOUBT;
    v->pg->setup.stop = v->g->undo ? NULL : v->g->run->stop;
    if (r == E_OK)
        r = run_forward(v, e);
    if (r == E_OK || !v->slot->compensated)
        return r;
    if (v->pg->lost)
        v->slot->backend = backend;
    if (v->pg->lost || look_again(v, &ignored) != E_OK || take_back(v, &ignored) != E_OK)
        return E_DOUBT;
    v->slot->compensated = false;
    return r;
}

int pg_compensated_prepare(struct pg_group *g, struct pg_slot *slot, struct error *e)
{
    struct visit v;
    int r;

    turns_take(&g->outside, g->link->width);
    r = enter(g, slot, &v, e);
    if (r == E_OK)
        r = forward(&v, e);
    else if (r == E_DOUBT)
        r = E_REFUSED;
    leave(&v);
    turns_give(&g->outside);
    return r;
}

/* --- after the verdict --- */

static int settle(struct visit *v, enum verdict verdict, struct error *e)
{
    bool begun = false;
    int r = E_OK;

    if (verdict == VERDICT_ABORT && v->g->recovered)
        r = pg_history_fence(&v->h, v->w.run, v->w.group, e);
    if (r == E_OK && verdict == VERDICT_ABORT)
        return take_back(v, e);
    if (r == E_OK)
        r = ledger_has(&v->h, &v->w, &begun, e);
    return r == E_OK && begun ? in_transaction(v, end_ledger, e) : r;
}

int pg_compensated_settle(struct pg_group *g, struct pg_slot *slot, enum verdict verdict,
                          struct error *e)
{
    struct visit v;
    int r = E_OK;

    if (!g->recovered && !slot->compensated)
        return E_OK;
    if (slot->backend)
        r = pg_backend_ended(g, slot->spec->place.database, slot->backend, e);
    if (r != E_OK)
        return r;
    slot->backend = 0;
    r = enter(g, slot, &v, e);
    if (r == E_OK)
        r = settle(&v, verdict, e);
    leave(&v);
    slot->compensated = slot->compensated && r != E_OK;
    return r == E_OK || r == E_REFUSED ? r : E_BUSY;
}
