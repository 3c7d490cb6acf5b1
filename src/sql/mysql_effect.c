/* Statements other than ALTER TABLE, and how effects match; ALTER TABLE is in mysql_alter.c. */
#include "sql/mysql_effect.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/str.h"
#include "sql/mysql_reader.h"

/* --- reading --- */

void reader_next(struct reader *r)
{
    r->token = token_next(ENGINE_MYSQL, &r->at, r->end);
}

bool reader_is(const struct reader *r, const char *keyword)
{
    return token_is(&r->token, keyword);
}

bool reader_skip(struct reader *r, const char *keyword)
{
    if (!token_is(&r->token, keyword))
        return false;
    reader_next(r);
    return true;
}

void reader_skip_if(struct reader *r)
{
    if (!reader_skip(r, "IF"))
        return;
    reader_skip(r, "NOT");
    reader_skip(r, "EXISTS");
}

bool reader_over(const struct reader *r)
{
    return r->token.kind == TOKEN_END || r->token.kind == TOKEN_OPEN ||
           r->token.kind == TOKEN_SEMICOLON;
}

/* Behind the bracket that closes the one the reader is at. */
void reader_skip_brackets(struct reader *r)
{
    unsigned depth = 0;

    do {
        depth += token_is_char(&r->token, '(');
        depth -= token_is_char(&r->token, ')') && depth > 0;
        reader_next(r);
    } while (depth && !reader_over(r));
}

/* The name in the token, without its quotes. */
static const char *plain_name(struct reader *r)
{
    CLEANUP_STR struct str name = STR_INIT;
    const struct token *t = &r->token;
    char quote = *t->at;

    if (t->kind != TOKEN_QUOTED) {
        str_addn(&name, t->at, t->len);
    } else {
        for (size_t i = 1; i + 1 < t->len; i++) {
            str_addc(&name, t->at[i]);
            i += t->at[i] == quote;
        }
    }
    return str_copy(&name, r->arena);
}

const char *reader_name(struct reader *r)
{
    const char *name;

    if (r->token.kind != TOKEN_WORD && r->token.kind != TOKEN_QUOTED)
        return NULL;
    name = plain_name(r);
    r->failed = r->failed || !name;
    reader_next(r);
    return name;
}

const char *reader_table(struct reader *r)
{
    CLEANUP_STR struct str whole = STR_INIT;
    const char *name = reader_name(r), *second;

    if (!name || !token_is_char(&r->token, '.'))
        return name;
    reader_next(r);
    second = reader_name(r);
    if (!second)
        return NULL;
    str_addf(&whole, "%s.%s", name, second);
    name = str_copy(&whole, r->arena);
    r->failed = r->failed || !name;
    return name;
}

void reader_add(struct reader *r, struct effect effect)
{
    if (!array_room(&r->out->list, r->out->n, &r->out->cap, sizeof *r->out->list)) {
        r->failed = true;
        return;
    }
    r->out->list[r->out->n++] = effect;
}

void reader_unknown(struct reader *r)
{
    reader_add(r, (struct effect){.kind = EFFECT_CHANGES, .object = EFFECT_UNKNOWN});
}

/* --- CREATE --- */

static const struct {
    const char *word;
    enum effect_object object;
} objects[] = {{"TABLE", EFFECT_TABLE},       {"VIEW", EFFECT_VIEW},
               {"TRIGGER", EFFECT_TRIGGER},   {"PROCEDURE", EFFECT_PROCEDURE},
               {"FUNCTION", EFFECT_FUNCTION}, {"EVENT", EFFECT_EVENT},
               {"SEQUENCE", EFFECT_SEQUENCE}, {"INDEX", EFFECT_INDEX}};

static bool object_of(const struct reader *r, enum effect_object *object)
{
    for (size_t i = 0; i < sizeof objects / sizeof objects[0]; i++) {
        if (!reader_is(r, objects[i].word))
            continue;
        *object = objects[i].object;
        return true;
    }
    return false;
}

static bool is_tabular(enum effect_object object)
{
    return object == EFFECT_TABLE || object == EFFECT_VIEW || object == EFFECT_SEQUENCE;
}

static void add_object(struct reader *r, enum effect_kind kind, enum effect_object object)
{
    const char *name = reader_table(r);

    if (name)
        reader_add(r, (struct effect){kind, object, is_tabular(object) ? name : NULL, name, NULL});
    else
        reader_unknown(r);
}

/* The columns in brackets, as "a b"; expressions give none. */
const char *reader_columns(struct reader *r)
{
    CLEANUP_STR struct str columns = STR_INIT;
    const char *copy;

    while (!reader_over(r) && !token_is_char(&r->token, '('))
        reader_next(r);
    reader_next(r);
    while (!reader_over(r) && !token_is_char(&r->token, ')')) {
        const char *name = reader_name(r);

        if (name)
            str_addf(&columns, "%s%s", columns.len ? " " : "", name);
        while (!reader_over(r) && !token_is_char(&r->token, ',') && !token_is_char(&r->token, ')'))
            if (token_is_char(&r->token, '('))
                reader_skip_brackets(r);
            else
                reader_next(r);
        if (token_is_char(&r->token, ','))
            reader_next(r);
    }
    copy = str_copy(&columns, r->arena);
    r->failed = r->failed || (!copy && columns.len);
    return copy;
}

/* CREATE INDEX i ON t (a, b) */
static void create_index(struct reader *r, enum effect_kind kind)
{
    struct effect effect = {.kind = kind, .object = EFFECT_INDEX, .name = reader_name(r)};

    while (!reader_over(r) && !reader_is(r, "ON"))
        reader_next(r);
    reader_next(r);
    effect.table = reader_table(r);
    effect.columns = reader_columns(r);
    if (effect.table && effect.name)
        reader_add(r, effect);
    else
        reader_unknown(r);
}

static void create(struct reader *r)
{
    bool replace = reader_skip(r, "OR") && reader_skip(r, "REPLACE");
    enum effect_kind kind = replace ? EFFECT_REPLACES : EFFECT_MAKES;
    enum effect_object object;

    if (reader_is(r, "TEMPORARY"))
        return;
    /* ALGORITHM = .., DEFINER = .., UNIQUE, AGGREGATE ... stand before what it is */
    for (int words = 0; !object_of(r, &object); words++) {
        if (reader_over(r) || words > 20) {
            reader_unknown(r);
            return;
        }
        reader_next(r);
    }
    reader_next(r);
    reader_skip_if(r);
    if (object == EFFECT_INDEX)
        create_index(r, kind);
    else
        add_object(r, kind, object);
}

/* --- DROP, RENAME, TRUNCATE --- */

static void drop_index(struct reader *r)
{
    struct effect effect = {.kind = EFFECT_DROPS, .object = EFFECT_INDEX, .name = reader_name(r)};

    if (reader_skip(r, "ON"))
        effect.table = reader_table(r);
    if (effect.table && effect.name)
        reader_add(r, effect);
    else
        reader_unknown(r);
}

static void drop(struct reader *r)
{
    enum effect_object object;

    if (reader_is(r, "TEMPORARY"))
        return;
    if (reader_is(r, "TABLES"))
        object = EFFECT_TABLE;
    else if (!object_of(r, &object)) {
        reader_unknown(r);
        return;
    }
    reader_next(r);
    reader_skip_if(r);
    if (object == EFFECT_INDEX) {
        drop_index(r);
        return;
    }
    add_object(r, EFFECT_DROPS, object);
    while (token_is_char(&r->token, ',')) {
        reader_next(r);
        add_object(r, EFFECT_DROPS, object);
    }
}

static void rename_tables(struct reader *r)
{
    if (!reader_skip(r, "TABLE") && !reader_skip(r, "TABLES")) {
        reader_unknown(r);
        return;
    }
    for (;;) {
        reader_skip_if(r);
        add_object(r, EFFECT_DROPS, EFFECT_TABLE);
        while (!reader_over(r) && !reader_is(r, "TO"))
            reader_next(r);
        if (!reader_skip(r, "TO")) {
            reader_unknown(r);
            return;
        }
        add_object(r, EFFECT_MAKES, EFFECT_TABLE);
        if (!token_is_char(&r->token, ','))
            return;
        reader_next(r);
    }
}

/* --- rows --- */

static void add_rows(struct reader *r, const char *table, const char *column)
{
    if (table)
        reader_add(r, (struct effect){EFFECT_CHANGES, EFFECT_ROWS, table, column, NULL});
    else
        reader_unknown(r);
}

static void insert(struct reader *r)
{
    while (reader_skip(r, "LOW_PRIORITY") || reader_skip(r, "DELAYED") ||
           reader_skip(r, "HIGH_PRIORITY") || reader_skip(r, "IGNORE") || reader_skip(r, "INTO"))
        ;
    add_rows(r, reader_table(r), NULL);
}

/* UPDATE t SET a = .., b = ..: one table, columns known; with joins, of all tables before SET. */
static void update(struct reader *r)
{
    const char *table;
    unsigned depth = 0;

    while (reader_skip(r, "LOW_PRIORITY") || reader_skip(r, "IGNORE"))
        ;
    table = reader_table(r);
    if (!reader_skip(r, "SET")) {
        add_rows(r, table, NULL);
        return;
    }
    for (bool target = true; !reader_over(r);) {
        if (target && !depth) {
            const char *column = reader_table(r), *dot = column ? strrchr(column, '.') : NULL;

            add_rows(r, table, dot ? dot + 1 : column);
            target = false;
            continue;
        }
        if (!depth && (reader_is(r, "WHERE") || reader_is(r, "ORDER") || reader_is(r, "LIMIT")))
            return;
        depth += token_is_char(&r->token, '(');
        depth -= token_is_char(&r->token, ')') && depth > 0;
        target = !depth && token_is_char(&r->token, ',');
        reader_next(r);
    }
}

static void delete_rows(struct reader *r)
{
    while (!reader_over(r) && !reader_is(r, "FROM"))
        reader_next(r);
    reader_next(r);
    add_rows(r, reader_table(r), NULL);
}

static void truncate_table(struct reader *r)
{
    reader_skip(r, "TABLE");
    add_rows(r, reader_table(r), NULL);
}

static void load(struct reader *r)
{
    while (!reader_over(r) && !reader_is(r, "TABLE"))
        reader_next(r);
    reader_next(r);
    add_rows(r, reader_table(r), NULL);
}

static void nothing(struct reader *r)
{
    (void)r;
}

/* WITH .. may lead to an UPDATE or a DELETE on MySQL. */
static void with(struct reader *r)
{
    for (; !reader_over(r); reader_next(r)) {
        if (token_is_char(&r->token, '('))
            reader_skip_brackets(r);
        if (reader_is(r, "UPDATE") || reader_is(r, "DELETE")) {
            reader_unknown(r);
            return;
        }
    }
}

/* What is the session's alone ends with it. */
static void set(struct reader *r)
{
    for (; !reader_over(r); reader_next(r))
        if (reader_is(r, "GLOBAL") || reader_is(r, "PERSIST") || reader_is(r, "PASSWORD") ||
            reader_is(r, "ROLE")) {
            reader_unknown(r);
            return;
        }
}

int mysql_effects(struct arena *arena, const char *sql, size_t len, struct effects *out)
{
    static const struct {
        const char *word;
        void (*read)(struct reader *r);
    } statements[] = {
        {"CREATE", create},
        {"DROP", drop},
        {"ALTER", mysql_read_alter},
        {"RENAME", rename_tables},
        {"TRUNCATE", truncate_table},
        {"INSERT", insert},
        {"REPLACE", insert},
        {"UPDATE", update},
        {"DELETE", delete_rows},
        {"LOAD", load},
        {"WITH", with},
        {"SELECT", nothing},
        {"DO", nothing},
        {"TABLE", nothing},
        {"SHOW", nothing},
        {"ANALYZE", nothing},
        {"OPTIMIZE", nothing},
        {"CHECK", nothing},
        {"REPAIR", nothing},
        {"SET", set},
    };
    struct reader r = {.arena = arena, .at = sql, .end = sql + len, .out = out};

    reader_next(&r);
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (!reader_skip(&r, statements[i].word))
            continue;
        statements[i].read(&r);
        return r.failed ? E_NOMEM : E_OK;
    }
    if (!reader_over(&r))
        reader_unknown(&r);
    return r.failed ? E_NOMEM : E_OK;
}

void effects_free(struct effects *effects)
{
    free(effects->list);
    *effects = (struct effects){0};
}

/* --- matching --- */

static bool same(const char *a, const char *b)
{
    return a && b ? strcasecmp(a, b) == 0 : a == b;
}

/* A constraint without a name is dropped by the one that the server gave it. */
static bool same_name(const struct effect *a, const struct effect *b)
{
    if (a->object == EFFECT_INDEX && (!a->name || !b->name))
        return true;
    return a->object == EFFECT_ROWS || same(a->name, b->name);
}

bool effect_undoes(const struct effect *undo, const struct effect *done)
{
    if (undo->object != done->object || done->object == EFFECT_UNKNOWN ||
        !same(undo->table, done->table) || !same_name(undo, done))
        return false;
    switch (done->kind) {
    case EFFECT_MAKES:
        return undo->kind == EFFECT_DROPS;
    case EFFECT_DROPS:
        return undo->kind == EFFECT_MAKES || undo->kind == EFFECT_REPLACES;
    case EFFECT_REPLACES:
        return undo->kind == EFFECT_REPLACES || undo->kind == EFFECT_DROPS;
    case EFFECT_CHANGES:
        break;
    }
    return undo->kind == EFFECT_CHANGES;
}

static bool has_word(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; at && *at; at += strcspn(at, " "), at += *at == ' ')
        if (strcspn(at, " ") == n && strncasecmp(at, word, n) == 0)
            return true;
    return false;
}

bool effect_within(const struct effect *inner, const struct effect *made)
{
    if (made->kind != EFFECT_MAKES || inner == made || !same(inner->table, made->table))
        return false;
    if (made->object == EFFECT_TABLE)
        return inner->table != NULL;
    if (made->object != EFFECT_COLUMN || !made->name)
        return false;
    if (inner->object == EFFECT_ROWS || inner->object == EFFECT_COLUMN)
        return same(inner->name, made->name);
    return inner->object == EFFECT_INDEX && inner->columns && !strchr(inner->columns, ' ') &&
           has_word(inner->columns, made->name);
}
