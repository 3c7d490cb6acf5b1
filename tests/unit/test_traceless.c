/* Which statements are known to leave nothing in their session: all others are cleaned up behind.
 */
#include "sql/traceless.h"

#include "test.h"

static void expect_each(enum engine_kind engine, const char *const *statements, size_t n,
                        bool traceless)
{
    for (size_t i = 0; i < n; i++)
        if (sql_is_traceless(engine, statements[i], strlen(statements[i])) != traceless)
            fail_msg("%s: is %straceless", statements[i], traceless ? "not " : "");
}

#define EXPECT_EACH(engine, statements, traceless)                                                 \
    expect_each(engine, statements, sizeof(statements) / sizeof(statements)[0], traceless)

static void changes_of_tables_leave_nothing_on_postgresql(void **state)
{
    static const char *const plain[] = {
        "ALTER TABLE users ADD COLUMN tier varchar(20) NOT NULL DEFAULT 'basic'",
        "ALTER TABLE users ADD COLUMN on_it boolean DEFAULT true, DROP COLUMN IF EXISTS old",
        "ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (team) REFERENCES teams (id)",
        "ALTER TABLE users ALTER COLUMN tier SET DEFAULT 'x'::text, ALTER tier SET NOT NULL",
        "ALTER TABLE users RENAME COLUMN a TO b",
        "CREATE TABLE notes(id int PRIMARY KEY, at timestamptz(3), body text, many int[])",
        "CREATE UNIQUE INDEX i ON users USING btree (lower DESC)",
        "DROP TABLE IF EXISTS notes CASCADE",
        "COMMENT ON COLUMN users.tier IS 'SET x'",
    };

    (void)state;
    EXPECT_EACH(ENGINE_POSTGRES, plain, true);
}

static void what_may_run_an_expression_or_stay_may_leave_something_on_postgresql(void **state)
{
    static const char *const others[] = {
        "ALTER TABLE users ADD COLUMN at timestamptz DEFAULT now()",
        "ALTER TABLE users ADD COLUMN n int DEFAULT 1 + 1",
        "ALTER TABLE users ADD COLUMN n serial",
        "ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE users ADD COLUMN n int GENERATED ALWAYS AS (id) STORED",
        "ALTER TABLE users ADD COLUMN mail app.email",
        "ALTER TABLE users ADD COLUMN mail email DEFAULT 'x'",
        "ALTER TABLE users ADD CHECK (id > 0)",
        "ALTER TABLE users ADD CHECK (fine)",
        "ALTER TABLE users ALTER COLUMN id TYPE bigint",
        "ALTER TABLE users VALIDATE CONSTRAINT c",
        "ALTER TABLE users OWNER TO other",
        "CREATE INDEX i ON users (lower(name))",
        "CREATE INDEX i ON users (name) WHERE name <> ''",
        "CREATE TABLE a (LIKE users INCLUDING ALL)",
        "CREATE TABLE a OF some_type",
        "CREATE TABLE a AS SELECT 1",
        "SET search_path = other",
        "SELECT 1",
        "UPDATE users SET tier = 'x'",
        "DO $$ BEGIN END $$",
        "LOCK TABLE users",
        "ALTER TABLE users ADD COLUMN tier text DEFAULT ${tier}",
        "ALTER TABLE a ADD b int; SET x.y = 1",
        "ALTER TABEL users",
    };

    (void)state;
    EXPECT_EACH(ENGINE_POSTGRES, others, false);
}

static void changes_of_tables_leave_nothing_on_mysql(void **state)
{
    static const char *const plain[] = {
        "ALTER TABLE users ADD COLUMN tier VARCHAR(20) DEFAULT 'basic' AFTER `set`",
        "alter online table app.users drop column tier, algorithm=instant",
        "CREATE TABLE notes(id INT PRIMARY KEY, at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)",
        "ALTER TABLE users ADD COLUMN team INT DEFAULT NULL, ADD INDEX by_team (team)",
        "CREATE UNIQUE INDEX i ON users (name(5))",
        "DROP TABLE IF EXISTS notes",
        "DROP INDEX i ON users",
    };

    (void)state;
    EXPECT_EACH(ENGINE_MYSQL, plain, true);
}

static void what_may_run_an_expression_or_stay_may_leave_something_on_mysql(void **state)
{
    static const char *const others[] = {
        "ALTER TABLE users ADD COLUMN u CHAR(36) DEFAULT (UUID())",
        "ALTER TABLE users ADD COLUMN u CHAR(36) DEFAULT UUID()",
        "ALTER DATABASE app CHARACTER SET utf8mb4",
        "CREATE TEMPORARY TABLE t(i INT)",
        "CREATE OR REPLACE TABLE t(i INT)",
        "DROP TEMPORARY TABLE t",
        "CREATE TABLE t SELECT @x := 1 AS i",
        "CREATE TABLE t AS SELECT GET_LOCK('x', 1)",
        "CREATE TABLE t TABLE users",
        "CREATE TABLE t(i INT) /*!50000 SELECT 1 */",
        "SET @x = 1",
        "LOCK TABLES users WRITE",
        "INSERT INTO users VALUES (1)",
        "OPTIMIZE TABLE users",
    };

    (void)state;
    EXPECT_EACH(ENGINE_MYSQL, others, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_of_tables_leave_nothing_on_postgresql),
        cmocka_unit_test(what_may_run_an_expression_or_stay_may_leave_something_on_postgresql),
        cmocka_unit_test(changes_of_tables_leave_nothing_on_mysql),
        cmocka_unit_test(what_may_run_an_expression_or_stay_may_leave_something_on_mysql),
    };

    return cmocka_run_group_tests_name("traceless", tests, NULL, NULL);
}
