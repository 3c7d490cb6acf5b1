/* Rows and fences: what is added to a history. */
#include <inttypes.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "db/postgres_batch.h"
#include "engine/postgres/history.h"

/* Where it is not there yet. */
static void add_create(struct pg_batch *b, const struct pg_history *h)
{
    if (!h->there)
        pg_batch_add(b,
                     "CREATE TABLE %s (seq bigint PRIMARY KEY, version bigint NOT NULL,"
                     " name text NOT NULL, direction text NOT NULL, checksum text NOT NULL,"
                     " run text NOT NULL, grp bigint NOT NULL, down_sql text,"
                     " applied_at timestamptz NOT NULL,"
                     " duration_us bigint NOT NULL, log_head text NOT NULL)",
                     h->table);
}

static int next_hash(struct pg_history *h, const struct history_row *row)
{
    struct hash *hash = hash_begin();

    if (!hash)
        return E_NOMEM;
    history_add_to_head(hash, h->hash, row);
    hash_end(hash, h->hash);
    return E_OK;
}

/* The number; with it, where the table was seen before, whether it is that one still: one that was
 * replaced or emptied since has another file, and the division is by zero. (Quoted constants take
 * the type beside them: operators are found at once then, and not by trying all of that name.) */
static void add_number(struct str *sql, const struct pg_history *h)
{
    str_addf(sql, "%" PRIu64, h->last);
    if (!h->node)
        return;
    str_add(sql, " OPERATOR(pg_catalog./) (pg_catalog.pg_relation_filenode(");
    pg_add_literal(sql, h->pg, h->table);
    str_addf(sql, ") OPERATOR(pg_catalog.=) '%lu')::pg_catalog.int4", h->node);
}

/* statement_timestamp() is when the message came. */
static void add_duration(struct str *sql, int64_t us, bool message)
{
    if (us || !message)
        str_addf(sql, "%" PRId64 "%s", us, message ? " OPERATOR(pg_catalog.+) " : "");
    if (message)
        str_add(sql, "EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-)"
                     " pg_catalog.statement_timestamp()) OPERATOR(pg_catalog.*) '1000000'");
}

/* Of tables made by early versions the server would number the rows. */
static void add_row(struct pg_batch *b, const struct pg_history *h, const struct history_row *row,
                    bool message)
{
    const char *texts[] = {row->name,     row->down ? "down" : "up",
                           row->checksum, row->run,
                           row->down_sql, row->log_head};

    str_addf(&b->sql,
             "INSERT INTO %s (seq, version, grp, duration_us, applied_at, name, direction,"
             " checksum, run, down_sql, log_head) OVERRIDING SYSTEM VALUE VALUES (",
             h->table);
    add_number(&b->sql, h);
    str_addf(&b->sql, ", %" PRIu64 ", %" PRIu32 ", ", row->version, row->group);
    add_duration(&b->sql, row->duration_us, message);
    str_add(&b->sql, ", pg_catalog.clock_timestamp()");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        str_add(&b->sql, ", ");
        pg_add_literal(&b->sql, h->pg, texts[i]);
    }
    pg_batch_add(b, ")");
}

int pg_history_add(struct pg_history *h, const struct history_row *row, bool message,
                   struct pg_batch *b, struct error *e)
{
    if (next_hash(h, row) != E_OK)
        return error_oom(e);
    add_create(b, h);
    h->there = true; /* or the transaction comes to nothing */
    h->last++;
    add_row(b, h, row, message);
    return E_OK;
}

void pg_history_add_head(struct pg_history *h, struct pg_batch *b)
{
    snprintf(h->head, sizeof h->head, "%s %" PRIu64, h->hash, h->last);
    pg_batch_add(b, "COMMENT ON TABLE %s IS '" PG_HEAD_MARK "%s'", h->table, h->head);
}

int pg_history_judge(int outcome, bool asked, struct error *e)
{
    static const char *const states[] = {PG_UNIQUE_VIOLATION, PG_DUPLICATE_TABLE,
                                         PG_DIVISION_BY_ZERO};

    for (size_t i = 0; e && i < sizeof states / sizeof states[0]; i++) {
        if (e->db != pg_state(states[i]))
            continue;
        pg_history_changed(e);
        return e->code = asked ? E_BUSY : E_CHANGED;
    }
    return outcome;
}

/* Who has written a row and is not done yet is waited for. */
static int lock_behind(struct pg_history *h, struct pg_batch *b, struct error *e)
{
    pg_batch_add(b, "LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", h->table);
    return pg_history_look(h, b, e);
}

int pg_history_lock(struct pg_history *h, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    return h->there ? lock_behind(h, &b, e) : E_OK;
}

static int lock_and_look(struct pg_history *h, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    pg_batch_add(&b, PG_BEGIN);
    add_create(&b, h);
    return lock_behind(h, &b, e);
}

static int put_up_fence(struct pg_history *h, const char *run, uint32_t group, struct error *e)
{
    CLEANUP_PG_BATCH struct pg_batch b = PG_BATCH_INIT;

    h->last++;
    str_addf(
        &b.sql,
        "INSERT INTO %s (seq, version, grp, duration_us, applied_at, name, direction, checksum,"
        " log_head, run) OVERRIDING SYSTEM VALUE VALUES (%" PRIu64 ", 0, %" PRIu32
        ", 0, pg_catalog.clock_timestamp(), 'fence', 'fence', '', '', ",
        h->table, h->last, group);
    pg_add_literal(&b.sql, h->pg, run);
    pg_batch_add(&b, ")");
    if (h->head[0]) /* else the next to write counts the rows */
        pg_history_add_head(h, &b);
    return pg_batch_run(h->pg, &b, NULL, NULL, e);
}

static int fence(struct pg_history *h, const char *run, uint32_t group, struct error *e)
{
    bool fenced = false;
    int r = lock_and_look(h, e);

    if (r == E_OK)
        r = pg_history_has_fence(h, run, group, &fenced, e);
    if (r == E_OK && !fenced)
        r = put_up_fence(h, run, group, e);
    return r == E_OK ? pg_exec(h->pg, PG_COMMIT, e) : r;
}

int pg_history_fence(struct pg_history *h, const char *run, uint32_t group, struct error *e)
{
    int r = fence(h, run, group, e);

    if (r != E_OK && !h->pg->lost)
        pg_exec(h->pg, "ROLLBACK", NULL);
    return r;
}
