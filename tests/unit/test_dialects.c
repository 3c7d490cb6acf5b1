/* PostgreSQL's and MySQL's dialects: where statements end, what a normal form keeps, what escapes.
 */
#include "sql/scan.h"

#include "base/error.h"
#include "base/str.h"
#include "sql/postgres_outside.h"
#include "test.h"

/* Renders all pieces of a text as "LINE:statement|LINE:@name=value|", or "!LINE" for an error. */
static void scan_all(enum engine_kind engine, const char *sql, size_t len, struct str *out)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct sql_piece piece;
    struct sql_scan scan;

    sql_scan_init(&scan, engine, sql, len);
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
    const char *sql, *expected;
};

static void expect_pieces(enum engine_kind engine, const struct example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP_STR struct str out = STR_INIT;

        scan_all(engine, examples[i].sql, strlen(examples[i].sql), &out);
        assert_string_equal(str_text(&out), examples[i].expected);
    }
}

static void expect_normal(enum engine_kind engine, const struct example *examples, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        CLEANUP_STR struct str out = STR_INIT;

        sql_normalize(engine, examples[i].sql, strlen(examples[i].sql), &out);
        assert_string_equal(str_text(&out), examples[i].expected);
    }
}

#define EXPECT(check, engine, ...)                                                                 \
    do {                                                                                           \
        static const struct example examples[] = {__VA_ARGS__};                                    \
        (void)state;                                                                               \
        check(engine, examples, sizeof examples / sizeof examples[0]);                             \
    } while (0)

/* --- postgres --- */

static void postgres_quotes_hide_semicolons(void **state)
{
    EXPECT(expect_pieces, ENGINE_POSTGRES, {"SELECT 'a;b';x", "1:SELECT 'a;b'|1:x|"},
           {"SELECT 'a\\';b'';x", "1:SELECT 'a\\'|1:b''|1:x|"}, {"E'a\\';b';x", "1:E'a\\';b'|1:x|"},
           {"e'a''\\\\';x", "1:e'a''\\\\'|1:x|"}, {"name'a\\';x", "1:name'a\\'|1:x|"},
           {"E'a' -- c\n 'b\\';c';x", "1:E'a' -- c\n 'b\\';c'|2:x|"},
           {"E'a' 'b\\';c", "1:E'a' 'b\\'|1:c|"}, {"\"a;\"\"b\";x", "1:\"a;\"\"b\"|1:x|"},
           {"[1;2];x", "1:[1|1:2]|1:x|"}, {"U&'a\\';x", "1:U&'a\\'|1:x|"});
}

static void postgres_dollars_quote(void **state)
{
    EXPECT(expect_pieces, ENGINE_POSTGRES, {"DO $$ a; 'b $$;x", "1:DO $$ a; 'b $$|1:x|"},
           {"$f$ $$;$$ $F$;$f$;x", "1:$f$ $$;$$ $F$;$f$|1:x|"}, {"a$b$;c$b$", "1:a$b$|1:c$b$|"},
           {"1$a$;$a$;x", "1:1$a$;$a$|1:x|"}, {"$1;$2;x", "1:$1|1:$2|1:x|"},
           {"SELECT $1$$;$$;x", "1:SELECT $1$$;$$|1:x|"}, {"\n$a$;", "!2"},
           {"$1a$;b", "1:$1a$|1:b|"});
}

static void postgres_comments_nest(void **state)
{
    EXPECT(expect_pieces, ENGINE_POSTGRES, {"a /* /* ; */ ; */ b;x", "1:a /* /* ; */ ; */ b|1:x|"},
           {"a;\n/* /* */;", "1:a|!2"}, {"a -- ; '\n;x", "1:a|2:x|"},
           {"a -- ;\rb;x", "1:a -- ;\rb|1:x|"}, {"a # ;b", "1:a #|1:b|"},
           {"1+--;\n2;", "1:1+--;\n2|"}, {"/*/ ; */a", "1:a|"});
}

static void postgres_bodies_and_rules_are_one_statement(void **state)
{
    EXPECT(expect_pieces, ENGINE_POSTGRES,
           {"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC a; SELECT CASE 1 WHEN 1 THEN 2 END; "
            "END;\nx;",
            "1:CREATE FUNCTION f() RETURNS int BEGIN ATOMIC a; SELECT CASE 1 WHEN 1 THEN 2 END; "
            "END|2:x|"},
           {"create or replace procedure p() begin atomic a; end;x",
            "1:create or replace procedure p() begin atomic a; end|1:x|"},
           {"CREATE RULE r AS ON INSERT TO t DO (a; b);x",
            "1:CREATE RULE r AS ON INSERT TO t DO (a; b)|1:x|"},
           {"BEGIN;a;END;", "1:BEGIN|1:a|1:END|"}, {"x;\nSELECT (1;\ny;", "1:x|!2"},
           {"CREATE FUNCTION f() BEGIN ATOMIC a;", "!1"},
           {"SELECT CASE a;b", "1:SELECT CASE a|1:b|"});
}

static void postgres_directives_stand_between_statements(void **state)
{
    EXPECT(expect_pieces, ENGINE_POSTGRES,
           {"-- lockstep:up\na;\n--lockstep:lock-timeout 5s\nDO $$\n-- lockstep:down\n$$;\nb",
            "1:@up|2:a|3:@lock-timeout=5s|4:DO $$\n-- lockstep:down\n$$|7:b|"},
           {"a\n-- lockstep:down\n;", "1:a?2|"});
}

static void postgres_normal_form_keeps_quotes(void **state)
{
    EXPECT(expect_normal, ENGINE_POSTGRES, {" SELECT  1 /* a /* b */ c */ , 2", "SELECT 1 , 2"},
           {"$$ a  -- b\n $$  x", "$$ a  -- b\n $$ x"}, {"E'a  \\'  b'  x", "E'a  \\'  b' x"},
           {"a/**/b", "a b"}, {"-/**/-1", "- -1"}, {"f(/**/x)", "f(x)"},
           {"'a' -- c\r'b'", "'a' 'b'"}, {"a  #  b", "a # b"});
}

/* --- mysql --- */

static void mysql_quotes_hide_semicolons(void **state)
{
    EXPECT(expect_pieces, ENGINE_MYSQL, {"SELECT 'a\\';b';x", "1:SELECT 'a\\';b'|1:x|"},
           {"\"a\\\";b\";x", "1:\"a\\\";b\"|1:x|"}, {"`a\\`;x", "1:`a\\`|1:x|"},
           {"`a``;b`;x", "1:`a``;b`|1:x|"}, {"'a'';';x", "1:'a'';'|1:x|"}, {"\n'a\\';", "!2"},
           {"a$$;b$$", "1:a$$|1:b$$|"});
}

static void mysql_comments_are_its_own(void **state)
{
    EXPECT(expect_pieces, ENGINE_MYSQL, {"a # ; '\n;x", "1:a|2:x|"}, {"a -- ; '\n;x", "1:a|2:x|"},
           {"a --;b", "1:a --|1:b|"}, {"1--1;b", "1:1--1|1:b|"}, {"a --", "1:a|"},
           {"a /* /* ; */ b;x", "1:a /* /* ; */ b|1:x|"},
           {"/*!40000 a; b */;x", "1:/*!40000 a; b */|1:x|"},
           {"/*! '*/;' */;x", "1:/*! '*/;' */|1:x|"},
           {"SELECT /*+ a */ 1;", "1:SELECT /*+ a */ 1|"},
           {"SELECT 2*/*;'*/3;x", "1:SELECT 2*/*;'*/3|1:x|"}, {"\n/*M! a", "!2"});
}

static void mysql_bodies_are_one_statement(void **state)
{
    EXPECT(
        expect_pieces, ENGINE_MYSQL,
        {"CREATE PROCEDURE p() BEGIN a; IF b THEN c; END IF; END;\nx",
         "1:CREATE PROCEDURE p() BEGIN a; IF b THEN c; END IF; END|2:x|"},
        {"CREATE DEFINER=`r`@`h` TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.end = 1; "
         "BEGIN b; END; END;x",
         "1:CREATE DEFINER=`r`@`h` TRIGGER t BEFORE INSERT ON a FOR EACH ROW BEGIN SET NEW.end = "
         "1; "
         "BEGIN b; END; END|1:x|"},
        {"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN CASE a WHEN 1 THEN b; END CASE; "
         "l: LOOP c; END LOOP l; RETURN CASE 1 WHEN 1 THEN 2 END; END;x",
         "1:CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN CASE a WHEN 1 THEN b; END CASE; "
         "l: LOOP c; END LOOP l; RETURN CASE 1 WHEN 1 THEN 2 END; END|1:x|"},
        {"ALTER EVENT e DO BEGIN a; END;x", "1:ALTER EVENT e DO BEGIN a; END|1:x|"},
        {"BEGIN NOT ATOMIC a; END;x", "1:BEGIN NOT ATOMIC a; END|1:x|"},
        {"CREATE TABLE event (begin int);x", "1:CREATE TABLE event (begin int)|1:x|"},
        {"CREATE VIEW v AS SELECT event, begin FROM t;x",
         "1:CREATE VIEW v AS SELECT event, begin FROM t|1:x|"},
        {"CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW SET @x = 1;y",
         "1:CREATE TRIGGER t AFTER INSERT ON a FOR EACH ROW SET @x = 1|1:y|"},
        {"BEGIN;a", "1:BEGIN|1:a|"}, {"a;\nCREATE EVENT e DO BEGIN b;", "1:a|!2"});
}

static void mysql_delimiter_is_refused(void **state)
{
    EXPECT(expect_pieces, ENGINE_MYSQL, {"a;\nDELIMITER //\nb//", "1:a|!2"},
           {"SELECT delimiter;", "1:SELECT delimiter|"});
}

static void mysql_normal_form_keeps_what_is_run(void **state)
{
    EXPECT(expect_normal, ENGINE_MYSQL, {"a # b\n  c", "a c"}, {"a -- b\n  c", "a c"},
           {"1--1", "1--1"}, {"1-/**/-1", "1- -1"}, {"/*!40000  a */", "/*!40000  a */"},
           {"SELECT /*+ x  y */ 1", "SELECT /*+ x  y */ 1"}, {"'a\\'  b'  c", "'a\\'  b' c"},
           {"`a  b`  c", "`a  b` c"});
}

/* --- both --- */

static void a_cut_never_reads_beyond_its_length(void **state)
{
    static const char sql[] = "CREATE FUNCTION f() E'a\\'' $t$ ; $t$ /*! /* x */ 'y' */ -- z\n"
                              "BEGIN ATOMIC `b`; # c\n END; E'x' -- y\n'z\\\\'; -- lockstep:x\n$1";

    (void)state;
    for (size_t n = 0; n < sizeof sql; n++) {
        CLEANUP_STR struct str out = STR_INIT;
        char *copy = malloc(n + 1);

        memcpy(copy, sql, n);
        scan_all(ENGINE_POSTGRES, copy, n, &out);
        scan_all(ENGINE_MYSQL, copy, n, &out);
        free(copy);
    }
}

struct escape_case {
    const char *sql;
    enum sql_escape inside, outside;
};

static void expect_escapes(enum engine_kind engine, const struct escape_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum sql_escape inside = sql_escapes(engine, cases[i].sql, strlen(cases[i].sql));
        enum sql_escape outside = sql_escapes_outside(engine, cases[i].sql, strlen(cases[i].sql));

        if (inside != cases[i].inside || outside != cases[i].outside)
            fail_msg("wrong about: %s (%d, %d)", cases[i].sql, (int)inside, (int)outside);
    }
}

#define REFUSED(sql, escape)                                                                       \
    {                                                                                              \
        sql, SQL_ESCAPE_##escape, SQL_ESCAPE_##escape                                              \
    }
#define INSIDE(sql, escape)                                                                        \
    {                                                                                              \
        sql, SQL_ESCAPE_##escape, SQL_ESCAPE_NONE                                                  \
    }
#define FINE(sql)                                                                                  \
    {                                                                                              \
        sql, SQL_ESCAPE_NONE, SQL_ESCAPE_NONE                                                      \
    }

#define ESCAPES(engine, ...)                                                                       \
    do {                                                                                           \
        static const struct escape_case cases[] = {__VA_ARGS__};                                   \
        (void)state;                                                                               \
        expect_escapes(engine, cases, sizeof cases / sizeof cases[0]);                             \
    } while (0)

static void postgres_transactions_are_lockstep_s(void **state)
{
    ESCAPES(ENGINE_POSTGRES, REFUSED("begin", TRANSACTION),
            REFUSED("START TRANSACTION", TRANSACTION),
            REFUSED("/* x */ COMMIT AND CHAIN", TRANSACTION), REFUSED("END", TRANSACTION),
            REFUSED("ABORT", TRANSACTION), REFUSED("ROLLBACK TO s", TRANSACTION),
            REFUSED("SAVEPOINT s", TRANSACTION), REFUSED("RELEASE s", TRANSACTION),
            REFUSED("PREPARE TRANSACTION 'x'", TRANSACTION),
            REFUSED("COMMIT PREPARED 'x'", TRANSACTION), FINE("PREPARE p AS SELECT 1"),
            FINE("CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; END"),
            FINE("SET LOCAL lock_timeout = 1"), FINE("SET ROLE x"));
}

static void postgres_knows_what_no_transaction_takes(void **state)
{
    ESCAPES(
        ENGINE_POSTGRES, INSIDE("CREATE INDEX CONCURRENTLY i ON t(a)", ALONE),
        REFUSED("CREATE INDEX CONCURRENTLY ON t(a)", UNNAMED), FINE("CREATE INDEX ON t(a)"),
        INSIDE("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t(a)", ALONE),
        INSIDE("DROP INDEX CONCURRENTLY i", ALONE), INSIDE("REINDEX TABLE CONCURRENTLY t", ALONE),
        INSIDE("REINDEX (CONCURRENTLY) INDEX i", ALONE), INSIDE("REINDEX SCHEMA s", ALONE),
        INSIDE("VACUUM", ALONE), INSIDE("VACUUM (ANALYZE) t", ALONE),
        INSIDE("CREATE DATABASE d", ALONE), INSIDE("DROP DATABASE d", ALONE),
        INSIDE("ALTER DATABASE d SET TABLESPACE s", ALONE), INSIDE("ALTER SYSTEM SET a = 1", ALONE),
        INSIDE("CREATE TABLESPACE s LOCATION 'x'", ALONE), INSIDE("DROP TABLESPACE s", ALONE),
        INSIDE("CLUSTER", ALONE),
        INSIDE("CREATE SUBSCRIPTION s CONNECTION 'x' PUBLICATION p", ALONE),
        INSIDE("ALTER SUBSCRIPTION s DISABLE", ALONE), INSIDE("DISCARD ALL", ALONE),
        INSIDE("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", ALONE));
}

static void postgres_lets_pass_what_only_looks_like_it(void **state)
{
    ESCAPES(ENGINE_POSTGRES, FINE("CREATE INDEX i ON t(a)"),
            FINE("CREATE INDEX \"concurrently\" ON t(a)"), FINE("REINDEX TABLE t"),
            FINE("ANALYZE t"), FINE("CLUSTER t"), FINE("DISCARD PLANS"),
            FINE("REFRESH MATERIALIZED VIEW CONCURRENTLY v"), FINE("ALTER TYPE e ADD VALUE 'x'"),
            FINE("ALTER DATABASE d SET a = 1"), FINE("ALTER TABLE p DETACH PARTITION q"),
            FINE("COMMENT ON INDEX i IS 'CREATE INDEX CONCURRENTLY'"), FINE("DROP TABLE database"),
            FINE("CREATE TABLE temp (a int)"), FINE("CREATE TABLE t (temporary int)"),
            FINE("SELECT 'pg_notify('"), FINE("COPY t FROM '/tmp/f'"),
            FINE("COPY t FROM PROGRAM 'x'"), FINE("SELECT 1 AS into_temp"), FINE(""),
            FINE("TRUNCATE t"));
}

static void postgres_knows_what_no_vote_survives(void **state)
{
    ESCAPES(ENGINE_POSTGRES, INSIDE("CREATE TEMP TABLE t (a int)", TEMP),
            INSIDE("CREATE LOCAL TEMPORARY TABLE t AS SELECT 1", TEMP),
            INSIDE("CREATE TABLE IF NOT EXISTS pg_temp.t (a int)", TEMP),
            INSIDE("CREATE OR REPLACE TEMP VIEW v AS SELECT 1", TEMP),
            INSIDE("CREATE TEMP SEQUENCE s", TEMP), INSIDE("SELECT 1 INTO TEMP t", TEMP),
            INSIDE("WITH a AS (SELECT 1) SELECT * INTO TEMP t FROM a UNION SELECT 2", TEMP),
            INSIDE("LISTEN a", NOTIFY), INSIDE("UNLISTEN *", NOTIFY), INSIDE("NOTIFY a", NOTIFY),
            INSIDE("SELECT pg_notify('a', 'b')", NOTIFY),
            INSIDE("DECLARE c CURSOR WITH HOLD FOR SELECT 1", CURSOR),
            FINE("DECLARE c CURSOR FOR SELECT 1"),
            INSIDE("SELECT pg_catalog.pg_export_snapshot ()", SNAPSHOT));
}

static void postgres_has_no_client(void **state)
{
    ESCAPES(ENGINE_POSTGRES, REFUSED("\\connect x", CLIENT), REFUSED("SELECT 1 \\gexec", CLIENT),
            REFUSED("COPY t FROM STDIN", STREAM), REFUSED("COPY (SELECT 1) TO STDOUT", STREAM));
}

/* As a later server may write it: the grammar does not know it, so that the words decide. */
static void postgres_goes_by_words_where_the_grammar_does_not_know(void **state)
{
    ESCAPES(ENGINE_POSTGRES, INSIDE("CREATE INDEX CONCURRENTLY i ON t(a) SOME NEW SYNTAX", ALONE),
            INSIDE("DROP INDEX CONCURRENTLY i NEW SYNTAX", ALONE),
            INSIDE("VACUUM NEW SYNTAX a b", ALONE),
            INSIDE("ALTER TABLE p DETACH PARTITION q CONCURRENTLY NEW SYNTAX", ALONE),
            INSIDE("CREATE TEMP TABLE t (a int) NEW SYNTAX x", TEMP),
            INSIDE("CREATE DATABASE NEW SYNTAX x y z", ALONE),
            REFUSED("COPY t FROM STDIN NEW SYNTAX", STREAM),
            FINE("CREATE TABLE t (a int) NEW SYNTAX x"), FINE("INSERT INTO t VALUES (${id})"),
            FINE("MERGE INTO t NEW SYNTAX RETURNING x"));
}

static void mysql_transactions_are_lockstep_s(void **state)
{
    ESCAPES(ENGINE_MYSQL, REFUSED("BEGIN", TRANSACTION), REFUSED("BEGIN WORK", TRANSACTION),
            REFUSED("start transaction", TRANSACTION), REFUSED("COMMIT", TRANSACTION),
            REFUSED("ROLLBACK", TRANSACTION), REFUSED("SAVEPOINT a", TRANSACTION),
            REFUSED("RELEASE SAVEPOINT a", TRANSACTION), REFUSED("XA START 'x'", TRANSACTION),
            REFUSED("/*!40101 COMMIT */", TRANSACTION), REFUSED("/*M! XA END 'x' */", TRANSACTION),
            REFUSED("SET autocommit = 0", TRANSACTION),
            REFUSED("SET @a = 1, SESSION `autocommit` = 0", TRANSACTION),
            REFUSED("SET @@session.autocommit=0", TRANSACTION), FINE("SET @autocommit = 1"),
            FINE("SELECT 'COMMIT'"), FINE("BEGIN NOT ATOMIC SELECT 1; END"), FINE("START SLAVE"));
}

static void mysql_stays_in_its_database(void **state)
{
    ESCAPES(ENGINE_MYSQL, REFUSED("USE x", USE), REFUSED("LOCK TABLES t READ", LOCK),
            REFUSED("UNLOCK TABLES", LOCK), REFUSED("FLUSH TABLES WITH READ LOCK", LOCK),
            REFUSED("FLUSH TABLES t FOR EXPORT", LOCK), FINE("FLUSH PRIVILEGES"),
            REFUSED("END IF", BODY), FINE("SELECT * FROM t FOR UPDATE"),
            FINE("SELECT * FROM t LOCK IN SHARE MODE"));
}

static void mysql_ddl_is_told_from_data(void **state)
{
    static const struct {
        const char *sql;
        bool ddl, data;
    } cases[] = {
        {"CREATE TABLE t (a int)", true, false},
        {"create temporary table t (a int)", false, false},
        {"DROP TEMPORARY TABLE t", false, false},
        {"ALTER TABLE t ADD b int", true, false},
        {"/*!40000 ALTER TABLE t DISABLE KEYS */", true, false},
        {"TRUNCATE t", true, false},
        {"RENAME TABLE a TO b", true, false},
        {"GRANT ALL ON a TO b", true, false},
        {"ANALYZE TABLE t", true, false},
        {"INSERT INTO t VALUES (1)", false, true},
        {"-- c\n /* d */ UPDATE t SET a = 1", false, true},
        {"/*!40000 DELETE FROM t */", false, true},
        {"REPLACE t VALUES (1)", false, true},
        {"WITH a AS (SELECT 1) SELECT * FROM a", false, true},
        {"DO f()", false, true},
        {"SET @a = 1, @b := (SELECT f(1, 2))", false, true},
        {"SET @a = 1, @@global.x = 2", false, false},
        {"SET @a = 1, x = 2", false, false},
        {"SET NAMES utf8mb4", false, false},
        {"CALL p()", false, false},
        {"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (sql_mysql_is_ddl(cases[i].sql, strlen(cases[i].sql)) != cases[i].ddl ||
            sql_mysql_is_data(cases[i].sql, strlen(cases[i].sql)) != cases[i].data)
            fail_msg("wrong about: %s", cases[i].sql);
}

static void queries_are_known_by_their_first_word(void **state)
{
    static const struct {
        const char *sql;
        bool is[3];
    } cases[] = {
        {"SELECT 1", {true, true, true}},        {"PRAGMA x", {true, false, false}},
        {"(SELECT 1)", {false, true, true}},     {"TABLE t", {false, true, true}},
        {"# c\nSELECT 1", {false, false, true}}, {"UPDATE t SET a = 1", {false, false, false}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int engine = ENGINE_SQLITE; engine <= ENGINE_MYSQL; engine++)
            if (sql_is_query((enum engine_kind)engine, cases[i].sql, strlen(cases[i].sql)) !=
                cases[i].is[engine])
                fail_msg("wrong about: %s (%d)", cases[i].sql, engine);
}

static enum sql_leaves leaves(const char *sql)
{
    CLEANUP_SQL_INDEX struct sql_index index = {0};

    return sql_leaves(sql, &index);
}

static void postgres_knows_what_a_failure_outside_a_transaction_leaves(void **state)
{
    CLEANUP_SQL_INDEX struct sql_index index = {0};

    (void)state;
    assert_int_equal(
        sql_leaves("CREATE UNIQUE INDEX CONCURRENTLY \"My i\" ON s.T USING btree (a)", &index),
        SQL_LEAVES_INDEX);
    assert_string_equal(str_text(&index.name), "My i");
    assert_string_equal(str_text(&index.schema), "s");
    assert_string_equal(str_text(&index.table), "t");
    assert_int_equal(leaves("REINDEX TABLE CONCURRENTLY t"), SQL_LEAVES_COPIES);
    assert_int_equal(leaves("REINDEX (CONCURRENTLY) INDEX s.i"), SQL_LEAVES_COPIES);
    assert_int_equal(leaves("REINDEX SCHEMA CONCURRENTLY s"), SQL_LEAVES_ANYTHING);
    assert_int_equal(leaves("CREATE INDEX i ON t(a)"), SQL_LEAVES_NOTHING);
    assert_int_equal(leaves("VACUUM t"), SQL_LEAVES_NOTHING);
    assert_int_equal(leaves("CREATE DATABASE x"), SQL_LEAVES_NOTHING);
    assert_int_equal(leaves("CALL in_batches()"), SQL_LEAVES_ANYTHING);
    assert_int_equal(leaves("DO $$ BEGIN END $$"), SQL_LEAVES_ANYTHING);
    assert_int_equal(leaves("SOME NEW SYNTAX"), SQL_LEAVES_ANYTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(postgres_quotes_hide_semicolons),
        cmocka_unit_test(postgres_dollars_quote),
        cmocka_unit_test(postgres_comments_nest),
        cmocka_unit_test(postgres_bodies_and_rules_are_one_statement),
        cmocka_unit_test(postgres_directives_stand_between_statements),
        cmocka_unit_test(postgres_normal_form_keeps_quotes),
        cmocka_unit_test(mysql_quotes_hide_semicolons),
        cmocka_unit_test(mysql_comments_are_its_own),
        cmocka_unit_test(mysql_bodies_are_one_statement),
        cmocka_unit_test(mysql_delimiter_is_refused),
        cmocka_unit_test(mysql_normal_form_keeps_what_is_run),
        cmocka_unit_test(a_cut_never_reads_beyond_its_length),
        cmocka_unit_test(postgres_transactions_are_lockstep_s),
        cmocka_unit_test(postgres_knows_what_no_transaction_takes),
        cmocka_unit_test(postgres_lets_pass_what_only_looks_like_it),
        cmocka_unit_test(postgres_knows_what_no_vote_survives),
        cmocka_unit_test(postgres_has_no_client),
        cmocka_unit_test(postgres_goes_by_words_where_the_grammar_does_not_know),
        cmocka_unit_test(mysql_transactions_are_lockstep_s),
        cmocka_unit_test(mysql_stays_in_its_database),
        cmocka_unit_test(mysql_ddl_is_told_from_data),
        cmocka_unit_test(queries_are_known_by_their_first_word),
        cmocka_unit_test(postgres_knows_what_a_failure_outside_a_transaction_leaves),
    };

    return cmocka_run_group_tests_name("dialects", tests, NULL, NULL);
}
