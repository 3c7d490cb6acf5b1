#include "engine/mysql/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"

void my_history_add_name(struct str *sql, const char *database)
{
    my_add_name(sql, database);
    str_add(sql, "." HISTORY_TABLE);
}

static bool is_missing(int outcome, const struct error *e)
{
    return outcome == E_REFUSED && e->db == MY_NO_TABLE;
}

/* Sends the text, and gives the rows. */
static int ask(struct my_history *h, const struct str *sql, MYSQL_RES **rows, struct error *e)
{
    int r = str_ok(sql) ? my_query(h->my, str_text(sql), rows, e) : error_oom(e);

    if (r == E_OK && !*rows)
        return error_oom(e);
    return r;
}

int my_history_open(struct my *my, const char *database, struct my_history *h, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    MYSQL_ROW row;
    int r;

    *h = (struct my_history){.my = my, .database = database};
    str_add(&sql, "SELECT head FROM ");
    my_history_add_name(&sql, database);
    str_add(&sql, " ORDER BY seq DESC LIMIT 1");
    r = ask(h, &sql, &rows, &cause);
    if (is_missing(r, &cause))
        return E_OK;
    if (r != E_OK) {
        error_move(e, &cause);
        return r;
    }
    row = mysql_fetch_row(rows);
    my_history_found(h, row ? "1" : "0", row ? row[0] : NULL);
    return E_OK;
}

void my_history_add_question(struct str *sql, const char *database, uint64_t version)
{
    str_add(sql, "SELECT COUNT(*), (SELECT head FROM ");
    my_history_add_name(sql, database);
    str_add(sql, " ORDER BY seq DESC LIMIT 1), (SELECT direction FROM ");
    my_history_add_name(sql, database);
    str_addf(sql,
             " WHERE version = %" PRIu64
             " AND direction <> 'fence' ORDER BY seq DESC LIMIT 1) FROM ",
             version);
    my_history_add_name(sql, database);
}

void my_history_found(struct my_history *h, const char *rows, const char *head)
{
    h->there = true;
    if (rows && strcmp(rows, "0") == 0)
        return;
    h->unchained = !head || (*head && strlen(head) != HASH_TEXT - 1);
    if (!h->unchained)
        snprintf(h->head, sizeof h->head, "%s", head);
}

int my_history_create(struct my_history *h, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    int r;

    if (h->there)
        return E_OK;
    str_add(&sql, "CREATE TABLE IF NOT EXISTS ");
    my_history_add_name(&sql, h->database);
    str_add(&sql,
            " (seq BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,"
            " version BIGINT UNSIGNED NOT NULL, name TEXT NOT NULL, direction VARCHAR(8) NOT NULL,"
            " checksum VARCHAR(80) NOT NULL, run VARCHAR(64) NOT NULL, grp INT UNSIGNED NOT NULL,"
            " down_sql LONGTEXT, applied_at DATETIME(6) NOT NULL, duration_us BIGINT NOT NULL,"
            " log_head VARCHAR(64) NOT NULL, head CHAR(64))"
            " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
    r = str_ok(&sql) ? my_exec(h->my, str_text(&sql), e) : error_oom(e);
    h->there = r == E_OK;
    return r;
}

/* --- questions --- */

static int find(struct my_history *h, const char *what, const char *condition,
                const char *direction, bool *yes, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    MYSQL_ROW row;
    int r;

    *yes = false;
    if (!h->there)
        return E_OK;
    str_addf(&sql, "SELECT %s FROM ", what);
    my_history_add_name(&sql, h->database);
    str_addf(&sql, " WHERE %s", condition);
    r = ask(h, &sql, &rows, e);
    row = r == E_OK ? mysql_fetch_row(rows) : NULL;
    *yes = row && row[0] && str_same(row[0], direction);
    return r;
}

int my_history_applied(struct my_history *h, uint64_t version, bool *applied, struct error *e)
{
    char condition[120];

    snprintf(condition, sizeof condition,
             "version = %" PRIu64 " AND direction <> 'fence' ORDER BY seq DESC LIMIT 1", version);
    return find(h, "direction", condition, "up", applied, e);
}

static int find_group(struct my_history *h, const char *which, const char *run, uint32_t group,
                      bool *has, struct error *e)
{
    CLEANUP_STR struct str condition = STR_INIT;

    str_add(&condition, "run = ");
    my_add_text(&condition, h->my, run);
    str_addf(&condition, " AND grp = %" PRIu32 " AND direction %s LIMIT 1 LOCK IN SHARE MODE",
             group, which);
    return str_ok(&condition) ? find(h, "'y'", str_text(&condition), "y", has, e) : error_oom(e);
}

int my_history_has_group(struct my_history *h, const char *run, uint32_t group, bool *has,
                         struct error *e)
{
    return find_group(h, "<> 'fence'", run, group, has, e);
}

int my_history_fenced(struct my_history *h, const char *run, uint32_t group, struct error *e)
{
    bool fenced = false;
    int r = find_group(h, "= 'fence'", run, group, &fenced, e);

    if (r == E_OK && fenced)
        return error_set(e, E_REFUSED, "run %s was settled by somebody else meanwhile", run);
    return r;
}

/* --- writing --- */

/* Behind rows whose chain is cut a new one begins, that no other tenant's can equal. */
static bool next_head(struct my_history *h, const struct history_row *row)
{
    struct hash *hash = hash_begin();

    if (!hash)
        return false;
    history_add_to_head(hash, h->unchained ? h->database : h->head, row);
    if (h->unchained)
        hash_add_text(hash, row->log_head);
    hash_end(hash, h->head);
    h->unchained = false;
    return true;
}

#define COLUMNS                                                                                    \
    " (version, grp, duration_us, name, direction, checksum, run, down_sql, log_head, head,"       \
    " applied_at)"

void my_history_add_row(struct str *sql, struct my_history *h, const struct history_row *row)
{
    bool ok = next_head(h, row);
    const char *texts[] = {
        row->name, row->down ? "down" : "up", row->checksum, row->run, row->down_sql, row->log_head,
        h->head};

    str_add(sql, "INSERT INTO ");
    my_history_add_name(sql, h->database);
    str_addf(sql, COLUMNS " VALUES (%" PRIu64 ", %" PRIu32 ", %" PRId64, row->version, row->group,
             row->duration_us);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        str_add(sql, ", ");
        my_add_text(sql, h->my, texts[i]);
    }
    str_add(sql, ", UTC_TIMESTAMP(6))");
    sql->failed = sql->failed || !ok;
}

void my_history_add_unfenced(struct str *sql, struct my_history *h, const char *run, uint32_t group)
{
    str_add(sql, "NOT EXISTS (SELECT 1 FROM ");
    my_history_add_name(sql, h->database);
    str_add(sql, " f WHERE f.run = ");
    my_add_text(sql, h->my, run);
    str_addf(sql, " AND f.grp = %" PRIu32 " AND f.direction = 'fence')", group);
}

/* It carries the head of the row before it: a fence is no part of what a tenant went through. */
void my_history_add_fence(struct str *sql, struct my_history *h, const char *run, uint32_t group)
{
    str_add(sql, "INSERT INTO ");
    my_history_add_name(sql, h->database);
    str_addf(sql, COLUMNS " SELECT 0, %" PRIu32 ", 0, 'fence', 'fence', '', ", group);
    my_add_text(sql, h->my, run);
    str_add(sql, ", NULL, '', ");
    my_add_text(sql, h->my, h->unchained ? NULL : h->head);
    str_add(sql, ", UTC_TIMESTAMP(6) FROM DUAL WHERE ");
    my_history_add_unfenced(sql, h, run, group);
}

/* --- reading --- */

static struct history_row row_of(MYSQL_ROW at)
{
    return (struct history_row){
        .seq = strtoll(at[0], NULL, 10),
        .version = strtoull(at[1], NULL, 10),
        .name = at[2],
        .down = strcmp(at[3], "down") == 0,
        .checksum = at[4],
        .run = at[5],
        .group = (uint32_t)strtoul(at[6], NULL, 10),
        .down_sql = at[7],
        .applied_at = at[8],
        .duration_us = strtoll(at[9], NULL, 10),
        .log_head = at[10],
    };
}

int my_history_read(struct my_history *h, history_visit visit, void *arg, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    MYSQL_ROW at;
    int r;

    if (!h->there)
        return error_set(e, E_MISSING, "has no history");
    str_add(&sql, "SELECT seq, version, name, direction, checksum, run, grp, down_sql,"
                  " DATE_FORMAT(applied_at, '%Y-%m-%dT%H:%i:%s.%fZ'), duration_us, log_head FROM ");
    my_history_add_name(&sql, h->database);
    str_add(&sql, " WHERE direction <> 'fence' ORDER BY seq");
    r = ask(h, &sql, &rows, e);
    while (r == E_OK && (at = mysql_fetch_row(rows))) {
        struct history_row row = row_of(at);

        r = visit(arg, &row);
    }
    return r;
}
