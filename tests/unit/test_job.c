#include "op/job.h"

#include "base/error.h"
#include "base/str.h"
#include "test.h"

/* Two steps whose scripts have one text, in the dialects of two engines. */
static void job_init(struct job *job, struct script scripts[2])
{
    static const enum engine_kind engines[] = {ENGINE_SQLITE, ENGINE_MYSQL};

    *job = (struct job){.target = "1", .digest = "d", .decisions = "/d", .command = "up"};
    snprintf(job->key, sizeof job->key, "key");
    job->recipes = arena_array(&job->arena, 2, sizeof *job->recipes);
    job->n_recipes = 2;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            script_parse(&job->arena, engines[i], "1_a.sql", "DELETE FROM t;", &scripts[i], NULL),
            E_OK);
        job->recipes[i].n = 1;
        job->recipes[i].steps = arena_alloc(&job->arena, sizeof *job->recipes[i].steps);
        *job->recipes[i].steps =
            (struct step){.version = 1, .digits = "1", .name = "a", .script = &scripts[i]};
    }
}

static void a_script_keeps_its_dialect_in_the_log(void **state)
{
    CLEANUP_STR struct str body = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct script scripts[2];
    struct job job, back;

    (void)state;
    job_init(&job, scripts);
    assert_string_equal(scripts[0].hash, scripts[1].hash);
    assert_int_equal(job_write(&job, &body), E_OK);
    if (job_read(str_text(&body), body.len, &back, &e) != E_OK)
        fail_msg("%s", e.message);
    assert_int_equal(back.recipes[0].steps[0].script->engine, ENGINE_SQLITE);
    assert_int_equal(back.recipes[1].steps[0].script->engine, ENGINE_MYSQL);
    assert_true(back.recipes[1].steps[0].script->data_only);
    job_free(&back);
    job_free(&job);
}

/* One branch that has a value for the second of two names only. */
static void values_come_back_from_the_log(void **state)
{
    static const char *names[] = {"tier", "id"};
    static const struct sql_value value = {NULL, "it's"};
    CLEANUP_STR struct str body = STR_INIT;
    struct script scripts[2];
    struct job job, back;
    struct branch_spec spec = {.id = "t", .path = "/t", .n = 1};
    struct sql_value values[1] = {value};
    uint32_t recipe = 0;
    uint16_t from = 0;
    uint8_t guarantee = 0;

    (void)state;
    job_init(&job, scripts);
    values[0].name = names[1];
    spec.values = (struct sql_values){values, 1};
    job.branches = &spec;
    job.recipe_of = &recipe;
    job.from = &from;
    job.guarantees = &guarantee;
    job.n = 1;
    job.value_names = names;
    job.n_value_names = 2;
    assert_int_equal(job_write(&job, &body), E_OK);
    assert_int_equal(job_read(str_text(&body), body.len, &back, NULL), E_OK);
    assert_int_equal(back.branches[0].values.n, 1);
    assert_string_equal(back.branches[0].values.list[0].name, "id");
    assert_string_equal(back.branches[0].values.list[0].text, "it's");
    job_free(&back);
    job_free(&job);
}

static const char head[] = "{\"command\":\"up\",\"undoes\":\"\",\"target\":\"1\",\"digest\":\"d\","
                           "\"key\":\"k\",\"decisions\":\"/d\",\"direction\":0,\"scope\":0,"
                           "\"undoable\":false,\"tenants\":0,\"scripts\":[\"h\"],\"branches\":[],"
                           "\"groups\":[],\"recipes\":[[[1,\"1\",\"a\",\"\",false,0,-1,false]]],"
                           "\"texts\":";

static int read_texts(const char *texts, struct job *job)
{
    CLEANUP_STR struct str body = STR_INIT;

    str_addf(&body, "%s%s}", head, texts);
    return job_read(str_text(&body), body.len, job, NULL);
}

static void a_log_of_before_has_sqlite_s_scripts(void **state)
{
    struct job job;

    (void)state;
    assert_int_equal(read_texts("[[\"1_a.sql\",\"SELECT 1;\"]]", &job), E_OK);
    assert_int_equal(job.recipes[0].steps[0].script->engine, ENGINE_SQLITE);
    job_free(&job);
}

static void an_engine_of_a_later_program_is_refused(void **state)
{
    struct job job;

    (void)state;
    assert_int_equal(read_texts("[[\"1_a.sql\",\"SELECT 1;\",\"oracle\"]]", &job), E_FATAL);
    assert_int_equal(read_texts("[[\"1_a.sql\",\"SELECT 1;\",7]]", &job), E_FATAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_keeps_its_dialect_in_the_log),
        cmocka_unit_test(values_come_back_from_the_log),
        cmocka_unit_test(a_log_of_before_has_sqlite_s_scripts),
        cmocka_unit_test(an_engine_of_a_later_program_is_refused),
    };

    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
