/* Plans over a fleet on several engines: one folder, and each tenant takes its engine's files. */
#include "test.h"

#include "base/str.h"
#include "fleet/fleet.h"
#include "plan/plan.h"

enum { TENANTS = 3 };

/* Three tenants with one past, and migration 1 as SQLite, PostgreSQL and MySQL take it. */
struct world {
    struct script downs[ENGINES];
    struct migration migrations[ENGINES];
    struct source sources[ENGINES];
    struct applied applied;
    struct lineage lineage;
    struct tenant tenants[TENANTS];
    struct facts facts[TENANTS];
    bool selected[TENANTS];
    struct fleet fleet;
};

static void script_init(struct script *script, enum engine_kind engine)
{
    *script = (struct script){.engine = engine, .file = engine_name(engine), .text = "text"};
    assert_int_equal(hash_text("text", 4, script->hash), 0);
}

static void world_init(struct world *w, bool applied)
{
    memset(w, 0, sizeof *w);
    for (enum engine_kind engine = ENGINE_SQLITE; engine < ENGINE_EXEC; engine++) {
        struct migration *m = &w->migrations[engine];

        *m = (struct migration){.version = 1, .digits = "1", .name = "a"};
        snprintf(m->checksum, sizeof m->checksum, "1:%s", engine_name(engine));
        script_init(&m->up, engine);
        script_init(&w->downs[engine], engine);
        m->down = &w->downs[engine];
        w->sources[engine] =
            (struct source){.engine = engine, .dir = "migrations", .migrations = m, .n = 1};
    }
    w->applied = (struct applied){.version = 1, .checksum = "1:sqlite", .name = "a"};
    w->lineage = (struct lineage){&w->applied, applied};
    for (size_t i = 0; i < TENANTS; i++) {
        static const char *const ids[TENANTS] = {"A", "B", "C"};

        w->tenants[i].id = ids[i];
        w->facts[i].lineage = &w->lineage;
        w->selected[i] = true;
    }
    w->fleet = (struct fleet){.tenants = w->tenants, .n = TENANTS};
}

static struct plan made(struct world *w, struct plan_request request)
{
    struct plan plan;

    request.selected = w->selected;
    assert_int_equal(plan_make(&w->fleet, w->facts, w->sources, &request, &plan, NULL, NULL), E_OK);
    return plan;
}

/* One lineage is two pasts when its tenants are on two engines. */
static void each_tenant_takes_the_scripts_of_its_engine(void **state)
{
    struct world w;
    struct plan plan;

    (void)state;
    world_init(&w, false);
    w.tenants[1].engine = ENGINE_MYSQL;
    plan = made(&w, (struct plan_request){.direction = PLAN_UP});
    assert_int_equal(plan.n_recipes, 2);
    assert_int_equal(plan.n_branches, TENANTS);
    for (size_t i = 0; i < plan.n_branches; i++) {
        const struct plan_branch *branch = &plan.branches[i];
        const struct migration *own = &w.migrations[w.tenants[branch->tenant].engine];

        assert_ptr_equal(plan.recipes[branch->recipe].steps[0].script, &own->up);
        assert_ptr_equal(plan.recipes[branch->recipe].steps[0].inverse, own->down);
    }
    plan_free(&plan);
}

/* This reads as a script of MySQL's only: # is a comment there. */
static void a_kept_down_script_is_in_the_dialect_of_its_tenant(void **state)
{
    const struct step *step;
    struct world w;
    struct plan plan;

    (void)state;
    world_init(&w, true);
    w.applied.down_sql = "DELETE FROM t; # it's gone\n";
    for (size_t i = 0; i < TENANTS; i++)
        w.tenants[i].engine = ENGINE_MYSQL;
    plan = made(&w, (struct plan_request){.direction = PLAN_DOWN, .target = "base"});
    step = &plan.recipes[0].steps[0];
    assert_int_equal(step->script->engine, ENGINE_MYSQL);
    assert_int_equal(step->script->n, 1);
    assert_true(step->script->data_only);
    plan_free(&plan);
}

/* All have the checksum of SQLite's file: right for A, a change for B and for C, each in its own.
 */
static void a_change_is_told_by_the_file_of_the_tenant_s_engine(void **state)
{
    struct problems problems = {0};
    struct world w;
    struct plan plan;

    (void)state;
    world_init(&w, true);
    w.tenants[1].engine = ENGINE_MYSQL;
    w.tenants[2].engine = ENGINE_POSTGRES;
    assert_int_equal(plan_make(&w.fleet, w.facts, w.sources,
                               &(struct plan_request){.selected = w.selected}, &plan, &problems,
                               NULL),
                     E_POLICY);
    assert_int_equal(problems.n, 2);
    assert_string_equal(problems.list[0].tenant, "B");
    assert_string_equal(problems.list[0].file, "mysql");
    assert_string_equal(problems.list[1].tenant, "C");
    assert_string_equal(problems.list[1].file, "postgres");
    problems_free(&problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tenant_takes_the_scripts_of_its_engine),
        cmocka_unit_test(a_kept_down_script_is_in_the_dialect_of_its_tenant),
        cmocka_unit_test(a_change_is_told_by_the_file_of_the_tenant_s_engine),
    };

    return cmocka_run_group_tests_name("plan_engines", tests, NULL, NULL);
}
