/*
 * The rules of planning, as tables. A fleet is written in shorthand:
 *
 *   files    "1d 2d 3": migrations 1 to 3; d: has a down section, o: runs outside a transaction;
 *            t, b, a: of the shared databases, together with the tenants, before or after them
 *   tenants  "12 1~2'": what is applied, one word a tenant, named A, B, C...
 *            ~ behind a version: with another checksum than the file's; ': the tenant keeps a down
 *            script; instead of versions: . at base, ! unusable, ? in doubt; behind all: l logged,
 *            S shared
 *   plan     "[A+2+3 B+3]": groups of tenants with their steps; | stands between units; ' behind a
 *            step: with the tenant's own script; c, l behind a tenant: compensated, logged
 */
#include "test.h"

#include "base/str.h"
#include "fleet/fleet.h"
#include "plan/plan.h"

enum { MOST = 12 };

struct world {
    struct migration migrations[MOST];
    struct script downs[MOST];
    struct source sources[ENGINES], source; /* source: SQLite's, while it is made */
    struct migration own[2][MOST];          /* the tenants', and the shared databases' */
    struct source shares[2];
    struct applied applied[MOST][MOST];
    struct lineage lineages[MOST];
    struct tenant tenants[MOST];
    struct facts facts[MOST];
    bool selected[MOST];
    struct fleet fleet;
    char ids[MOST][2];
};

static const char *const digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

static void script_init(struct script *script, const char *text)
{
    *script = (struct script){.file = "migrations/x.sql", .text = text};
    assert_int_equal(hash_text(text, strlen(text), script->hash), 0);
}

static void option_init(struct script *script, char option)
{
    static const char sharings[] = " tba"; /* by enum sharing */
    const char *sharing = strchr(sharings, option);

    script->transaction_off |= option == 'o';
    if (sharing)
        script->sharing = (enum sharing)(sharing - sharings);
}

/* As source_read does where a migration is shared. */
static void share_init(struct world *w)
{
    for (size_t i = 0; i < w->source.n; i++) {
        bool shared = w->migrations[i].up.sharing != SHARED_NOT;

        w->own[shared][w->shares[shared].n++] = w->migrations[i];
    }
    for (int i = 0; i < 2 && w->shares[1].n > 0; i++) {
        w->shares[i] =
            (struct source){.dir = w->source.dir, .migrations = w->own[i], .n = w->shares[i].n};
        w->source.shares[i] = &w->shares[i];
    }
}

static void add_file(struct world *w, const char **at)
{
    struct migration *m = &w->migrations[w->source.n];

    m->version = (uint64_t)(**at - '0');
    m->digits = digits[m->version];
    m->name = "name";
    snprintf(m->checksum, sizeof m->checksum, "1:%d", (int)m->version);
    script_init(&m->up, m->digits);
    for (++*at; **at && **at != ' '; ++*at) {
        if (**at == 'd') {
            m->down = &w->downs[w->source.n];
            script_init(m->down, "down");
        }
        option_init(&m->up, **at);
    }
    if (m->down)
        m->down->sharing = m->up.sharing;
    w->source.n++;
}

static void add_tenant(struct world *w, const char **at)
{
    size_t t = w->fleet.n++;
    struct lineage *lineage = &w->lineages[t];
    struct facts *facts = &w->facts[t];

    w->ids[t][0] = (char)('A' + t);
    w->tenants[t].id = w->ids[t];
    w->selected[t] = true;
    lineage->applied = w->applied[t];
    facts->lineage = lineage;
    for (; **at && **at != ' '; ++*at) {
        struct applied *last = lineage->n > 0 ? &lineage->applied[lineage->n - 1] : NULL;

        switch (**at) {
        case '.':
            break;
        case '!':
            facts->usable = USABLE_NO;
            error_set(&facts->why, E_REFUSED, "file is not a database");
            break;
        case '?':
            facts->usable = USABLE_DOUBT;
            break;
        case 'S':
            w->tenants[t].shared = true;
            break;
        case 'l':
            facts->guarantee = GUARANTEE_LOGGED;
            break;
        case '~':
            last->checksum[0] = '?';
            break;
        case '\'':
            last->down_sql = "DROP TABLE kept;\n";
            break;
        default:
            last = &lineage->applied[lineage->n++];
            last->version = (uint64_t)(**at - '0');
            last->name = "name";
            snprintf(last->checksum, sizeof last->checksum, "1:%c", **at);
        }
    }
}

static void world_init(struct world *w, const char *files, const char *tenants)
{
    memset(w, 0, sizeof *w);
    w->source = (struct source){.dir = "migrations", .migrations = w->migrations};
    w->fleet.tenants = w->tenants;
    while (*files) {
        add_file(w, &files);
        files += *files == ' ';
    }
    share_init(w);
    w->sources[ENGINE_SQLITE] = w->source;
    while (*tenants) {
        add_tenant(w, &tenants);
        tenants += *tenants == ' ';
    }
}

static void show_branch(const struct plan *plan, const struct plan_branch *branch, struct str *out)
{
    static const char *const marks[] = {"", "p", "l", "c"};

    str_addf(out, "%c%s", (char)('A' + branch->tenant), marks[branch->guarantee]);
    for (uint16_t i = branch->from; i < branch->to; i++) {
        const struct step *step = &plan->recipes[branch->recipe].steps[i];

        assert_non_null(step->script);
        str_addf(out, "%c%s%s", step->down ? '-' : '+', step->digits,
                 str_starts(step->script->file, "history") ? "'" : "");
    }
}

static void show(const struct plan *plan, struct str *out)
{
    for (size_t i = 0; i < plan->n_groups; i++) {
        const struct plan_group *group = &plan->groups[i];

        assert_int_equal(i > 0, group->reason != NULL);
        if (i > 0 && group->unit != group[-1].unit)
            str_addc(out, '|');
        for (uint32_t b = 0; b < group->n; b++) {
            str_addc(out, b ? ' ' : '[');
            show_branch(plan, &plan->branches[group->first + b], out);
        }
        str_addc(out, ']');
    }
}

struct plan_case {
    const char *files, *tenants;
    struct plan_request request;
    int outcome;
    const char *expected; /* the plan; or, where it is refused, a part of the message or hint */
};

static void check_refusal(const struct plan_case *c, const struct error *e)
{
    if (e->code != c->outcome ||
        (!strstr(e->message, c->expected) && !strstr(e->hint, c->expected)))
        fail_msg("expected %d %s, got %d %s; %s", c->outcome, c->expected, e->code, e->message,
                 e->hint);
}

static void check_case(const struct plan_case *c)
{
    CLEANUP_STR struct str text = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct plan_request request = c->request;
    struct problems problems = {0};
    struct world w;
    struct plan plan;
    int r;

    world_init(&w, c->files, c->tenants);
    request.selected = w.selected;
    r = plan_make(&w.fleet, w.facts, w.sources, &request, &plan, &problems, &e);
    if (r == E_OK)
        show(&plan, &text);
    if (r != c->outcome)
        fail_msg("%s / %s: expected %d %s, got %d %s%s", c->files, c->tenants, c->outcome,
                 c->expected, r, str_text(&text), e.message);
    if (r == E_OK)
        assert_string_equal(str_text(&text), c->expected);
    else
        check_refusal(c, &e);
    assert_int_equal(problems.n > 0, r == E_POLICY || r == E_DOUBT);
    problems_free(&problems);
    plan_free(&plan);
    for (size_t i = 0; i < w.fleet.n; i++)
        error_clear(&w.facts[i].why);
}

#define UP(...)                                                                                    \
    {                                                                                              \
        .direction = PLAN_UP, .target = __VA_ARGS__                                                \
    }
#define DOWN(...)                                                                                  \
    {                                                                                              \
        .direction = PLAN_DOWN, .target = __VA_ARGS__                                              \
    }
#define CHECK(cases)                                                                               \
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases)[0]; i++)                                  \
    check_case(&(cases)[i])

static void every_tenant_takes_the_steps_it_lacks(void **state)
{
    static const struct plan_case cases[] = {
        {"1d 2d 3d", ". 1 12 123", UP(NULL), E_OK, "[A+1+2+3 B+2+3 C+3]"},
        {"1d 2d 3d", ". 1 123", UP("2"), E_OK, "[A+1+2 B+2]"},
        {"1d 2d", "12 12", UP(NULL), E_OK, ""},
        {"", ".", UP(NULL), E_OK, ""},
    };

    (void)state;
    CHECK(cases);
}

static void a_target_is_resolved_once_for_all(void **state)
{
    static const struct plan_case cases[] = {
        {"1d 2d 3d", ". 1", UP("head"), E_OK, "[A+1+2+3 B+2+3]"},
        {"1d 2d 3d", ". 12", UP("+1"), E_OK, "[A+1]"}, /* from the lowest; up never lowers */
        {"1d 2d 3d", "1 12", UP("+2"), E_OK, "[A+2+3 B+3]"},
        {"1d 2d 3d", "1 123", UP("-1"), E_OK, "[A+2]"}, /* one below the highest */
        {"1d 2d 3d", "123 12", UP("+1"), E_OK, "[B+3]"},
        {"1d 2d 3d", "123 123", UP("+1"), E_OK, ""}, /* nothing above: nothing to do */
        {"1d 2d 3d", "12", UP("+2"), E_INVALID, "only 1 migrations"},
        {"1d 2d 3d", "1", UP("base"), E_OK, ""},
        {"1d 2d 3d", "123 12 .", DOWN(NULL), E_OK, "[A-3]"}, /* -1, from the highest */
        {"1d 2d 3d", "123 12 1", DOWN("-2"), E_OK, "[A-3-2 B-2]"},
        {"1d 2d 3d", "123 1", DOWN("base"), E_OK, "[A-3-2-1 B-1]"},
        {"1d 2d 3d", "123 1", DOWN("1"), E_OK, "[A-3-2]"}, /* down never raises */
        {"1d 2d 3d", ". .", DOWN(NULL), E_OK, ""},
        {"1d 2d 3d", "12", DOWN("-2"), E_OK, "[A-2-1]"},
        {"1d 2d 3d", "12", DOWN("-3"), E_INVALID, "only 2 above base"},
        {"1d 2d", "1", UP("7"), E_INVALID, "has version 7"},
        {"1d 2d", "1", UP("7"), E_INVALID, "2_name"},
        {"1d", "17'", DOWN("7"), E_OK, ""}, /* applied, though its file is gone */
        {"1d", "1", UP("two"), E_INVALID, "two is not a target"},
        {"1d", "1", UP("+"), E_INVALID, "not a target"},
        {"1d", "1", UP("--1"), E_INVALID, "not a target"},
        {"1d", "1", UP("1234567890123456789"), E_INVALID, "not a target"},
        {"1d", "", UP(NULL), E_INVALID, "no tenant"},
    };

    (void)state;
    CHECK(cases);
}

static void files_and_histories_must_agree(void **state)
{
    static const struct plan_case cases[] = {
        {"1d 2d 3d", "13", UP(NULL), E_POLICY, "2_name comes late: this tenant is at 3 already"},
        {"1d 2d 3d", "13", UP(NULL), E_POLICY, "--accept late"},
        {"1d 2d 3d", "13 1", UP(NULL, .accept = ACCEPT_LATE), E_OK, "[A+2 B+2+3]"},
        {"1d 2d 3d", "13", UP("1"), E_OK, ""}, /* not on the way to the target */
        {"1d 2d", "1~", UP(NULL), E_POLICY,
         "1_name changed after it was applied: ?:1... then, 1:1"},
        {"1d 2d", "1~", UP(NULL), E_POLICY, "--accept changed"},
        {"1d 2d", "1~", UP(NULL, .accept = ACCEPT_CHANGED), E_OK, "[A+2]"},
        {"2d", "1", UP(NULL), E_POLICY, "1_name is applied, but migrations has no file"},
        {"2d", "1 1 1", UP(NULL), E_POLICY, "(and 2 more tenants)"},
        {"2d", "1", UP(NULL, .accept = ACCEPT_MISSING), E_OK, "[A+2]"},
        {"1d", "12", UP(NULL), E_POLICY, "2_name is applied"}, /* a tenant ahead of this folder */
        {"1d 2d", "1~3", UP(NULL), E_POLICY, "(and 2 more problems)"},
    };

    (void)state;
    CHECK(cases);
}

static void down_uses_the_file_or_what_the_tenant_keeps(void **state)
{
    static const struct plan_case cases[] = {
        {"1d 2d", "12'", DOWN("1"), E_OK, "[A-2]"},
        {"1d", "12' 12'", DOWN("1"), E_OK, "[A-2' B-2']"}, /* the file is gone */
        {"1d 2", "12'", DOWN("1"), E_OK, "[A-2']"},        /* it has no down section any more */
        {"1d 2d", "12~'", DOWN("1"), E_OK, "[A-2']"},      /* it is not what was applied */
        {"1d 2d", "12~", DOWN("1"), E_POLICY, "2_name changed"},
        {"1d 2d", "12~", DOWN("1", .accept = ACCEPT_CHANGED), E_OK, "[A-2]"},
        {"1d 2d", "1~2", DOWN("1"), E_OK, "[A-2]"}, /* 1 stays */
        {"1d 2", "12", DOWN("1"), E_POLICY, "2_name cannot be undone"},
        {"1d", "12 1", DOWN("1"), E_POLICY, "lockstep:down"},
    };

    (void)state;
    CHECK(cases);
}

static void what_cannot_be_used_refuses_the_run(void **state)
{
    static const struct plan_case cases[] = {
        {"1d", ". ! !", UP(NULL), E_POLICY, "not a database (and 1 more problem)"},
        {"1d", ". ! !", UP(NULL), E_POLICY, "--skip-unusable"},
        {"1d", ". ! .", UP(NULL, .skip_unusable = true), E_OK, "[A+1 C+1]"},
        {"1d", "! !", UP(NULL, .skip_unusable = true), E_OK, ""},
        {"1d", "! ?", UP(NULL), E_DOUBT, "lockstep recover"}, /* doubt comes first */
        {"1d", ". ?", UP(NULL, .skip_unusable = true), E_DOUBT, "in doubt"},
    };

    (void)state;
    CHECK(cases);
}

static void bounds_cut_the_fleet_into_equal_groups(void **state)
{
    static const struct plan_case cases[] = {
        {"1d", ". . . .", UP(NULL, .group_size = 3), E_OK, "[A+1 B+1][C+1 D+1]"},
        {"1d", ". . . . .", UP(NULL, .group_room = 2), E_OK, "[A+1 B+1][C+1 D+1][E+1]"},
        {"1d", ". . .", UP(NULL, .max_hold_ms = 1000, .tenants_per_second = 2.5), E_OK,
         "[A+1 B+1][C+1]"},
        {"1d", ". .", UP(NULL, .max_hold_ms = 10, .tenants_per_second = 1), E_OK, "[A+1][B+1]"},
        {"1d", ". .", UP(NULL, .max_hold_ms = 10), E_OK, "[A+1 B+1]"}, /* nothing is known */
        {"1d", ". . .", UP(NULL, .group_size = 2, .group_room = 1), E_OK, "[A+1][B+1][C+1]"},
    };

    (void)state;
    CHECK(cases);
}

static void shared_migrations_are_for_shared_databases_alone(void **state)
{
    static const struct plan_case cases[] = {
        {"1d 2dt 3d", ".S . 1", UP(NULL), E_OK, "[A+2 B+1+3 C+3]"},
        {"1d 2db 3d", ".S . 1", UP(NULL), E_OK, "[A+2 B+1][B+3 C+3]"},
        {"1d 2da 3d", ".S . 1", UP(NULL), E_OK, "[B+1][A+2 B+3 C+3]"},
        {"1db 2da 3d", ".S .", UP(NULL), E_OK, "[A+1][A+2 B+3]"},
        {"1d 2db 3d", "2S 13", DOWN("base"), E_OK, "[B-3][A-2 B-1]"},
        {"1d 2da 3d", "2S 13", DOWN("base"), E_OK, "[A-2 B-3][B-1]"},
        {"1d 2dt 3d", "2S 1 13", UP("+1"), E_OK, "[B+3]"}, /* 2 is not theirs to lack */
        {"1d 2dt 3d", "2S 13", UP("+1"), E_OK, ""},
        {"1d 2dt", "2S 1", DOWN("-1"), E_OK, "[A-2]"},
        {"1dt 2d", "S 2", UP(NULL), E_OK, "[A+1]"}, /* nor late for them */
        {"1dt 2d", ".", UP(NULL), E_POLICY, "1_name is for a shared database"},
        {"1dt 2d", ".", UP(NULL), E_POLICY, "shared = \"true\""},
        {"1d 2dt", ".", UP("1"), E_OK, "[A+1]"},
    };

    (void)state;
    CHECK(cases);
}

static void what_runs_outside_a_transaction_is_a_segment_over_the_whole_fleet(void **state)
{
    static const struct plan_case cases[] = {
        {"1d 2do 3d", ". 1", UP(NULL), E_OK, "[A+1][Ac+2 Bc+2][A+3 B+3]"},
        {"1do 2do", ".", UP(NULL), E_OK, "[Ac+1][Ac+2]"},
        {"1d 2d 3do", ". 12", UP(NULL), E_OK, "[A+1+2][Ac+3 Bc+3]"},
        {"1d 2do 3d", ". 12", UP(NULL, .group_size = 1), E_OK, "[A+1][Ac+2][A+3][B+3]"},
        {"1do", ".", UP(NULL), E_OK, "[Ac+1]"},
    };

    (void)state;
    CHECK(cases);
}

static void scope_says_what_stands_or_falls_together(void **state)
{
    static const struct plan_case cases[] = {
        {"1d", ". . .", UP(NULL, .scope = SCOPE_TENANT), E_OK, "[A+1]|[B+1]|[C+1]"},
        {"1d", ". . .", UP(NULL, .scope = SCOPE_GROUP, .group_size = 2), E_OK, "[A+1 B+1]|[C+1]"},
        {"1d", ". . .", UP(NULL, .scope = SCOPE_GROUP), E_OK, "[A+1 B+1 C+1]"},
        {"1d 2do", ". .", UP(NULL, .scope = SCOPE_TENANT), E_OK, "[A+1][Ac+2]|[B+1][Bc+2]"},
        {"1d 2do", ". . .", UP(NULL, .scope = SCOPE_GROUP, .group_size = 2), E_OK,
         "[A+1 B+1][Ac+2 Bc+2]|[C+1][Cc+2]"},
    };

    (void)state;
    CHECK(cases);
}

static void an_undo_must_exist_where_one_may_be_needed(void **state)
{
    static const struct plan_case cases[] = {
        {"1", ". .", UP(NULL), E_OK, "[A+1 B+1]"}, /* one decision undoes nothing */
        {"1", ". .", UP(NULL, .group_size = 1), E_POLICY, "several groups (group_size is 1)"},
        {"1", ". .", UP(NULL, .group_size = 1), E_POLICY, "--allow-irreversible"},
        {"1", ". .", UP(NULL, .group_size = 1, .allow_irreversible = true), E_OK, "[A+1][B+1]"},
        {"1", ". .l", UP(NULL), E_POLICY, "of its tenants 1 can only be logged or compensated"},
        {"1d", ". .l", UP(NULL), E_OK, "[A+1 Bl+1]"},
        {"1", ". .l", UP(NULL, .scope = SCOPE_TENANT), E_OK, "[A+1]|[Bl+1]"},
        {"1", ". .", UP(NULL, .scope = SCOPE_GROUP, .group_size = 1), E_OK, "[A+1]|[B+1]"},
        {"1 2do", ".", UP(NULL), E_POLICY, "2_name runs outside a transaction"},
        {"1o", ".", UP(NULL), E_POLICY, "only be logged or compensated"},
        {"1", "12'", DOWN("1", .group_size = 1), E_OK, "[A-2']"},
        {"1", "12' 12'", DOWN("1", .group_size = 1), E_POLICY, "cannot be undone"}, /* no up file */
    };

    (void)state;
    CHECK(cases);
}

static void problems_names_each_one(void **state)
{
    static const struct {
        int code;
        const char *tenant;
    } expected[] = {{E_POLICY, "B"}, {E_DOUBT, "C"}, {E_POLICY, "D"}, {E_POLICY, "A"}};
    struct problems problems = {0};
    struct world w;
    struct plan plan;

    (void)state;
    world_init(&w, "1d 2d", "2 ! ? !");
    assert_int_equal(plan_make(&w.fleet, w.facts, w.sources,
                               &(struct plan_request){.selected = w.selected}, &plan, &problems,
                               NULL),
                     E_DOUBT);
    assert_int_equal(problems.n, 4);
    for (size_t i = 0; i < problems.n; i++) {
        assert_int_equal(problems.list[i].code, expected[i].code);
        assert_string_equal(problems.list[i].tenant, expected[i].tenant);
        assert_true(problems.list[i].hint[0] != '\0');
    }
    problems_free(&problems);
    error_clear(&w.facts[1].why);
    error_clear(&w.facts[3].why);
}

static struct plan made(struct world *w, struct plan_request request)
{
    struct plan plan;

    request.selected = w->selected;
    assert_int_equal(plan_make(&w->fleet, w->facts, w->sources, &request, &plan, NULL, NULL), E_OK);
    return plan;
}

static void the_figures_tell_what_is_in_it(void **state)
{
    struct world w;
    struct plan plan;

    (void)state;
    world_init(&w, "1d 2d 3do", ". 1l 123 12 !");
    w.facts[0].foreign = true;
    w.selected[3] = false;
    plan = made(
        &w, (struct plan_request){.target = "2", .skip_unusable = true, .tenants_per_second = 4});
    assert_int_equal(plan.target, 2);
    assert_int_equal(plan.n_selected, 4);
    assert_int_equal(plan.n_tenants, 2);
    assert_int_equal(plan.n_beyond, 1);
    assert_int_equal(plan.n_foreign, 1);
    assert_int_equal(plan.n_skips, 1);
    assert_int_equal(plan.skips[0].tenant, 4);
    assert_string_equal(plan.skips[0].why->message, "file is not a database");
    assert_int_equal(plan.n_by_guarantee[GUARANTEE_ATOMIC], 1);
    assert_int_equal(plan.n_by_guarantee[GUARANTEE_LOGGED], 1);
    assert_true(plan.reversible);
    assert_true(plan.hold_estimate_s == 0.5);
    plan_free(&plan);
    plan = made(&w, (struct plan_request){.skip_unusable = true});
    assert_int_equal(plan.n_by_guarantee[GUARANTEE_COMPENSATED], 2); /* by their weakest branch */
    plan_free(&plan);
    error_clear(&w.facts[4].why);
}

static void equal_pasts_share_a_recipe(void **state)
{
    struct world w;
    struct plan plan;

    (void)state;
    world_init(&w, "1d 2d", ". . 1 .");
    w.facts[1].lineage = w.facts[3].lineage = w.facts[0].lineage;
    plan = made(&w, (struct plan_request){0});
    assert_int_equal(plan.n_recipes, 2);
    assert_int_equal(plan.branches[3].recipe, plan.branches[0].recipe);
    plan_free(&plan);
}

static void digest_of(const char *files, const char *tenants, struct plan_request request,
                      char digest[HASH_TEXT])
{
    struct world w;
    struct plan plan;

    world_init(&w, files, tenants);
    request.allow_irreversible = true;
    plan = made(&w, request);
    memcpy(digest, plan.digest, HASH_TEXT);
    plan_free(&plan);
}

/* The digest is what `retry` and an approval hold on to. */
static void the_digest_stands_for_sql_and_tenants(void **state)
{
    static const struct {
        const char *files, *tenants;
        struct plan_request request;
        bool same;
    } cases[] = {
        {"1d 2d", ". 1", {.group_size = 1}, true}, /* how it is cut does not matter */
        {"1d 2d", ". 1", {.scope = SCOPE_TENANT}, true},
        {"1d 2d", ". 1 12", {0}, true}, /* who has nothing to do neither */
        {"1d 2d", ". 1l", {0}, true},
        {"1d 2d", ". 1 1", {0}, false},
        {"1d 2d", "1 .", {0}, false},
        {"1d 2d", ". 1", {.target = "1"}, false},
        {"1d 2d 3d", ". 1", {0}, false},
    };
    char first[HASH_TEXT], digest[HASH_TEXT];

    (void)state;
    digest_of("1d 2d", ". 1", (struct plan_request){0}, first);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        digest_of(cases[i].files, cases[i].tenants, cases[i].request, digest);
        assert_int_equal(strcmp(first, digest) == 0, cases[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tenant_takes_the_steps_it_lacks),
        cmocka_unit_test(a_target_is_resolved_once_for_all),
        cmocka_unit_test(files_and_histories_must_agree),
        cmocka_unit_test(down_uses_the_file_or_what_the_tenant_keeps),
        cmocka_unit_test(what_cannot_be_used_refuses_the_run),
        cmocka_unit_test(bounds_cut_the_fleet_into_equal_groups),
        cmocka_unit_test(shared_migrations_are_for_shared_databases_alone),
        cmocka_unit_test(what_runs_outside_a_transaction_is_a_segment_over_the_whole_fleet),
        cmocka_unit_test(scope_says_what_stands_or_falls_together),
        cmocka_unit_test(an_undo_must_exist_where_one_may_be_needed),
        cmocka_unit_test(problems_names_each_one),
        cmocka_unit_test(the_figures_tell_what_is_in_it),
        cmocka_unit_test(equal_pasts_share_a_recipe),
        cmocka_unit_test(the_digest_stands_for_sql_and_tenants),
    };

    return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
