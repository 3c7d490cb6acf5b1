/* ALTER TABLE: its specifications one by one. What is none of those known is unknown. */
#include <strings.h>

#include "sql/mysql_reader.h"

static void add(struct reader *r, const char *table, enum effect_kind kind,
                enum effect_object object, const char *name)
{
    reader_add(r, (struct effect){kind, object, table, name, NULL});
}

/* Up to the comma, outside brackets, or the end. */
static void skip_rest(struct reader *r)
{
    while (!reader_over(r) && !token_is_char(&r->token, ','))
        if (token_is_char(&r->token, '('))
            reader_skip_brackets(r);
        else
            reader_next(r);
}

/* ADD (a INT, b INT) */
static void add_columns(struct reader *r, const char *table)
{
    reader_next(r);
    while (!reader_over(r) && !token_is_char(&r->token, ')')) {
        add(r, table, EFFECT_MAKES, EFFECT_COLUMN, reader_name(r));
        while (!reader_over(r) && !token_is_char(&r->token, ',') && !token_is_char(&r->token, ')'))
            if (token_is_char(&r->token, '('))
                reader_skip_brackets(r);
            else
                reader_next(r);
        if (token_is_char(&r->token, ','))
            reader_next(r);
    }
    reader_next(r);
}

static bool is_open(const struct reader *r)
{
    return token_is_char(&r->token, '(');
}

/* Behind INDEX, KEY, UNIQUE ...: [IF NOT EXISTS] [name] [USING ..] (columns) */
static void add_index(struct reader *r, const char *table, const char *given)
{
    struct effect effect = {.kind = EFFECT_MAKES, .object = EFFECT_INDEX, .table = table};

    reader_skip_if(r);
    effect.name = given;
    if (!is_open(r) && !reader_is(r, "USING")) {
        const char *name = reader_name(r);

        effect.name = given ? given : name;
    }
    effect.columns = reader_columns(r);
    reader_add(r, effect);
}

/* Is the reader at an index or a constraint? Steps behind its words. */
static bool at_index(struct reader *r, const char **name)
{
    bool found = false;

    *name = NULL;
    if (reader_skip(r, "CONSTRAINT")) {
        found = true;
        reader_skip_if(r);
        if (!reader_is(r, "FOREIGN") && !reader_is(r, "UNIQUE") && !reader_is(r, "PRIMARY") &&
            !reader_is(r, "CHECK"))
            *name = reader_name(r);
    }
    if (reader_skip(r, "PRIMARY")) {
        *name = "PRIMARY";
        reader_skip(r, "KEY");
        return true;
    }
    if (reader_skip(r, "FOREIGN")) {
        reader_skip(r, "KEY");
        return true;
    }
    while (reader_is(r, "UNIQUE") || reader_is(r, "FULLTEXT") || reader_is(r, "SPATIAL") ||
           reader_is(r, "INDEX") || reader_is(r, "KEY") || reader_is(r, "CHECK")) {
        reader_next(r);
        found = true;
    }
    return found;
}

static void spec_add(struct reader *r, const char *table)
{
    const char *name;

    if (at_index(r, &name)) {
        add_index(r, table, name);
    } else if (reader_is(r, "PARTITION") || reader_is(r, "SYSTEM") || reader_is(r, "PERIOD")) {
        reader_unknown(r);
    } else {
        reader_skip(r, "COLUMN");
        reader_skip_if(r);
        if (is_open(r))
            add_columns(r, table);
        else
            add(r, table, EFFECT_MAKES, EFFECT_COLUMN, reader_name(r));
    }
}

static void spec_drop(struct reader *r, const char *table)
{
    bool index = false;

    if (reader_skip(r, "PRIMARY")) {
        reader_skip(r, "KEY");
        add(r, table, EFFECT_DROPS, EFFECT_INDEX, "PRIMARY");
        return;
    }
    if (reader_is(r, "PARTITION") || reader_is(r, "SYSTEM") || reader_is(r, "PERIOD")) {
        reader_unknown(r);
        return;
    }
    if (reader_skip(r, "FOREIGN"))
        index = reader_skip(r, "KEY");
    else
        index = reader_skip(r, "INDEX") || reader_skip(r, "KEY") || reader_skip(r, "CONSTRAINT") ||
                reader_skip(r, "CHECK");
    if (!index)
        reader_skip(r, "COLUMN");
    reader_skip_if(r);
    add(r, table, EFFECT_DROPS, index ? EFFECT_INDEX : EFFECT_COLUMN, reader_name(r));
}

static void moved(struct reader *r, const char *table, enum effect_object object, const char *from,
                  const char *to)
{
    add(r, table, EFFECT_DROPS, object, from);
    add(r, table, EFFECT_MAKES, object, to);
}

static void spec_change(struct reader *r, const char *table)
{
    const char *from, *to;

    reader_skip(r, "COLUMN");
    reader_skip_if(r);
    from = reader_name(r);
    to = reader_name(r);
    if (!from || !to)
        reader_unknown(r);
    else if (strcasecmp(from, to) == 0)
        add(r, table, EFFECT_CHANGES, EFFECT_COLUMN, from);
    else
        moved(r, table, EFFECT_COLUMN, from, to);
}

static void spec_rename(struct reader *r, const char *table)
{
    bool column = reader_skip(r, "COLUMN");
    bool index = !column && (reader_skip(r, "INDEX") || reader_skip(r, "KEY"));
    const char *from, *to;

    if (!column && !index) {
        if (!reader_skip(r, "TO"))
            reader_skip(r, "AS");
        to = reader_table(r);
        add(r, table, EFFECT_DROPS, EFFECT_TABLE, table);
        add(r, to, EFFECT_MAKES, EFFECT_TABLE, to);
        return;
    }
    reader_skip_if(r);
    from = reader_name(r);
    reader_skip(r, "TO");
    to = reader_name(r);
    moved(r, table, index ? EFFECT_INDEX : EFFECT_COLUMN, from, to);
}

static void spec_modify(struct reader *r, const char *table)
{
    bool index = reader_skip(r, "INDEX") || reader_skip(r, "KEY") || reader_skip(r, "CHECK");

    if (!index)
        reader_skip(r, "COLUMN");
    reader_skip_if(r);
    add(r, table, EFFECT_CHANGES, index ? EFFECT_INDEX : EFFECT_COLUMN, reader_name(r));
}

static bool is_option(const struct reader *r)
{
    static const char *const words[] = {"ENGINE",  "COMMENT",        "CONVERT",       "DEFAULT",
                                        "CHARSET", "CHARACTER",      "COLLATE",       "ROW_FORMAT",
                                        "FORCE",   "KEY_BLOCK_SIZE", "AUTO_INCREMENT"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (reader_is(r, words[i]))
            return true;
    return false;
}

static void spec(struct reader *r, const char *table)
{
    if (reader_skip(r, "ADD"))
        spec_add(r, table);
    else if (reader_skip(r, "DROP"))
        spec_drop(r, table);
    else if (reader_skip(r, "CHANGE"))
        spec_change(r, table);
    else if (reader_skip(r, "MODIFY") || reader_skip(r, "ALTER"))
        spec_modify(r, table);
    else if (reader_skip(r, "RENAME"))
        spec_rename(r, table);
    else if (is_option(r))
        add(r, table, EFFECT_CHANGES, EFFECT_TABLE, table);
    else if (!reader_is(r, "ALGORITHM") && !reader_is(r, "LOCK") && !reader_is(r, "ORDER"))
        reader_unknown(r);
    skip_rest(r);
}

void mysql_read_alter(struct reader *r)
{
    const char *table;

    while (reader_skip(r, "ONLINE") || reader_skip(r, "IGNORE"))
        ;
    if (!reader_skip(r, "TABLE")) {
        reader_unknown(r);
        return;
    }
    reader_skip_if(r);
    table = reader_table(r);
    if (reader_skip(r, "WAIT"))
        reader_next(r);
    reader_skip(r, "NOWAIT");
    if (!table || reader_over(r)) {
        reader_unknown(r);
        return;
    }
    spec(r, table);
    while (token_is_char(&r->token, ',')) {
        reader_next(r);
        spec(r, table);
    }
}

bool mysql_may_ask_online(const char *sql, size_t len)
{
    struct reader r = {.at = sql, .end = sql + len};

    reader_next(&r);
    if (!reader_skip(&r, "ALTER"))
        return false;
    while (reader_skip(&r, "ONLINE") || reader_skip(&r, "IGNORE"))
        ;
    if (!reader_skip(&r, "TABLE"))
        return false;
    for (; !reader_over(&r); reader_next(&r))
        if (reader_is(&r, "ALGORITHM") || reader_is(&r, "LOCK") || reader_is(&r, "PARTITION") ||
            reader_is(&r, "PARTITIONS") || reader_is(&r, "PARTITIONING"))
            return false;
    return true;
}
