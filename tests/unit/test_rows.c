/* Scripts for row tenants: their directive, what may stand in them, which tables they write. */
#include "sql/postgres_rows.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "source/migration.h"
#include "test.h"

/* "ok BATCH PAUSE", or the error's message. */
static void parse(const char *text, struct str *out)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct script script;

    if (script_parse(&arena, ENGINE_POSTGRES, "1.sql", text, &script, &e) == E_OK) {
        assert_true(script.rows.on);
        str_addf(out, "%u %lld %.*s", script.rows.batch, (long long)script.rows.pause_ms,
                 (int)strcspn(script.text, "\n"), script.text);
    } else {
        str_add(out, e.message);
    }
}

static void the_directive_takes_a_batch_and_a_pause(void **state)
{
    static const char *const cases[][2] = {
        {"-- lockstep:rows", "0 0 -- lockstep:rows"},
        {"-- lockstep:rows 500", "500 0 -- lockstep:rows 500"},
        {"-- lockstep:rows 500 1s", "500 1000 -- lockstep:rows 500 1000ms"},
        {"-- lockstep:rows 0", "rows takes nothing, or the size of a batch and a pause"},
        {"-- lockstep:rows 5 0s", "rows takes nothing, or the size of a batch and a pause"},
        {"-- lockstep:rows 5s", "rows takes nothing, or the size of a batch and a pause"},
        {"-- lockstep:rows all", "rows takes nothing, or the size of a batch and a pause"},
        {"-- lockstep:rows 99999999999", "rows takes nothing, or the size of a batch and a pause"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_STR struct str out = STR_INIT;

        parse(cases[i][0], &out);
        assert_string_equal(str_text(&out), cases[i][1]);
    }
}

static void only_what_row_security_guards_may_stand_in_it(void **state)
{
    static const struct {
        const char *sql;
        enum sql_for_rows is;
    } cases[] = {
        {"SELECT 1", SQL_ROWS_YES},
        {"(SELECT 1) UNION SELECT 2", SQL_ROWS_YES},
        {"INSERT INTO t VALUES (1)", SQL_ROWS_YES},
        {"UPDATE t SET a = ${id}", SQL_ROWS_YES},
        {"WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x", SQL_ROWS_YES},
        {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", SQL_ROWS_YES},
        {"SELECT 1 INTO x", SQL_ROWS_NO},
        {"SELECT 1 INTO x UNION SELECT 2", SQL_ROWS_NO},
        {"ALTER TABLE t ADD b int", SQL_ROWS_NO},
        {"TRUNCATE t", SQL_ROWS_NO},
        {"SET ROLE postgres", SQL_ROWS_NO},
        {"RESET ROLE", SQL_ROWS_NO},
        {"DO $$ BEGIN END $$", SQL_ROWS_NO},
        {"CALL p()", SQL_ROWS_NO},
        {"COPY t FROM '/tmp/x'", SQL_ROWS_NO},
        {"SELECT set_config('app.customer', 'b', true)", SQL_ROWS_SETTING},
        {"UPDATE t SET a = 1 WHERE pg_catalog.Set_Config('role', 'x', false) = a",
         SQL_ROWS_SETTING},
        {"SELECT 'set_config(a)', current_setting('app.customer')", SQL_ROWS_YES},
        {"this is no SQL", SQL_ROWS_NO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (sql_for_rows(cases[i].sql, strlen(cases[i].sql)) != cases[i].is)
            fail_msg("%s", cases[i].sql);
}

static int note(void *ctx, const char *schema, const char *table, struct error *e)
{
    (void)e;
    str_addf(ctx, "%s.%s ", schema ? schema : "", table);
    return E_OK;
}

static void every_table_that_is_written_is_found(void **state)
{
    static const char *const cases[][2] = {
        {"SELECT * FROM t", ""},
        {"UPDATE s.t SET a = (SELECT b FROM u)", "s.t "},
        {"WITH x AS (DELETE FROM t RETURNING a) INSERT INTO u SELECT * FROM x", ".u .t "},
        {"SELECT 1 WHERE EXISTS (WITH x AS (SELECT 1) SELECT 1 FROM x)", ""},
        {"INSERT INTO \"T t\" VALUES (1) ON CONFLICT DO NOTHING", ".T t "},
        {"MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE", ".t "},
        {"WITH a AS (UPDATE x SET b = 1 RETURNING 1), c AS (UPDATE y SET b = 1 RETURNING 1) SELECT "
         "1",
         ".x .y "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CLEANUP_STR struct str out = STR_INIT;

        assert_int_equal(sql_written(cases[i][0], note, &out, NULL), E_OK);
        if (!str_same(str_text(&out), cases[i][1]))
            fail_msg("%s: %s, not %s", cases[i][0], str_text(&out), cases[i][1]);
    }
    assert_int_equal(sql_written("no SQL", note, NULL, NULL), E_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directive_takes_a_batch_and_a_pause),
        cmocka_unit_test(only_what_row_security_guards_may_stand_in_it),
        cmocka_unit_test(every_table_that_is_written_is_found),
    };

    return cmocka_run_group_tests_name("rows", tests, NULL, NULL);
}
