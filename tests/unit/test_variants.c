/* Migrations in several dialects: files for one engine, what each refuses, values. */
#include "source/script.h"

#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "test.h"

static void put(const char *path, const char *text)
{
    unlink(path);
    assert_int_equal(file_create(path, 0644, text, strlen(text), NULL), E_OK);
}

static int enter_migrations(void **state)
{
    return enter_folder(state) == 0 && mkdir("m", 0755) == 0 ? 0 : -1;
}

/* Reads m/ and expects "code file:line: message" to begin (for errors) or to be well. */
static void expect_error(int code, const char *where, const char *part)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str text = STR_INIT;
    struct source source;

    assert_int_equal(source_read("m", ENGINE_SQLITE, &source, &e), code);
    assert_int_equal(e.code, code);
    assert_int_equal(source.n, 0);
    error_render(&e, &text);
    if (!str_starts(str_text(&text), where) || !strstr(str_text(&text), part))
        fail_msg("expected \"%s\" and \"%s\" in: %s", where, part, str_text(&text));
    assert_true(strstr(str_text(&text), "; ") || code == E_POLICY);
    source_free(&source);
}

static void expect_file_error(const char *sql, int code, const char *where, const char *part)
{
    put("m/1_a.sql", sql);
    expect_error(code, where, part);
}

static void read_for(enum engine_kind engine, struct source *source)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (source_read("m", engine, source, &e) != E_OK)
        fail_msg("%s:%u: %s", e.file, e.line, e.message);
}

static void a_file_of_an_engine_s_own_wins(void **state)
{
    struct source source;

    (void)state;
    put("m/1_a.sql", "SELECT 1;");
    put("m/1_a.postgres.sql", "SELECT $$;$$;\n-- lockstep:down\n");
    put("m/2_b.mysql.up.sql", "INSERT INTO t VALUES (1); # it's\n");
    put("m/2_b.mysql.down.sql", "DELETE FROM t;");
    put("m/2_b.up.sql", "SELECT 2;");
    read_for(ENGINE_SQLITE, &source);
    assert_int_equal(source.n, 2);
    assert_string_equal(source.migrations[0].up.file, "m/1_a.sql");
    assert_string_equal(source.migrations[1].up.file, "m/2_b.up.sql");
    assert_null(source.migrations[1].down);
    source_free(&source);
    read_for(ENGINE_POSTGRES, &source);
    assert_string_equal(source.migrations[0].up.statements[0].sql, "SELECT $$;$$");
    assert_string_equal(source.migrations[0].name, "a");
    assert_int_equal(source.migrations[0].up.engine, ENGINE_POSTGRES);
    assert_non_null(source.migrations[0].down);
    assert_string_equal(source.migrations[1].up.file, "m/2_b.up.sql");
    source_free(&source);
    read_for(ENGINE_MYSQL, &source);
    assert_string_equal(source.migrations[0].up.file, "m/1_a.sql");
    assert_string_equal(source.migrations[1].up.file, "m/2_b.mysql.up.sql");
    assert_string_equal(source.migrations[1].down->file, "m/2_b.mysql.down.sql");
    assert_true(source.migrations[1].up.data_only);
    source_free(&source);
}

static void an_engine_without_a_file_is_told_what_to_write(void **state)
{
    (void)state;
    put("m/001_a.sql", "SELECT 1;");
    put("m/003_x.postgres.sql", "SELECT 1;");
    expect_error(E_INVALID, "m/003_x.postgres.sql: version 3 is not written for sqlite",
                 "write m/003_x.sqlite.sql, or 003_x.sql");
}

static void all_files_of_a_version_fit_together(void **state)
{
    (void)state;
    put("m/1_a.sql", "SELECT 1;");
    put("m/1_b.postgres.sql", "SELECT 1;");
    expect_error(E_POLICY, "m/1_b.postgres.sql: ", "m/1_a.sql");
    unlink("m/1_b.postgres.sql");
    put("m/1_a.mysql.down.sql", "SELECT 1;");
    expect_error(E_INVALID, "m/1_a.mysql.down.sql: this down belongs to no up", "");
    put("m/1_a.mysql.up.sql", "SELECT 1;");
    put("m/1_a.mysql.sql", "SELECT 1;");
    expect_error(E_POLICY, "m/1_a.mysql", "version 1 is given twice");
}

static void what_is_refused_goes_by_the_dialect(void **state)
{
    static const struct {
        enum engine_kind engine;
        const char *sql;
        int code;
        const char *part;
    } cases[] = {
        {ENGINE_POSTGRES, "CREATE INDEX CONCURRENTLY i ON t(a);", E_POLICY, "transaction off"},
        {ENGINE_POSTGRES, "-- lockstep:transaction off\nVACUUM;", E_OK, ""},
        {ENGINE_POSTGRES, "COPY t FROM STDIN;\n1\tit's\n\\.\n", E_POLICY, "STDIN"},
        {ENGINE_POSTGRES, "-- lockstep:foreign-keys off\nSELECT 1;", E_INVALID, "for SQLite"},
        {ENGINE_POSTGRES, "-- lockstep:check\nTABLE t;", E_OK, ""},
        {ENGINE_MYSQL, "START TRANSACTION;", E_POLICY, "inside lockstep's transaction"},
        {ENGINE_MYSQL, "DELIMITER //\n", E_INVALID, "DELIMITER"},
        {ENGINE_SQLITE, "DELIMITER //\n", E_OK, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_ARENA struct arena arena = ARENA_INIT;
        CLEANUP_ERROR struct error e = ERROR_INIT;
        struct script script;

        assert_int_equal(script_parse(&arena, cases[i].engine, "f", cases[i].sql, &script, &e),
                         cases[i].code);
        if (!strstr(e.message, cases[i].part))
            fail_msg("%s: %s", cases[i].sql, e.message);
    }
}

static void values_belong_to_the_next_statement(void **state)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct script script, again;
    char with[CHECKSUM_TEXT], without[CHECKSUM_TEXT];

    (void)state;
    assert_int_equal(script_parse(&arena, ENGINE_POSTGRES, "f",
                                  "-- lockstep:values\n-- lockstep:check\nSELECT ${id};\n"
                                  "SELECT ${id};\n",
                                  &script, NULL),
                     E_OK);
    assert_true(script.statements[0].values && script.statements[0].check);
    assert_false(script.statements[1].values || script.statements[1].check);
    assert_int_equal(script_parse(&arena, ENGINE_POSTGRES, "f", script.text, &again, NULL), E_OK);
    assert_string_equal(again.hash, script.hash);
    assert_int_equal(script_checksum(&script, with), 0);
    script.statements[0].values = false;
    assert_int_equal(script_checksum(&script, without), 0);
    assert_string_not_equal(with, without);
}

static void values_need_their_statement(void **state)
{
    (void)state;
    expect_file_error("-- lockstep:values\n", E_INVALID, "m/1_a.sql:1: no statement follows", "");
    expect_file_error("-- lockstep:values\n-- lockstep:down\nSELECT 1;", E_INVALID, "m/1_a.sql:2",
                      "values");
    expect_file_error("-- lockstep:values id\nSELECT 1;", E_INVALID, "m/1_a.sql:1",
                      "values takes no value");
    expect_file_error("-- lockstep:values\n-- lockstep:values\nSELECT 1;", E_INVALID, "m/1_a.sql:1",
                      "no statement follows");
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, enter_migrations, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_of_an_engine_s_own_wins),
        IN_FOLDER(an_engine_without_a_file_is_told_what_to_write),
        IN_FOLDER(all_files_of_a_version_fit_together),
        cmocka_unit_test(what_is_refused_goes_by_the_dialect),
        cmocka_unit_test(values_belong_to_the_next_statement),
        IN_FOLDER(values_need_their_statement),
    };

    return cmocka_run_group_tests_name("variants", tests, NULL, NULL);
}
