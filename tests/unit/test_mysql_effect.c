/* What statements in MySQL's dialect do, and which undo which. */
#include "sql/mysql_effect.h"

#include "base/error.h"
#include "base/str.h"
#include "test.h"

static const char *const kinds[] = {"+", "=", "-", "~"};
static const char *const objects[] = {"table",    "column",    "index",    "view",
                                      "trigger",  "procedure", "function", "event",
                                      "sequence", "rows",      "unknown"};

static void effects_of(struct arena *arena, const char *sql, struct effects *out)
{
    assert_int_equal(mysql_effects(arena, sql, strlen(sql), out), E_OK);
}

/* "+column t.c|-index t.i" */
static void expect(const char *sql, const char *expected)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects of = {0};
    CLEANUP_STR struct str out = STR_INIT;

    effects_of(&arena, sql, &of);
    for (size_t i = 0; i < of.n; i++) {
        const struct effect *f = &of.list[i];

        str_addf(&out, "%s%s%s", i ? "|" : "", kinds[f->kind], objects[f->object]);
        if (f->table)
            str_addf(&out, " %s", f->table);
        if (f->name && f->name != f->table)
            str_addf(&out, f->table ? ".%s" : " %s", f->name);
        if (f->columns && *f->columns)
            str_addf(&out, "(%s)", f->columns);
    }
    assert_string_equal(str_text(&out), expected);
}

static void tables_views_and_the_like(void **state)
{
    (void)state;
    expect("CREATE TABLE notes(id INT)", "+table notes");
    expect("create table if not exists `no``tes` (id int, key k (id))", "+table no`tes");
    expect("CREATE TABLE app.notes LIKE other", "+table app.notes");
    expect("CREATE TEMPORARY TABLE x(i INT)", "");
    expect("CREATE OR REPLACE TABLE x(i INT)", "=table x");
    expect("DROP TABLE IF EXISTS a, b", "-table a|-table b");
    expect("RENAME TABLE a TO b, c TO d", "-table a|+table b|-table c|+table d");
    expect("CREATE OR REPLACE ALGORITHM=MERGE DEFINER=CURRENT_USER SQL SECURITY INVOKER VIEW v AS "
           "SELECT 1",
           "=view v");
    expect("DROP VIEW v, w", "-view v|-view w");
    expect("CREATE DEFINER=`a`@`b` TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1",
           "+trigger t");
    expect("CREATE PROCEDURE p() BEGIN SELECT 1; END", "+procedure p");
    expect("CREATE FUNCTION f() RETURNS INT RETURN 1", "+function f");
    expect("DROP EVENT IF EXISTS e", "-event e");
    expect("CREATE SEQUENCE s START WITH 1", "+sequence s");
    expect("CREATE UNIQUE INDEX i ON t (a, b(10))", "+index t.i(a b)");
    expect("DROP INDEX i ON t", "-index t.i");
}

static void alter_table(void **state)
{
    (void)state;
    expect("ALTER TABLE t ADD COLUMN a INT DEFAULT (1 + 2), ADD b INT AFTER a",
           "+column t.a|+column t.b");
    expect("ALTER TABLE t ADD (a INT, b DECIMAL(3,2)), DROP c",
           "+column t.a|+column t.b|-column t.c");
    expect("ALTER ONLINE TABLE IF EXISTS t ADD UNIQUE KEY u (a), DROP INDEX i, DROP PRIMARY KEY",
           "+index t.u(a)|-index t.i|-index t.PRIMARY");
    expect("ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES x (y) ON DELETE CASCADE",
           "+index t.f(a)");
    expect("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0), DROP FOREIGN KEY f, DROP CONSTRAINT d",
           "+index t.c(a)|-index t.f|-index t.d");
    expect("ALTER TABLE t ADD INDEX (a)", "+index t(a)");
    expect("ALTER TABLE t MODIFY a BIGINT, ALTER b SET DEFAULT 1, CHANGE c c TEXT, CHANGE d e INT",
           "~column t.a|~column t.b|~column t.c|-column t.d|+column t.e");
    expect("ALTER TABLE t RENAME COLUMN a TO b, RENAME INDEX i TO j",
           "-column t.a|+column t.b|-index t.i|+index t.j");
    expect("ALTER TABLE t RENAME TO u", "-table t|+table u");
    expect("ALTER TABLE t ENGINE=InnoDB, ALGORITHM=INPLACE, LOCK=NONE", "~table t");
    expect("ALTER TABLE t DROP PARTITION p", "~unknown");
    expect("ALTER DATABASE d CHARACTER SET utf8mb4", "~unknown");
}

static void rows_and_nothing(void **state)
{
    (void)state;
    expect("INSERT INTO t (a) VALUES (1)", "~rows t");
    expect("REPLACE t SELECT * FROM u", "~rows t");
    expect("UPDATE t SET a = f(1, 2), t.b = 3 WHERE c = 4", "~rows t.a|~rows t.b");
    expect("DELETE FROM t WHERE a = 1", "~rows t");
    expect("TRUNCATE TABLE t", "~rows t");
    expect("SELECT 1", "");
    expect("SET @x = 1", "");
    expect("SET FOREIGN_KEY_CHECKS = 0", "");
    expect("OPTIMIZE TABLE t", "");
    expect("SET GLOBAL max_connections = 3", "~unknown");
    expect("GRANT SELECT ON t TO u", "~unknown");
    expect("CALL p()", "~unknown");
    expect("/*!40000 DROP TABLE t */", "-table t");
    expect("", "");
}

static bool undoes(const char *undo, const char *done)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects a = {0}, b = {0};

    effects_of(&arena, undo, &a);
    effects_of(&arena, done, &b);
    return a.n && b.n && effect_undoes(&a.list[0], &b.list[0]);
}

static bool within(const char *inner, const char *made)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_EFFECTS struct effects a = {0}, b = {0};

    effects_of(&arena, inner, &a);
    effects_of(&arena, made, &b);
    return a.n && b.n && effect_within(&a.list[0], &b.list[0]);
}

static void what_undoes_what(void **state)
{
    (void)state;
    assert_true(undoes("DROP TABLE Notes", "CREATE TABLE notes(i INT)"));
    assert_false(undoes("DROP TABLE others", "CREATE TABLE notes(i INT)"));
    assert_false(undoes("CREATE TABLE notes(i INT)", "CREATE TABLE notes(i INT)"));
    assert_true(undoes("ALTER TABLE t DROP c", "ALTER TABLE t ADD c INT"));
    assert_true(undoes("ALTER TABLE t DROP INDEX i", "CREATE INDEX i ON t (a)"));
    assert_true(undoes("ALTER TABLE t DROP FOREIGN KEY t_ibfk_1",
                       "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES x(y)"));
    assert_true(undoes("ALTER TABLE t MODIFY a INT", "ALTER TABLE t MODIFY a BIGINT"));
    assert_true(undoes("DROP VIEW v", "CREATE OR REPLACE VIEW v AS SELECT 1"));
    assert_true(undoes("DELETE FROM t", "INSERT INTO t VALUES (1)"));
    assert_false(undoes("DELETE FROM u", "INSERT INTO t VALUES (1)"));
    assert_false(undoes("CALL p()", "CALL p()"));
}

static void what_goes_with_what(void **state)
{
    (void)state;
    assert_true(within("INSERT INTO t VALUES (1)", "CREATE TABLE t(i INT)"));
    assert_true(within("CREATE INDEX i ON t (a)", "CREATE TABLE t(a INT)"));
    assert_true(within("UPDATE t SET c = 1", "ALTER TABLE t ADD c INT"));
    assert_false(within("UPDATE t SET d = 1", "ALTER TABLE t ADD c INT"));
    assert_true(within("CREATE INDEX i ON t (c)", "ALTER TABLE t ADD c INT"));
    assert_false(within("CREATE INDEX i ON t (c, d)", "ALTER TABLE t ADD c INT"));
    assert_false(within("INSERT INTO t VALUES (1)", "DROP TABLE t"));
}

static void where_an_algorithm_may_be_asked_for(void **state)
{
    (void)state;
    assert_true(mysql_may_ask_online("ALTER TABLE t ADD c INT", 23));
    assert_false(mysql_may_ask_online("ALTER TABLE t ADD c INT, LOCK=NONE", 34));
    assert_false(mysql_may_ask_online("ALTER TABLE t DROP PARTITION p", 30));
    assert_false(mysql_may_ask_online("CREATE TABLE t(i INT)", 21));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_views_and_the_like),
        cmocka_unit_test(alter_table),
        cmocka_unit_test(rows_and_nothing),
        cmocka_unit_test(what_undoes_what),
        cmocka_unit_test(what_goes_with_what),
        cmocka_unit_test(where_an_algorithm_may_be_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
