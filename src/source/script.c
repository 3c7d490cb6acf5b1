#include "source/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "source/option.h"
#include "source/revision.h"
#include "sql/expand.h"
#include "sql/postgres_message.h"
#include "sql/postgres_rows.h"
#include "sql/traceless.h"

static int fail_at(struct error *e, const char *file, unsigned line, int code, const char *message)
{
    error_set(e, code, "%s", message);
    error_at(e, file, line);
    return code;
}

bool script_is_marker(const struct sql_piece *piece, const char *name)
{
    return piece->kind == SQL_DIRECTIVE && piece->len == strlen(name) &&
           memcmp(piece->text, name, piece->len) == 0;
}

int script_begin(struct script_draft *draft, struct arena *arena, enum engine_kind engine,
                 const char *file, struct error *e)
{
    *draft = (struct script_draft){.arena = arena, .script.engine = engine};
    draft->script.file = arena_copy(arena, file);
    return draft->script.file ? E_OK : error_oom(e);
}

void script_drop(struct script_draft *draft)
{
    free(draft->list);
    draft->list = NULL;
    draft->n = draft->cap = 0;
}

static int unknown_directive(const struct sql_piece *piece, const char *file, struct error *e)
{
    const char *nearest = option_nearest(piece);

    error_set(e, E_INVALID, "unknown directive \"lockstep:%.*s\"",
              piece->len > 60 ? 60 : (int)piece->len, piece->text);
    error_at(e, file, piece->line);
    if (nearest)
        error_hint(e, "did you mean \"-- lockstep:%s\"?", nearest);
    else
        error_hint(e, "known are up, down, check, values, foreign-keys, transaction, shared, rows, "
                      "lock-timeout and statement-timeout");
    return E_INVALID;
}

static int refuse_section(const struct sql_piece *piece, const char *file, struct error *e)
{
    fail_at(e, file, piece->line, E_INVALID, "this script is one section and takes no up or down");
    error_hint(e, "sections belong into a file named NNN_name.sql");
    return E_INVALID;
}

static int no_value(const struct script_draft *draft, const struct sql_piece *piece,
                    const char *what, struct error *e)
{
    if (piece->value_len == 0)
        return E_OK;
    fail_at(e, draft->script.file, piece->line, E_INVALID, what);
    error_hint(e, "write the statement on the lines below it");
    return E_INVALID;
}

static int take_check(struct script_draft *draft, const struct sql_piece *piece, struct error *e)
{
    int r = no_value(draft, piece, "check takes no value", e);

    if (r == E_OK)
        draft->check_line = piece->line;
    return r;
}

static int take_values(struct script_draft *draft, const struct sql_piece *piece, struct error *e)
{
    int r = no_value(draft, piece, "values takes no value", e);

    if (r == E_OK)
        draft->values_line = piece->line;
    return r;
}

/* A check is followed by its query, `values` by its statement; whatever else comes is too early. */
static int check_pending(const struct script_draft *draft, struct error *e)
{
    if (draft->check_line) {
        fail_at(e, draft->script.file, draft->check_line, E_INVALID, "no query follows this check");
        error_hint(e,
                   "a check is a query that must return no row, on the lines below the directive");
        return E_INVALID;
    }
    if (draft->values_line) {
        fail_at(e, draft->script.file, draft->values_line, E_INVALID,
                "no statement follows this values");
        error_hint(e, "a statement with ${id} or ${LABEL} goes on the lines below the directive");
        return E_INVALID;
    }
    return E_OK;
}

static int take_directive(struct script_draft *draft, const struct sql_piece *piece,
                          struct error *e)
{
    const char *file = draft->script.file;
    int option = option_find(piece), r;

    if (script_is_marker(piece, "values") && !draft->values_line)
        return take_values(draft, piece, e);
    if (script_is_marker(piece, "check") && !draft->check_line)
        return take_check(draft, piece, e);
    r = check_pending(draft, e);
    if (r != E_OK)
        return r;
    if (script_is_marker(piece, "up") || script_is_marker(piece, "down"))
        return refuse_section(piece, file, e);
    if (option < 0)
        return unknown_directive(piece, file, e);
    if (draft->given & 1u << option) {
        fail_at(e, file, piece->line, E_INVALID, "this option is given twice");
        error_hint(e, "leave one of the two out");
        return E_INVALID;
    }
    draft->given |= 1u << option;
    r = option_set(option, piece, &draft->script, e);
    if (r != E_OK)
        error_at(e, file, piece->line);
    return r;
}

static int refuse_stray(const struct sql_piece *piece, const char *file, struct error *e)
{
    fail_at(e, file, piece->stray, E_INVALID, "a lockstep directive inside a statement");
    error_hint(e, "end the statement that begins in line %u with a semicolon", piece->line);
    error_statement(e, piece->text, piece->len);
    return E_INVALID;
}

static int refuse_escape(const struct script *script, const struct statement *s,
                         enum sql_escape escape, struct error *e)
{
    fail_at(e, script->file, s->line, E_POLICY, sql_escape_text(escape));
    error_statement(e, s->sql, s->len);
    return E_POLICY;
}

/* What no option can allow is said at once: the rows behind a COPY, say, would only confuse. */
static int refuse_ever(const struct script_draft *draft, const struct sql_piece *piece,
                       struct error *e)
{
    const struct statement s = {.sql = piece->text, .len = piece->len, .line = piece->line};
    enum sql_escape escape = sql_escapes_outside(draft->script.engine, s.sql, s.len);

    return escape == SQL_ESCAPE_NONE ? E_OK : refuse_escape(&draft->script, &s, escape, e);
}

static int pass(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return E_OK;
}

/* Which names a tenant has is not known here; that they stand right is. */
static int judge_values(const struct script_draft *draft, const struct sql_piece *piece,
                        struct error *e)
{
    int r = sql_value_names(draft->script.engine, piece->text, piece->len, pass, NULL, e);

    if (r == E_OK)
        return r;
    error_at(e, draft->script.file, piece->line);
    error_statement(e, piece->text, piece->len);
    return r;
}

int script_take(struct script_draft *draft, const struct sql_piece *piece, struct error *e)
{
    struct statement *to;

    if (piece->kind == SQL_DIRECTIVE)
        return take_directive(draft, piece, e);
    if (piece->stray)
        return refuse_stray(piece, draft->script.file, e);
    if (draft->check_line && !sql_is_query(draft->script.engine, piece->text, piece->len))
        return check_pending(draft, e);
    if (draft->script.engine != ENGINE_SQLITE && refuse_ever(draft, piece, e) != E_OK)
        return E_POLICY;
    if (draft->values_line && judge_values(draft, piece, e) != E_OK)
        return E_INVALID;
    if (!array_room(&draft->list, draft->n, &draft->cap, sizeof *draft->list))
        return error_oom(e);
    to = &draft->list[draft->n];
    *to = (struct statement){.sql = arena_copyn(draft->arena, piece->text, piece->len),
                             .len = piece->len,
                             .line = piece->line,
                             .check = draft->check_line != 0,
                             .values = draft->values_line != 0,
                             .ends_message = draft->script.engine == ENGINE_POSTGRES &&
                                             sql_ends_message(piece->text, piece->len)};
    if (!to->sql)
        return error_oom(e);
    draft->n++;
    draft->check_line = draft->values_line = 0;
    return E_OK;
}

static int judge(const struct script *script, struct error *e)
{
    for (size_t i = 0; i < script->n; i++) {
        const struct statement *s = &script->statements[i];
        enum sql_escape escape = script->transaction_off
                                     ? sql_escapes_outside(script->engine, s->sql, s->len)
                                     : sql_escapes(script->engine, s->sql, s->len);

        if (escape != SQL_ESCAPE_NONE)
            return refuse_escape(script, s, escape, e);
    }
    return E_OK;
}

/* What row security guards, and nothing else. */
static int judge_rows(const struct script *script, struct error *e)
{
    for (size_t i = 0; i < script->n; i++) {
        const struct statement *s = &script->statements[i];
        enum sql_for_rows is = sql_for_rows(s->sql, s->len);

        if (is == SQL_ROWS_YES)
            continue;
        fail_at(e, script->file, s->line, E_POLICY,
                is == SQL_ROWS_SETTING
                    ? "set_config for row tenants could reach the rows of another"
                    : "for row tenants only SELECT, INSERT, UPDATE, DELETE and MERGE can run");
        error_statement(e, s->sql, s->len);
        error_hint(e, "%s",
                   is == SQL_ROWS_SETTING
                       ? "which tenant it is, lockstep sets"
                       : "what changes the tables goes into a migration of its own, and runs once");
        return E_POLICY;
    }
    return E_OK;
}

/* An option of one engine in a script that another runs would be passed over silently. */
static int judge_options(const struct script *script, struct error *e)
{
    if (script->rows.on && script->engine == ENGINE_POSTGRES)
        return judge_rows(script, e);
    if (script->rows.on) {
        error_set(e, E_INVALID, "rows is for PostgreSQL, and this script runs on %s too",
                  engine_name(script->engine));
        error_at(e, script->file, 0);
        error_hint(e, "put what the row tenants need into NNN_name.postgres.sql");
        return E_INVALID;
    }
    if (!script->foreign_keys_off || script->engine == ENGINE_SQLITE)
        return E_OK;
    error_set(e, E_INVALID, "foreign-keys off is for SQLite, and this script runs on %s too",
              engine_name(script->engine));
    error_at(e, script->file, 0);
    error_hint(e, "put what SQLite needs into NNN_name.sqlite.sql");
    return E_INVALID;
}

static bool is_data_only(const struct script *script)
{
    bool data = script->engine == ENGINE_MYSQL;

    for (size_t i = 0; i < script->n && data; i++)
        data = sql_mysql_is_data(script->statements[i].sql, script->statements[i].len);
    return data;
}

static bool is_traceless(const struct script *script)
{
    if (script->rows.on) /* which tenant's they are is set, and the role */
        return false;
    for (size_t i = 0; i < script->n; i++)
        if (!sql_is_traceless(script->engine, script->statements[i].sql, script->statements[i].len))
            return false;
    return true;
}

/* Options first, in the order of their table, then the statements as they were written. */
static int write_canonical(struct arena *arena, struct script *script, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;

    for (int i = 0; i < SCRIPT_OPTIONS; i++) {
        CLEANUP_STR struct str option = STR_INIT;

        if (!option_text(i, script, &option))
            continue;
        str_add(&text, "-- lockstep:");
        str_join(&text, &option); /* an option left out would be another script */
        str_addc(&text, '\n');
    }
    for (size_t i = 0; i < script->n; i++) {
        const struct statement *s = &script->statements[i];

        if (s->check)
            str_add(&text, "-- lockstep:check\n");
        if (s->values)
            str_add(&text, "-- lockstep:values\n");
        str_addn(&text, s->sql, s->len);
        str_add(&text, ";\n");
    }
    script->text = str_copy(&text, arena);
    if (!script->text || hash_text(script->text, text.len, script->hash) != E_OK)
        return error_oom(e);
    return E_OK;
}

int script_end(struct script_draft *draft, struct script *script, struct error *e)
{
    struct script *s = &draft->script;
    int r = check_pending(draft, e);

    if (r != E_OK)
        return r;
    s->n = draft->n;
    s->statements = arena_array(draft->arena, draft->n, sizeof *s->statements);
    if (!s->statements)
        return error_oom(e);
    if (draft->n > 0)
        memcpy(s->statements, draft->list, draft->n * sizeof *draft->list);
    s->data_only = is_data_only(s);
    s->traceless = is_traceless(s);
    r = judge_options(s, e);
    if (r == E_OK)
        r = judge(s, e);
    if (r == E_OK)
        r = write_canonical(draft->arena, s, e);
    if (r == E_OK)
        *script = *s;
    return r;
}

int script_end_down(struct script_draft *draft, const struct script *up, struct script *script,
                    struct error *e)
{
    if (draft->script.sharing != SHARED_NOT && draft->script.sharing != up->sharing) {
        fail_at(e, draft->script.file, 0, E_INVALID,
                "the down section says otherwise than the up section whose this migration is");
        error_hint(e, "\"-- lockstep:shared\" goes into the up section, and holds for both");
        return E_INVALID;
    }
    draft->script.sharing = up->sharing;
    return script_end(draft, script, e);
}

int script_take_all(struct script_draft *draft, const char *text, size_t len, struct error *e)
{
    struct sql_piece piece;
    struct sql_scan scan;
    int r = E_OK;

    sql_scan_init(&scan, draft->script.engine, text, len);
    while (r == E_OK) {
        r = sql_next(&scan, &piece, e);
        if (r != E_OK && e)
            error_at(e, draft->script.file, e->line);
        if (r == E_OK && piece.kind == SQL_END)
            return r;
        if (r == E_OK)
            r = script_take(draft, &piece, e);
    }
    return r;
}

int script_parse(struct arena *arena, enum engine_kind engine, const char *file, const char *text,
                 struct script *script, struct error *e)
{
    CLEANUP_DRAFT struct script_draft draft = {0};
    int r;

    if (engine == ENGINE_EXEC)
        return revision_script(arena, file, text, NULL, script, e);
    r = script_begin(&draft, arena, engine, file, e);
    if (r == E_OK)
        r = script_take_all(&draft, text, strlen(text), e);
    return r == E_OK ? script_end(&draft, script, e) : r;
}

int script_checksum(const struct script *up, char checksum[CHECKSUM_TEXT])
{
    struct hash *h = hash_begin();
    bool ok = h != NULL;

    for (int i = 0; i < SCRIPT_OPTIONS && ok; i++) {
        CLEANUP_STR struct str option = STR_INIT;

        if (option_text(i, up, &option))
            hash_add_text(h, str_text(&option));
        ok = str_ok(&option);
    }
    for (size_t i = 0; i < up->n && ok; i++) {
        CLEANUP_STR struct str sql = STR_INIT;

        sql_normalize(up->engine, up->statements[i].sql, up->statements[i].len, &sql);
        if (up->statements[i].values)
            hash_add_text(h, "values");
        hash_add_text(h, up->statements[i].check ? "check" : "statement");
        hash_add_text(h, str_text(&sql));
        ok = str_ok(&sql);
    }
    checksum[0] = '1'; /* the form of this sum */
    checksum[1] = ':';
    if (h)
        hash_end(h, checksum + 2);
    return ok ? E_OK : E_NOMEM;
}
