#include "engine/mysql/fingerprint.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/mysql.h"
#include "engine/history.h"
#include "engine/mysql/ledger.h"
#include "source/migration.h"
#include "sql/mysql_effect.h"

/* --- one object --- */

/* "t" or "db.t" */
static void add_qualified(struct str *sql, struct arena *arena, const char *name)
{
    const char *dot = strchr(name, '.');
    const char *first = dot ? arena_copyn(arena, name, (size_t)(dot - name)) : name;

    my_add_name(sql, first ? first : "");
    if (dot) {
        str_addc(sql, '.');
        my_add_name(sql, dot + 1);
    }
    sql->failed = sql->failed || !first;
}

/* The definition in this column, without the counter of AUTO_INCREMENT. */
static void add_definition(struct hash *hash, const char *text)
{
    static const char counter[] = " AUTO_INCREMENT=";
    const char *at = text ? strstr(text, counter) : NULL;

    if (!at) {
        hash_add_text(hash, text ? text : "");
        return;
    }
    hash_add(hash, text, (size_t)(at - text));
    at += sizeof counter - 1;
    hash_add_text(hash, at + strspn(at, "0123456789"));
}

bool my_look_is_missing(const struct error *cause)
{
    static const int codes[] = {MY_NO_DATABASE, MY_NO_TABLE, MY_NO_ROUTINE,
                                MY_NO_TRIGGER,  MY_NO_EVENT, MY_BROKEN_VIEW};

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (cause->db == codes[i])
            return true;
    return false;
}

/* rows NULL: the server did not find it. */
static void add_answer(struct hash *hash, const struct my_look *look, MYSQL_RES *rows)
{
    MYSQL_ROW row;

    hash_add_text(hash, str_text(&look->sql));
    if (!rows) {
        hash_add_text(hash, "missing");
        return;
    }
    row = mysql_fetch_row(rows);
    add_definition(hash, row && look->column < mysql_num_fields(rows) ? row[look->column] : NULL);
}

static int add_shown(struct hash *hash, struct my *my, const struct my_look *look, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    int r =
        str_ok(&look->sql) ? my_query(my, str_text(&look->sql), &rows, &cause) : error_oom(&cause);

    if (r == E_OK && !rows)
        r = error_oom(&cause);
    if (r == E_OK || (r == E_REFUSED && my_look_is_missing(&cause))) {
        add_answer(hash, look, rows);
        return E_OK;
    }
    error_move(e, &cause);
    return r == E_REFUSED ? E_BUSY : r; /* a timeout, say, or a right that is missing */
}

/* What shows it, and in which column; NULL: nothing does. */
static const char *shown_by(enum effect_object object, unsigned *column)
{
    *column = 2;
    switch (object) {
    case EFFECT_TRIGGER:
        return "TRIGGER";
    case EFFECT_PROCEDURE:
        return "PROCEDURE";
    case EFFECT_FUNCTION:
        return "FUNCTION";
    case EFFECT_EVENT:
        *column = 3;
        return "EVENT";
    case EFFECT_UNKNOWN:
        return NULL;
    default:
        *column = 1;
        return "TABLE"; /* of views and sequences, too */
    }
}

/* False: nothing shows it. */
static bool look_for(struct my_look *look, struct arena *arena, const struct effect *effect)
{
    const char *what = shown_by(effect->object, &look->column);
    const char *name = look->column == 1 ? effect->table : effect->name;

    if (!what || !name)
        return false;
    str_addf(&look->sql, "SHOW CREATE %s ", what);
    add_qualified(&look->sql, arena, name);
    return true;
}

static int add_object(struct hash *hash, struct my *my, struct arena *arena,
                      const struct effect *effect, struct error *e)
{
    CLEANUP_MY_LOOK struct my_look look = {0};

    return look_for(&look, arena, effect) ? add_shown(hash, my, &look, e) : E_OK;
}

/* --- the whole schema --- */

static int add_rows(struct hash *hash, struct my *my, const char *sql, struct error *e)
{
    CLEANUP_MY_ROWS MYSQL_RES *rows = NULL;
    MYSQL_ROW row;
    int r = my_query(my, sql, &rows, e);

    while (r == E_OK && rows && (row = mysql_fetch_row(rows)))
        for (unsigned i = 0; i < mysql_num_fields(rows); i++)
            hash_add_text(hash, row[i] ? row[i] : "");
    return r;
}

#define OTHERS " NOT IN ('" HISTORY_TABLE "', '" MY_LEDGER_TABLE "')"

static int add_schema(struct hash *hash, struct my *my, struct error *e)
{
    static const char *const questions[] = {
        "SELECT table_name, column_name, ordinal_position, column_type, is_nullable,"
        " column_default, extra, collation_name FROM information_schema.columns"
        " WHERE table_schema = DATABASE() AND table_name" OTHERS " ORDER BY 1, 3",
        "SELECT table_name, index_name, seq_in_index, column_name, non_unique"
        " FROM information_schema.statistics"
        " WHERE table_schema = DATABASE() AND table_name" OTHERS " ORDER BY 1, 2, 3",
        "SELECT table_name, constraint_name, constraint_type"
        " FROM information_schema.table_constraints"
        " WHERE table_schema = DATABASE() AND table_name" OTHERS " ORDER BY 1, 2",
        "SELECT table_name, view_definition FROM information_schema.views"
        " WHERE table_schema = DATABASE() ORDER BY 1",
        "SELECT trigger_name, event_object_table, action_statement"
        " FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1",
        "SELECT routine_name, routine_type, routine_definition FROM information_schema.routines"
        " WHERE routine_schema = DATABASE() ORDER BY 2, 1",
        "SELECT event_name, event_definition, status FROM information_schema.events"
        " WHERE event_schema = DATABASE() ORDER BY 1",
    };
    int r = E_OK;

    for (size_t i = 0; i < sizeof questions / sizeof questions[0] && r == E_OK; i++)
        r = add_rows(hash, my, questions[i], e);
    return r;
}

/* --- */

static bool is_seen_before(const struct effects *of, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (of->list[k].object <= EFFECT_INDEX && of->list[i].object <= EFFECT_INDEX &&
            str_same(of->list[k].table, of->list[i].table))
            return true;
    return false;
}

static int add_all(struct hash *hash, struct my *my, struct arena *arena, const struct effects *of,
                   struct error *e)
{
    bool unknown = false;
    int r = E_OK;

    for (size_t i = 0; i < of->n && r == E_OK; i++) {
        unknown = unknown || of->list[i].object == EFFECT_UNKNOWN;
        if (!is_seen_before(of, i))
            r = add_object(hash, my, arena, &of->list[i], e);
    }
    return r == E_OK && unknown ? add_schema(hash, my, e) : r;
}

int my_fingerprint(struct my *my, const struct statement *statement, char text[HASH_TEXT],
                   struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects of = {0};
    struct hash *hash;
    int r;

    if (mysql_effects(&arena, statement->sql, statement->len, &of) != E_OK)
        return error_oom(e);
    hash = hash_begin();
    if (!hash)
        return error_oom(e);
    r = add_all(hash, my, &arena, &of, e);
    hash_end(hash, text);
    return r;
}

/* --- one question --- */

/* The only one of the statement's effects that my_fingerprint() would ask about; NULL: they are
 * more, or of the kind that takes the whole schema. */
static const struct effect *only_one(const struct effects *of)
{
    const struct effect *one = NULL;

    for (size_t i = 0; i < of->n; i++) {
        if (of->list[i].object == EFFECT_UNKNOWN || (one && !is_seen_before(of, i)))
            return NULL;
        one = one ? one : &of->list[i];
    }
    return one;
}

int my_look_for(struct my_look *look, const struct statement *statement, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects of = {0};
    const struct effect *one;

    *look = (struct my_look){0};
    if (mysql_effects(&arena, statement->sql, statement->len, &of) != E_OK)
        return error_oom(e);
    one = only_one(&of);
    if (one)
        look_for(look, &arena, one);
    return str_ok(&look->sql) ? E_OK : error_oom(e);
}

int my_look_take(const struct my_look *look, MYSQL_RES *rows, char text[HASH_TEXT], struct error *e)
{
    struct hash *hash = hash_begin();

    if (!hash)
        return error_oom(e);
    add_answer(hash, look, rows);
    hash_end(hash, text);
    return E_OK;
}

void my_look_free(struct my_look *look)
{
    str_free(&look->sql);
}

bool my_is_visible(const struct statement *statement)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects of = {0};

    if (mysql_effects(&arena, statement->sql, statement->len, &of) != E_OK)
        return false;
    for (size_t i = 0; i < of.n; i++)
        if (of.list[i].object != EFFECT_ROWS && of.list[i].object != EFFECT_UNKNOWN)
            return true;
    return of.n == 0; /* it does nothing, and nothing is what a look shows */
}
