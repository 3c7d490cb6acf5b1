/* Whether the text of a script shows that rows get lost. */
#include "plan/work.h"
#include "test.h"

static void what_loses_rows_is_seen_in_the_text(void **state)
{
    static const struct {
        const char *statements[4];
        bool drops;
    } cases[] = {
        {{"CREATE TABLE t(x)", "ALTER TABLE t ADD COLUMN y"}, false},
        {{"DROP TABLE t"}, true},
        {{"drop /* x */ table IF EXISTS main.\"t\""}, true},
        {{"ALTER TABLE t DROP COLUMN y"}, true},
        {{"ALTER TABLE t DROP y"}, true},
        {{"DROP INDEX i"}, false},
        {{"INSERT INTO t VALUES('DROP TABLE t')"}, false},
        {{"CREATE TABLE new(x)", "DROP TABLE t", "ALTER TABLE new RENAME TO \"T\""}, false},
        {{"DROP TABLE t", "ALTER TABLE new RENAME TO other"}, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct statement statements[4] = {0};
        struct script script = {.statements = statements};

        for (; script.n < 4 && cases[i].statements[script.n]; script.n++)
            statements[script.n] = (struct statement){.sql = cases[i].statements[script.n],
                                                      .len = strlen(cases[i].statements[script.n])};
        assert_int_equal(plan_script_drops(&script), cases[i].drops);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_loses_rows_is_seen_in_the_text),
    };

    return cmocka_run_group_tests_name("drops", tests, NULL, NULL);
}
