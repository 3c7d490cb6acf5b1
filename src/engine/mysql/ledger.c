#include "engine/mysql/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "db/mysql.h"
#include "engine/mysql/history.h"

void my_ledger_add_name(struct str *sql, const char *database)
{
    my_add_name(sql, database);
    str_add(sql, "." MY_LEDGER_TABLE);
}

int my_ledger_create(struct my *my, const char *database, struct error *e)
{
    CLEANUP_STR struct str sql = STR_INIT;

    str_add(&sql, "CREATE TABLE IF NOT EXISTS ");
    my_ledger_add_name(&sql, database);
    str_add(&sql,
            " (run VARCHAR(64) NOT NULL, grp INT UNSIGNED NOT NULL, phase VARCHAR(8) NOT NULL,"
            " act INT UNSIGNED NOT NULL, tail TINYINT NOT NULL, inverse INT UNSIGNED NOT NULL,"
            " version BIGINT UNSIGNED NOT NULL, statement INT UNSIGNED NOT NULL,"
            " fingerprint VARCHAR(64) NOT NULL, idle TEXT NOT NULL, at DATETIME(6) NOT NULL,"
            " PRIMARY KEY (run, grp))"
            " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin");
    return str_ok(&sql) ? my_exec(my, str_text(&sql), e) : error_oom(e);
}

/* --- reading --- */

static void add_key(struct str *sql, struct my *my, const char *run, uint32_t group)
{
    str_add(sql, " WHERE run = ");
    my_add_text(sql, my, run);
    str_addf(sql, " AND grp = %" PRIu32, group);
}

void my_ledger_add_question(struct str *sql, struct my *my, const char *database, const char *run,
                            uint32_t group)
{
    str_add(sql, "SELECT phase, act, inverse, fingerprint, idle, tail FROM ");
    my_ledger_add_name(sql, database);
    add_key(sql, my, run, group);
}

int my_ledger_found(struct my_ledger *ledger, MYSQL_RES *rows, struct error *e)
{
    MYSQL_ROW row = mysql_fetch_row(rows);

    *ledger = (struct my_ledger){.table = true, .there = row != NULL};
    if (!row)
        return E_OK;
    ledger->back = strcmp(row[0], "back") == 0;
    ledger->act = (uint32_t)strtoul(row[1], NULL, 10);
    ledger->inverse = (uint32_t)strtoul(row[2], NULL, 10);
    snprintf(ledger->fingerprint, sizeof ledger->fingerprint, "%s", row[3]);
    str_add(&ledger->idle, row[4]);
    ledger->tail = row[5][0] == '1';
    return str_ok(&ledger->idle) ? E_OK : error_oom(e);
}

int my_ledger_read(struct my *my, const char *database, const char *run, uint32_t group,
                   struct my_ledger *ledger, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    CLEANUP_STR struct str sql = STR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    int r;

    *ledger = (struct my_ledger){0};
    my_ledger_add_question(&sql, my, database, run, group);
    r = str_ok(&sql) ? my_query(my, str_text(&sql), &rows, &cause) : error_oom(&cause);
    if (r == E_REFUSED && cause.db == MY_NO_TABLE)
        return E_OK;
    if (r == E_OK)
        return rows ? my_ledger_found(ledger, rows, e) : error_oom(e);
    error_move(e, &cause);
    return r;
}

void my_ledger_free(struct my_ledger *ledger)
{
    str_free(&ledger->idle);
}

bool my_ledger_is_idle(const struct my_ledger *ledger, uint32_t act)
{
    char word[16];

    snprintf(word, sizeof word, " %" PRIu32 " ", act);
    return strstr(str_text(&ledger->idle), word) != NULL;
}

void my_ledger_add_idle(struct my_ledger *ledger, uint32_t act)
{
    str_addf(&ledger->idle, "%s%" PRIu32 " ", ledger->idle.len ? "" : " ", act);
}

/* --- writing --- */

void my_ledger_add_begin(struct str *sql, struct my_history *h, const char *run, uint32_t group,
                         const struct my_ledger *ledger)
{
    str_add(sql, "INSERT INTO ");
    my_ledger_add_name(sql, h->database);
    str_add(sql, " SELECT ");
    my_add_text(sql, h->my, run);
    str_addf(sql,
             ", %" PRIu32 ", 'forward', %" PRIu32 ", 0, 0, %" PRIu64 ", %" PRIu32
             ", '%s', '', UTC_TIMESTAMP(6) FROM DUAL WHERE ",
             group, ledger->act, ledger->version, ledger->statement, ledger->fingerprint);
    my_history_add_unfenced(sql, h, run, group);
}

void my_ledger_add_move(struct str *sql, struct my_history *h, const char *run, uint32_t group,
                        const struct my_ledger *ledger)
{
    str_add(sql, "UPDATE ");
    my_ledger_add_name(sql, h->database);
    str_addf(sql,
             " SET phase = '%s', act = %" PRIu32 ", tail = %d, inverse = %" PRIu32
             ", version = %" PRIu64 ", statement = %" PRIu32
             ", fingerprint = '%s', at = UTC_TIMESTAMP(6), idle = ",
             ledger->back ? "back" : "forward", ledger->act, ledger->tail, ledger->inverse,
             ledger->version, ledger->statement, ledger->fingerprint);
    my_add_text(sql, h->my, str_text(&ledger->idle));
    add_key(sql, h->my, run, group);
    sql->failed = sql->failed || ledger->idle.failed;
}

void my_ledger_add_end(struct str *sql, struct my *my, const char *database, const char *run,
                       uint32_t group)
{
    str_add(sql, "DELETE FROM ");
    my_ledger_add_name(sql, database);
    add_key(sql, my, run, group);
}
