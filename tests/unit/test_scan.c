#include "sql/scan.h"

#include "base/error.h"
#include "base/str.h"
#include "test.h"

/* Renders all pieces of a text as "LINE:statement|LINE:@name=value|", or "!LINE" for an error. */
static void scan_all(const char *sql, size_t len, struct str *out)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct sql_piece piece;
    struct sql_scan scan;

    sql_scan_init(&scan, ENGINE_SQLITE, sql, len);
    for (;;) {
        if (sql_next(&scan, &piece, &e) != E_OK) {
            assert_int_equal(e.code, E_INVALID);
            assert_true(e.message[0] && e.hint[0]);
            str_addf(out, "!%u", e.line);
            return;
        }
        if (piece.kind == SQL_END)
            return;
        str_addf(out, "%u:%s%.*s", piece.line, piece.kind == SQL_DIRECTIVE ? "@" : "",
                 (int)piece.len, piece.text);
        if (piece.value_len > 0)
            str_addf(out, "=%.*s", (int)piece.value_len, piece.value);
        if (piece.stray)
            str_addf(out, "?%u", piece.stray);
        str_addc(out, '|');
    }
}

struct example {
    const char *sql, *pieces;
};

static void expect_all(const struct example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP_STR struct str out = STR_INIT;

        scan_all(examples[i].sql, strlen(examples[i].sql), &out);
        assert_string_equal(str_text(&out), examples[i].pieces);
    }
}

#define EXPECT(...)                                                                                \
    do {                                                                                           \
        static const struct example examples[] = {__VA_ARGS__};                                    \
        (void)state;                                                                               \
        expect_all(examples, sizeof examples / sizeof examples[0]);                                \
    } while (0)

static void statements_end_at_their_semicolon(void **state)
{
    EXPECT({"", ""}, {" \n ; ;;\n", ""}, {"-- only\n/* comments */", ""},
           {"SELECT 1;", "1:SELECT 1|"}, {"SELECT 1 ;\n\nSELECT\n2;", "1:SELECT 1|3:SELECT\n2|"},
           {"a;b;;c", "1:a|1:b|1:c|"}, {"SELECT 1 -- c\n", "1:SELECT 1|"});
}

static void quotes_and_comments_hide_semicolons(void **state)
{
    EXPECT({"SELECT 'a;b';x", "1:SELECT 'a;b'|1:x|"},
           {"SELECT 'it''s;'\n;x", "1:SELECT 'it''s;'|2:x|"},
           {"\"a;\"\"b\";x", "1:\"a;\"\"b\"|1:x|"}, {"`a;``b`;x", "1:`a;``b`|1:x|"},
           {"[a;'b];x", "1:[a;'b]|1:x|"}, {"a -- ; '\n b;x", "1:a -- ; '\n b|2:x|"},
           {"a /* ; ' \n*/ b;x", "1:a /* ; ' \n*/ b|2:x|"}, {"x'3b';y", "1:x'3b'|1:y|"},
           {"a - - ;b / * c;", "1:a - -|1:b / * c|"});
}

static void triggers_are_one_statement(void **state)
{
    EXPECT(
        {"CREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1;\n UPDATE a SET x=1; END;\nSELECT 2;",
         "1:CREATE TRIGGER t AFTER INSERT ON a BEGIN\n SELECT 1;\n UPDATE a SET x=1; END|4:SELECT "
         "2|"},
        {"create /* ; */ temp trigger t begin select ';END;'; select case 1 when 1 then 2 end; "
         "end;z",
         "1:create /* ; */ temp trigger t begin select ';END;'; select case 1 when 1 then 2 end; "
         "end|1:z|"},
        {"CREATE TRIGGER t BEGIN a; /* x */ END -- y\n ;z",
         "1:CREATE TRIGGER t BEGIN a; /* x */ END|2:z|"},
        {"CREATE TRIGGER t BEGIN a; END", "1:CREATE TRIGGER t BEGIN a; END|"});
}

static void an_open_quote_comment_or_trigger_is_an_error_with_its_line(void **state)
{
    EXPECT({"a;\n\nSELECT 'x\n\n;", "1:a|!3"}, {"\n\"x", "!2"}, {"\n\n[x", "!3"}, {"`x", "!1"},
           {"a;\n/* x", "1:a|!2"}, {"a /* x", "!1"}, {"'a''", "!1"},
           {"x;\nCREATE TRIGGER t BEGIN\n a;\n b;", "1:x|!2"});
}

static void directives_stand_between_statements(void **state)
{
    EXPECT({"-- lockstep:up\na;\n--lockstep:down\nb;", "1:@up|2:a|3:@down|4:b|"},
           {"  --\t lockstep:lock-timeout   5s \r\na;", "1:@lock-timeout=5s|2:a|"},
           {"--lockstep:", "1:@|"}, {"-- not lockstep:up\n", ""}, {"/* lockstep:up */a", "1:a|"},
           {"SELECT '\n-- lockstep:up\n';", "1:SELECT '\n-- lockstep:up\n'|"},
           {"-- lockstep is fine here\n-- lockstep : too", ""});
}

static void a_directive_inside_a_statement_is_text_but_noted(void **state)
{
    EXPECT({"SELECT 1\n-- lockstep:down\n, 2;", "1:SELECT 1\n-- lockstep:down\n, 2?2|"},
           {"SELECT 1\n\n-- lockstep:down", "1:SELECT 1?3|"},
           {"SELECT 1 -- lockstep:down\n, 2;", "1:SELECT 1 -- lockstep:down\n, 2|"});
}

static void nearly_a_directive_is_an_error(void **state)
{
    EXPECT({"a;\nb; -- lockstep:down\n", "1:a|2:b|!2"}, {"-- LOCKSTEP:up", "!1"},
           {"/* x */ -- lockstep:up", "!1"});
}

static void lines_are_right_with_crlf_and_a_byte_order_mark(void **state)
{
    EXPECT({"\xef\xbb\xbf-- lockstep:up\r\na\r\n;\r\n'x\r\n';\r\n-- lockstep:down\r\nb;",
            "1:@up|2:a|4:'x\r\n'|6:@down|7:b|"},
           {"a;\xef\xbb\xbf\nb;", "1:a|2:b|"});
}

static void a_nul_byte_is_an_error_with_its_line(void **state)
{
    CLEANUP_STR struct str out = STR_INIT;

    (void)state;
    scan_all("a;\nb\0c;", 8, &out);
    assert_string_equal(str_text(&out), "!2");
}

static void a_cut_never_reads_beyond_its_length(void **state)
{
    static const char sql[] =
        "CREATE TRIGGER t BEGIN SELECT 'a;'; /* c */ END; -- lockstep:x\n[b];";

    (void)state;
    for (size_t n = 0; n < sizeof sql; n++) {
        CLEANUP_STR struct str out = STR_INIT;
        char *copy = malloc(n + 1);

        memcpy(copy, sql, n);
        scan_all(copy, n, &out);
        free(copy);
    }
}

/* 10 MB: a trigger of a million semicolons, then as many statements. Quadratic, this never ends. */
static void large_texts_are_read_once(void **state)
{
    CLEANUP_STR struct str sql = STR_INIT;
    struct sql_piece piece;
    struct sql_scan scan;
    size_t n = 0;

    (void)state;
    str_add(&sql, "CREATE TRIGGER t AFTER INSERT ON a BEGIN ");
    for (int i = 0; i < 1000000; i++)
        str_add(&sql, "b;\n");
    str_add(&sql, "END;");
    for (int i = 0; i < 1000000; i++)
        str_add(&sql, "SELECT 1;\n");
    assert_true(str_ok(&sql));
    sql_scan_init(&scan, ENGINE_SQLITE, str_text(&sql), sql.len);
    while (sql_next(&scan, &piece, NULL) == E_OK && piece.kind == SQL_STATEMENT)
        n++;
    assert_int_equal(piece.kind, SQL_END);
    assert_int_equal(n, 1000001);
    assert_int_equal(piece.line, 2000001);
}

static void normal_form_drops_layout_only(void **state)
{
    static const char *const pairs[][2] = {
        {"  SELECT  1 ,\n\t2  ", "SELECT 1 , 2"},
        {"SELECT 'a  b' , \"c  d\", [e  f], `g  h`", "SELECT 'a  b' , \"c  d\", [e  f], `g  h`"},
        {"SELECT/* c */1", "SELECT 1"},
        {"f(/* c */x)/**/", "f(x)"},
        {"a -- c\n  b", "a b"},
        {"- /* c */ -1", "- -1"},
        {"-/* c */-1", "- -1"},
        {"x/**/'ab'", "x 'ab'"},
        {"x'ab'", "x'ab'"},
        {"'a'/**/'b'", "'a' 'b'"},
        {"1/**/+2", "1+2"},
        {"/* c */", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        CLEANUP_STR struct str out = STR_INIT;

        sql_normalize(ENGINE_SQLITE, pairs[i][0], strlen(pairs[i][0]), &out);
        assert_string_equal(str_text(&out), pairs[i][1]);
    }
}

static void escapes_are_seen(void **state)
{
    static const struct {
        const char *sql;
        enum sql_escape inside, outside;
    } cases[] = {
        {"SELECT 1", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"-- x\n /* y */ begin immediate", SQL_ESCAPE_TRANSACTION, SQL_ESCAPE_TRANSACTION},
        {"COMMIT", SQL_ESCAPE_TRANSACTION, SQL_ESCAPE_TRANSACTION},
        {"END", SQL_ESCAPE_TRANSACTION, SQL_ESCAPE_TRANSACTION},
        {"Rollback to x", SQL_ESCAPE_TRANSACTION, SQL_ESCAPE_TRANSACTION},
        {"SAVEPOINT x", SQL_ESCAPE_TRANSACTION, SQL_ESCAPE_TRANSACTION},
        {";;RELEASE x", SQL_ESCAPE_TRANSACTION, SQL_ESCAPE_TRANSACTION},
        {"BEGINNING", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"CREATE TRIGGER t BEGIN SELECT 1; END", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"ATTACH 'x' AS y", SQL_ESCAPE_ATTACH, SQL_ESCAPE_ATTACH},
        {"detach y", SQL_ESCAPE_ATTACH, SQL_ESCAPE_ATTACH},
        {"EXPLAIN COMMIT", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"REINDEX", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"VACUUM", SQL_ESCAPE_OUTSIDE, SQL_ESCAPE_NONE},
        {"VACUUM main", SQL_ESCAPE_OUTSIDE, SQL_ESCAPE_NONE},
        {"VACUUM INTO 'x'", SQL_ESCAPE_ATTACH, SQL_ESCAPE_ATTACH},
        {"VACUUM main INTO 'x'", SQL_ESCAPE_ATTACH, SQL_ESCAPE_ATTACH},
        {"PRAGMA user_version", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"PRAGMA main.user_version", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"PRAGMA user_version = 3", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_NONE},
        {"PRAGMA main.user_version(3)", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_NONE},
        {"PRAGMA foreign_keys=off", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_PRAGMA},
        {"PRAGMA/**/table_info(x)", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"PRAGMA Foreign_Key_Check('x')", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"PRAGMA \"index_list\" = x", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"PRAGMA journal_mode=WAL", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_NONE},
        {"PRAGMA journal_mode='memory'", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_PRAGMA},
        {"PRAGMA journal_mode=OFF", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_PRAGMA},
        {"PRAGMA [journal_mode]([off])", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_PRAGMA},
        {"PRAGMA writable_schema=1", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_PRAGMA},
        {"PRAGMA synchronous(0)", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_PRAGMA},
        {"PRAGMA wal_checkpoint", SQL_ESCAPE_PRAGMA, SQL_ESCAPE_NONE},
        {"SELECT load_extension('x')", SQL_ESCAPE_EXTENSION, SQL_ESCAPE_EXTENSION},
        {"SELECT \"Load_Extension\" /**/ ('x')", SQL_ESCAPE_EXTENSION, SQL_ESCAPE_EXTENSION},
        {"SELECT 'load_extension(x)'", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"SELECT load_extension FROM t", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
        {"", SQL_ESCAPE_NONE, SQL_ESCAPE_NONE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (sql_escapes(ENGINE_SQLITE, cases[i].sql, strlen(cases[i].sql)) != cases[i].inside ||
            sql_escapes_outside(ENGINE_SQLITE, cases[i].sql, strlen(cases[i].sql)) !=
                cases[i].outside)
            fail_msg("wrong about: %s", cases[i].sql);
    }
}

static void every_escape_has_its_sentence(void **state)
{
    (void)state;
    assert_string_equal(sql_escape_text(SQL_ESCAPE_NONE), "");
    for (int i = SQL_ESCAPE_TRANSACTION; i < SQL_ESCAPES; i++) {
        assert_non_null(sql_escape_text(i));
        assert_true(strlen(sql_escape_text(i)) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_end_at_their_semicolon),
        cmocka_unit_test(quotes_and_comments_hide_semicolons),
        cmocka_unit_test(triggers_are_one_statement),
        cmocka_unit_test(an_open_quote_comment_or_trigger_is_an_error_with_its_line),
        cmocka_unit_test(directives_stand_between_statements),
        cmocka_unit_test(a_directive_inside_a_statement_is_text_but_noted),
        cmocka_unit_test(nearly_a_directive_is_an_error),
        cmocka_unit_test(lines_are_right_with_crlf_and_a_byte_order_mark),
        cmocka_unit_test(a_nul_byte_is_an_error_with_its_line),
        cmocka_unit_test(a_cut_never_reads_beyond_its_length),
        cmocka_unit_test(large_texts_are_read_once),
        cmocka_unit_test(normal_form_drops_layout_only),
        cmocka_unit_test(escapes_are_seen),
        cmocka_unit_test(every_escape_has_its_sentence),
    };

    return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
