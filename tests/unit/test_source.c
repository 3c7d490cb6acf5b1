#include "source/migration.h"

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

static void read_well(struct source *source)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (source_read("m", ENGINE_SQLITE, source, &e) != E_OK)
        fail_msg("%s:%u: %s", e.file, e.line, e.message);
}

static void an_empty_folder_has_no_migrations(void **state)
{
    struct source source;

    (void)state;
    read_well(&source);
    assert_int_equal(source.n, 0);
    assert_string_equal(source.dir, "m");
    assert_null(source_find(&source, 1));
    source_free(&source);
}

static void a_missing_folder_is_told_apart(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct source source;

    (void)state;
    assert_int_equal(source_read("nowhere", ENGINE_SQLITE, &source, &e), E_MISSING);
    assert_non_null(strstr(e.message, "nowhere"));
}

static void versions_are_sorted_as_numbers(void **state)
{
    struct source source;

    (void)state;
    put("m/10_ten.sql", "SELECT 10;");
    put("m/002_two.sql", "SELECT 2;");
    put("m/999999999999999999_most.sql", "");
    put("m/readme.txt", "not sql");
    put("m/.#3_x.sql", "an editor's");
    read_well(&source);
    assert_int_equal(source.n, 3);
    assert_int_equal(source.migrations[0].version, 2);
    assert_string_equal(source.migrations[0].digits, "002");
    assert_string_equal(source.migrations[0].name, "two");
    assert_string_equal(source.migrations[0].up.file, "m/002_two.sql");
    assert_int_equal(source.migrations[1].version, 10);
    assert_ptr_equal(source_find(&source, 999999999999999999u), &source.migrations[2]);
    assert_null(source_find(&source, 3));
    source_free(&source);
}

static void sections_split_up_from_down(void **state)
{
    struct source source;
    const struct migration *m;

    (void)state;
    put("m/1_a.sql", "-- lockstep:lock-timeout 5s\n-- lockstep:up\nCREATE TABLE t(a);\nSELECT 2;\n"
                     "-- lockstep:down\n-- lockstep:foreign-keys off\nDROP TABLE t;\n");
    read_well(&source);
    m = &source.migrations[0];
    assert_int_equal(m->up.n, 2);
    assert_string_equal(m->up.statements[1].sql, "SELECT 2");
    assert_int_equal(m->up.statements[1].line, 4);
    assert_int_equal(m->up.lock_timeout_ms, 5000);
    assert_false(m->up.foreign_keys_off);
    assert_int_equal(m->down->n, 1);
    assert_int_equal(m->down->statements[0].line, 7);
    assert_true(m->down->foreign_keys_off);
    assert_string_equal(m->down->text, "-- lockstep:foreign-keys off\nDROP TABLE t;\n");
    source_free(&source);
}

static void a_down_script_is_of_the_same_databases_as_its_up(void **state)
{
    struct source source;

    (void)state;
    put("m/1_a.sql", "-- lockstep:shared after\nSELECT 1;\n-- lockstep:down\nSELECT 2;\n");
    read_well(&source);
    assert_int_equal(source.migrations[0].up.sharing, SHARED_AFTER);
    assert_int_equal(source.migrations[0].down->sharing, SHARED_AFTER);
    source_free(&source);
    expect_file_error("SELECT 1;\n-- lockstep:down\n-- lockstep:shared\nSELECT 2;\n", E_INVALID,
                      "m/1_a.sql", "says otherwise than the up section");
}

static void a_pair_of_files_is_one_migration(void **state)
{
    struct source source;
    const struct migration *m;

    (void)state;
    put("m/01_a.up.sql", "CREATE TABLE t(a);");
    put("m/1_a.down.SQL", "\n\nDROP TABLE t;");
    read_well(&source);
    assert_int_equal(source.n, 1);
    m = &source.migrations[0];
    assert_string_equal(m->digits, "01");
    assert_string_equal(m->name, "a");
    assert_int_equal(m->down->statements[0].line, 3);
    assert_string_equal(m->down->file, "m/1_a.down.SQL");
    source_free(&source);
}

static void no_down_and_an_empty_down_differ(void **state)
{
    struct source source;

    (void)state;
    put("m/1_none.sql", "SELECT 1;");
    put("m/2_empty.sql", "SELECT 1;\n-- lockstep:down\n-- nothing to do\n");
    put("m/3_none.up.sql", "SELECT 1;");
    put("m/4_empty.up.sql", "SELECT 1;");
    put("m/4_empty.down.sql", "");
    read_well(&source);
    assert_null(source.migrations[0].down);
    assert_int_equal(source.migrations[1].down->n, 0);
    assert_string_equal(source.migrations[1].down->text, "");
    assert_null(source.migrations[2].down);
    assert_int_equal(source.migrations[3].down->n, 0);
    source_free(&source);
}

static void other_names_are_errors(void **state)
{
    static const char *const names[] = {
        "m/x.sql",      "m/1.sql",     "m/1_.sql",
        "m/a1_x.sql",   "m/1-x.sql",   "m/1234567890123456789_x.sql",
        "m/1_.up.sql",  "m/0_x.sql",   "m/x.SQL",
        "m/1_\x01.sql", "m/1_\xff.sql"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        put(names[i], "");
        expect_error(E_INVALID, names[i], "");
        unlink(names[i]);
    }
}

static void duplicates_name_both_files(void **state)
{
    (void)state;
    put("m/001_y.sql", "");
    put("m/1_x.sql", "");
    expect_error(E_POLICY, "m/001_y.sql: version 1 is given twice, also by m/1_x.sql", "");
    unlink("m/1_x.sql");
    put("m/001_y.up.sql", "");
    expect_error(E_POLICY, "m/001_y.sql: ", "m/001_y.up.sql");
    unlink("m/001_y.up.sql");
    put("m/001_y.down.sql", "");
    expect_error(E_POLICY, "m/001_y.sql: ", "m/001_y.down.sql");
    unlink("m/001_y.sql");
    put("m/001_y.up.sql", "");
    put("m/01_y.down.sql", "");
    expect_error(E_POLICY, "m/001_y.up.sql: ", "m/001_y.down.sql");
}

static void a_down_needs_its_up(void **state)
{
    (void)state;
    put("m/1_x.down.sql", "");
    expect_error(E_INVALID, "m/1_x.down.sql: this down belongs to no up", "NNN_name.up.sql");
    put("m/1_y.up.sql", "");
    expect_error(E_INVALID, "m/1_x.down.sql: ", "m/1_y.up.sql");
}

static void directives_are_checked(void **state)
{
    (void)state;
    expect_file_error("SELECT 1;\n-- lockstep:dwon\n", E_INVALID, "m/1_a.sql:2: unknown directive",
                      "did you mean \"-- lockstep:down\"?");
    expect_file_error("-- lockstep:zzzzzzzz", E_INVALID, "m/1_a.sql:1: ", "known are");
    expect_file_error("-- lockstep:", E_INVALID, "m/1_a.sql:1: ", "known are");
    expect_file_error("-- lockstep:foreign-keys on", E_INVALID, "m/1_a.sql:1: ", "only be off");
    expect_file_error("-- lockstep:transaction", E_INVALID, "m/1_a.sql:1: ", "only be off");
    expect_file_error("-- lockstep:lock-timeout 5", E_INVALID, "m/1_a.sql:1: ", "needs a time");
    expect_file_error("-- lockstep:lock-timeout 0s", E_INVALID, "m/1_a.sql:1: ", "needs a time");
    expect_file_error("-- lockstep:transaction off\n\n-- lockstep:transaction off", E_INVALID,
                      "m/1_a.sql:3: ", "twice");
    expect_file_error("-- lockstep:up x", E_INVALID, "m/1_a.sql:1: ", "no value");
    expect_file_error("-- lockstep:up\n-- lockstep:up", E_INVALID, "m/1_a.sql:2: ", "before");
    expect_file_error("-- lockstep:down\n-- lockstep:down", E_INVALID, "m/1_a.sql:2: ", "before");
    expect_file_error("SELECT 1;\n-- lockstep:up", E_INVALID,
                      "m/1_a.sql:2: ", "statements before the up section");
}

static void a_missing_semicolon_before_a_directive_is_found(void **state)
{
    (void)state;
    expect_file_error("SELECT 1;\nCREATE TABLE t(a)\n-- lockstep:down\n", E_INVALID,
                      "m/1_a.sql:3: a lockstep directive inside a statement", "line 2");
}

static void checks_are_queries(void **state)
{
    struct source source;

    (void)state;
    expect_file_error("-- lockstep:check\nDELETE FROM t;", E_INVALID, "m/1_a.sql:1: no query", "");
    expect_file_error("SELECT 1;\n-- lockstep:check\n", E_INVALID, "m/1_a.sql:2: no query", "");
    expect_file_error("-- lockstep:check\n-- lockstep:down\nSELECT 1;", E_INVALID,
                      "m/1_a.sql:2: no query", "");
    expect_file_error("-- lockstep:check 3\nSELECT 1;", E_INVALID, "m/1_a.sql:1: ", "no value");
    put("m/1_a.sql", "SELECT 0;\n-- lockstep:check\nSELECT 1;\nSELECT 2;");
    read_well(&source);
    assert_false(source.migrations[0].up.statements[0].check);
    assert_true(source.migrations[0].up.statements[1].check);
    assert_false(source.migrations[0].up.statements[2].check);
    source_free(&source);
}

static void broken_sql_names_file_and_line(void **state)
{
    (void)state;
    expect_file_error("SELECT 1;\nSELECT 'x;\n", E_INVALID, "m/1_a.sql:2: ", "never closed");
    expect_file_error("\n\nSELECT '\xff';", E_INVALID, "m/1_a.sql:3: not UTF-8", "");
    unlink("m/1_a.sql");
    assert_int_equal(file_create("m/1_a.sql", 0644, "a;\n\0", 4, NULL), E_OK);
    expect_error(E_INVALID, "m/1_a.sql:2: a NUL byte", "");
}

static void statements_that_break_out_are_refused(void **state)
{
    struct source source;

    (void)state;
    expect_file_error("SELECT 1;\n/* x */ COMMIT;", E_POLICY, "m/1_a.sql:2: ", "in: COMMIT");
    expect_file_error("SELECT 1;\n-- lockstep:down\nATTACH 'x' AS y;", E_POLICY,
                      "m/1_a.sql:3: ", "ATTACH");
    expect_file_error("PRAGMA user_version=3;", E_POLICY, "m/1_a.sql:1: ", "PRAGMA");
    expect_file_error("VACUUM;", E_POLICY, "m/1_a.sql:1: ", "transaction off");
    expect_file_error("-- lockstep:transaction off\nBEGIN;", E_POLICY, "m/1_a.sql:2: ", "BEGIN");
    put("m/1_a.sql", "VACUUM; PRAGMA user_version=3;\n-- lockstep:transaction off");
    read_well(&source);
    assert_true(source.migrations[0].up.transaction_off);
    source_free(&source);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(mkdir("m/1_a.sql", 0755), 0);
    expect_error(E_INVALID, "m/1_a.sql: this is a folder", "");
    rmdir("m/1_a.sql");
    assert_int_equal(mkfifo("m/1_a.sql", 0600), 0);
    expect_error(E_INVALID, "m/1_a.sql: ", "pipe");
    unlink("m/1_a.sql");
    assert_int_equal(symlink("gone", "m/1_a.sql"), 0);
    expect_error(E_INVALID, "m/1_a.sql: cannot read", "");
}

static void links_to_files_are_read(void **state)
{
    struct source source;

    (void)state;
    put("elsewhere", "SELECT 1;");
    assert_int_equal(symlink("../elsewhere", "m/1_a.sql"), 0);
    read_well(&source);
    assert_int_equal(source.migrations[0].up.n, 1);
    source_free(&source);
}

static void checksum_of(const char *sql, char checksum[CHECKSUM_TEXT])
{
    struct source source;

    put("m/1_a.sql", sql);
    read_well(&source);
    memcpy(checksum, source.migrations[0].checksum, CHECKSUM_TEXT);
    source_free(&source);
}

static void checksums_ignore_layout_and_nothing_else(void **state)
{
    static const char base[] = "-- lockstep:lock-timeout 5s\nSELECT a, 'x  y';\nSELECT b;\n";
    static const char *const equal[] = {
        "\xef\xbb\xbf-- c\r\n-- lockstep:lock-timeout 5000ms\r\n-- lockstep:up\nSELECT\n a,\t'x  "
        "y'\r\n ;"
        "/* c */ SELECT b -- d\n",
        "SELECT/**/a, 'x  y'; SELECT b;\n-- lockstep:lock-timeout 5s\n-- lockstep:down\nSELECT c;",
    };
    static const char *const other[] = {
        "SELECT a, 'x  y';\nSELECT b;",
        "-- lockstep:lock-timeout 6s\nSELECT a, 'x  y';\nSELECT b;",
        "-- lockstep:lock-timeout 5s\nSELECT a, 'x y';\nSELECT b;",
        "-- lockstep:lock-timeout 5s\nSELECT b;SELECT a, 'x  y';",
        "-- lockstep:lock-timeout 5s\nSELECT a, 'x  y';\n-- lockstep:check\nSELECT b;",
        "-- lockstep:lock-timeout 5s\nSELECT a, 'x  y';",
        "-- lockstep:lock-timeout 5s\n-- lockstep:foreign-keys off\nSELECT a, 'x  y';\nSELECT b;",
    };
    char sum[CHECKSUM_TEXT], again[CHECKSUM_TEXT];

    (void)state;
    checksum_of(base, sum);
    assert_true(str_starts(sum, "1:"));
    assert_int_equal(strlen(sum), CHECKSUM_TEXT - 1);
    for (size_t i = 0; i < sizeof equal / sizeof equal[0]; i++) {
        checksum_of(equal[i], again);
        assert_string_equal(again, sum);
    }
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        checksum_of(other[i], again);
        assert_string_not_equal(again, sum);
    }
}

/* The checksum is kept in tenants for years: this text must give this sum for ever. */
static void the_checksum_of_a_text_is_fixed(void **state)
{
    char sum[CHECKSUM_TEXT];

    (void)state;
    checksum_of("-- lockstep:foreign-keys off\nCREATE TABLE t (a);\n-- lockstep:check\nSELECT 1;",
                sum);
    assert_string_equal(sum, "1:19ab15ee075b8ac4f41b3761075e2600a108ac9ff0385a2da85bbb14b6ec96f2");
}

/* One random piece of a script; the options by turns, so that none comes twice. */
static void add_random(struct str *text, uint64_t *seed, unsigned *given)
{
    static const char *const options[] = {"foreign-keys off", "transaction off", "lock-timeout 7s",
                                          "statement-timeout 2m"};
    static const char *const statements[] = {
        "SELECT ';' -- c\n , \"a;\"", "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END",
        "/* c */ UPDATE t SET a = 'it''s'", "INSERT INTO [x;y]\r\nVALUES (x'00')",
        "DROP TABLE `;`"};
    unsigned pick;

    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    pick = (unsigned)(*seed >> 33);
    if (pick % 4 == 0 && !(*given & 1u << pick / 4 % 4)) {
        *given |= 1u << pick / 4 % 4;
        str_addf(text, "\n  --lockstep:%s\n", options[pick / 4 % 4]);
    } else if (pick % 4 == 1) {
        str_add(text, "\n-- lockstep:check \n-- why\nSELECT 1 ;;");
    } else {
        str_addf(text, "%s ;", statements[pick / 4 % 5]);
    }
}

static void assert_equal_scripts(const struct script *a, const struct script *b)
{
    assert_string_equal(a->text, b->text);
    assert_string_equal(a->hash, b->hash);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_string_equal(a->statements[i].sql, b->statements[i].sql);
        assert_int_equal(a->statements[i].check, b->statements[i].check);
    }
    assert_int_equal(a->foreign_keys_off, b->foreign_keys_off);
    assert_int_equal(a->transaction_off, b->transaction_off);
    assert_int_equal(a->lock_timeout_ms, b->lock_timeout_ms);
    assert_int_equal(a->statement_timeout_ms, b->statement_timeout_ms);
}

static void canonical_text_gives_an_equal_script(void **state)
{
    (void)state;
    for (uint64_t run = 1; run <= 500; run++) {
        CLEANUP_ARENA struct arena arena = ARENA_INIT;
        CLEANUP_STR struct str text = STR_INIT;
        struct script first, second;
        uint64_t seed = run;
        unsigned given = 0;

        for (uint64_t i = 0; i < run % 12; i++)
            add_random(&text, &seed, &given);
        if (script_parse(&arena, ENGINE_SQLITE, "first", str_text(&text), &first, NULL) != E_OK ||
            script_parse(&arena, ENGINE_SQLITE, "second", first.text, &second, NULL) != E_OK) {
            fail_msg("run %d cannot be parsed: %s", (int)run, str_text(&text));
            return;
        }
        assert_equal_scripts(&first, &second);
    }
}

static void a_script_takes_no_sections(void **state)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct script script;

    (void)state;
    assert_int_equal(script_parse(&arena, ENGINE_SQLITE, "history of acme",
                                  "SELECT 1;\n-- lockstep:down\n", &script, &e),
                     E_INVALID);
    assert_string_equal(e.file, "history of acme");
    assert_int_equal(e.line, 2);
}

static void expect_new(const char *name, const char *path)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_FREE char *made = NULL;

    if (source_new("m", name, &made, &e) != E_OK)
        fail_msg("%s", e.message);
    assert_string_equal(made, path);
    assert_int_equal(access(path, R_OK), 0);
}

static void new_counts_on_in_the_same_width(void **state)
{
    struct source source;

    (void)state;
    rmdir("m");
    expect_new("first one", "m/001_first_one.sql");
    expect_new("x", "m/002_x.sql");
    put("m/0009_y.up.sql", "");
    expect_new("x", "m/0010_x.sql");
    put("m/9999_y.sql", "");
    expect_new("x", "m/10000_x.sql");
    read_well(&source);
    assert_int_equal(source.n, 6);
    assert_null(source_find(&source, 1)->down);
    source_free(&source);
}

static void new_refuses_names_that_would_not_be_read(void **state)
{
    static const char *const names[] = {"",      "a/b",  "x.up", "x.down",
                                        "x.sql", "a\nb", "it's", "x.mysql"};
    CLEANUP_ERROR struct error e = ERROR_INIT;
    char *path;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_int_equal(source_new("m", names[i], &path, &e), E_INVALID);
        assert_null(path);
    }
    put("m/999999999999999999_x.sql", "");
    assert_int_equal(source_new("m", "y", &path, &e), E_INVALID);
}

#define IN_FOLDER(name) cmocka_unit_test_setup_teardown(name, enter_migrations, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(an_empty_folder_has_no_migrations),
        IN_FOLDER(a_missing_folder_is_told_apart),
        IN_FOLDER(versions_are_sorted_as_numbers),
        IN_FOLDER(sections_split_up_from_down),
        IN_FOLDER(a_down_script_is_of_the_same_databases_as_its_up),
        IN_FOLDER(a_pair_of_files_is_one_migration),
        IN_FOLDER(no_down_and_an_empty_down_differ),
        IN_FOLDER(other_names_are_errors),
        IN_FOLDER(duplicates_name_both_files),
        IN_FOLDER(a_down_needs_its_up),
        IN_FOLDER(directives_are_checked),
        IN_FOLDER(a_missing_semicolon_before_a_directive_is_found),
        IN_FOLDER(checks_are_queries),
        IN_FOLDER(broken_sql_names_file_and_line),
        IN_FOLDER(statements_that_break_out_are_refused),
        IN_FOLDER(what_is_no_file_is_refused),
        IN_FOLDER(links_to_files_are_read),
        IN_FOLDER(checksums_ignore_layout_and_nothing_else),
        IN_FOLDER(the_checksum_of_a_text_is_fixed),
        cmocka_unit_test(canonical_text_gives_an_equal_script),
        cmocka_unit_test(a_script_takes_no_sections),
        IN_FOLDER(new_counts_on_in_the_same_width),
        IN_FOLDER(new_refuses_names_that_would_not_be_read),
    };

    return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
