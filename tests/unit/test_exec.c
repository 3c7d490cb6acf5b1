/*
 * External migrators below the machine: the order of revisions, what `current` says, and the
 * participant in the process that began a group and in a later one. A tenant is a file of one line.
 */
#include "test.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "db/server.h"
#include "engine/exec/link.h"
#include "source/step.h"

#define HERE "[ ! -e mute ] && { [ ! -s $AT ] || cat $AT; }"
#define MOVE "[ ! -e broken ] && echo '${target}' >$AT"

static const char *up[] = {"sh", "-c", MOVE, NULL}, *down[] = {"sh", "-c", MOVE, NULL};
static const char *current[] = {"sh", "-c", HERE, NULL},
                  *revisions[] = {"printf", "one\\ntwo\\n", NULL};
static const char *environment[] = {"AT=${id}", NULL};

struct world {
    struct exec_tenant tenants[2];
    struct exec exec;
    struct server server;
    struct link *link;
    struct source source;
    struct step steps[2];
    struct branch_spec branches[2];
    struct link_run run;
    atomic_bool stop;
    char locks[4200];
};

static void one_by_one(void *ctx, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    (void)ctx;
    for (uint32_t i = 0; i < n; i++)
        fn(arg, i);
}

static void put(const char *path, const char *text)
{
    unlink(path);
    assert_int_equal(file_create(path, 0644, text, strlen(text), NULL), E_OK);
}

static void is_at(const char *tenant, const char *revision)
{
    CLEANUP_STR struct str text = STR_INIT;

    assert_int_equal(file_read(tenant, 100, &text, NULL), E_OK);
    assert_string_equal(str_text(&text), revision);
}

static void begin(struct world *w)
{
    static struct exec_value ids[2] = {{"id", "a"}, {"id", "b"}};
    char here[4096];

    *w = (struct world){0};
    assert_non_null(getcwd(here, sizeof here));
    snprintf(w->locks, sizeof w->locks, "%s/locks", here);
    w->tenants[0] = (struct exec_tenant){.id = "a", .values = &ids[0], .n = 1};
    w->tenants[1] = (struct exec_tenant){.id = "b", .values = &ids[1], .n = 1};
    w->exec = (struct exec){.block = {.name = "tool",
                                      .up = up,
                                      .down = down,
                                      .current = current,
                                      .revisions = revisions,
                                      .base = "base",
                                      .environment = environment,
                                      .timeout_ms = 20000,
                                      .max_parallel = 4,
                                      .file = "lockstep.conf"},
                            .locks = w->locks,
                            .tenants = w->tenants,
                            .n = 2};
    w->server = (struct server){.name = "tool", .engine = ENGINE_EXEC, .exec = &w->exec};
}

static int open_link(struct world *w, struct error *e)
{
    w->link = link_new(&w->server);
    assert_non_null(w->link);
    return exec_source(w->link, &w->source, e);
}

/* Both tenants, from base to two. */
static void plan(struct world *w)
{
    begin(w);
    put("a", "");
    put("b", "");
    assert_int_equal(open_link(w, NULL), E_OK);
    assert_int_equal(w->source.n, 2);
    for (int i = 0; i < 2; i++) {
        const struct migration *m = &w->source.migrations[i];

        w->steps[i] = (struct step){.version = m->version, .script = &m->up, .inverse = m->down};
        w->branches[i] = (struct branch_spec){
            .id = w->tenants[i].id, .engine = ENGINE_EXEC, .steps = w->steps, .n = 2};
    }
    w->run =
        (struct link_run){.branches = w->branches, .each = {.run = one_by_one}, .stop = &w->stop};
}

static void end(struct world *w)
{
    source_free(&w->source);
    link_free(w->link);
}

static struct participant *join(struct world *w, bool recovered)
{
    static const uint32_t branches[2] = {0, 1};
    const struct link_group group = {.id = 1, .branches = branches, .n = 2, .recovered = recovered};

    return w->link->ops->join(w->link, &w->run, &group);
}

static int prepare(struct participant *p, uint32_t slot, struct error *e)
{
    enum guarantee guarantee = GUARANTEE_ATOMIC;
    int r = p->ops->prepare(p, slot, &guarantee, e);

    assert_int_equal(guarantee, GUARANTEE_COMPENSATED);
    return r;
}

static void both_move_and_stay_or_go_back(void **state)
{
    uint8_t slots[2] = {SETTLE_NOT_YET, SETTLE_NOT_YET};
    struct participant *p;
    struct world w;

    (void)state;
    plan(&w);
    p = join(&w, false);
    assert_int_equal(prepare(p, 0, NULL), E_OK);
    assert_int_equal(prepare(p, 1, NULL), E_OK);
    is_at("a", "two\n");
    assert_int_equal(p->ops->settle(p, VERDICT_ABORT, slots, NULL), E_OK);
    assert_int_equal(slots[0], SETTLE_DONE);
    assert_int_equal(slots[1], SETTLE_DONE);
    is_at("a", "base\n");
    is_at("b", "base\n");
    p->ops->free(p);
    end(&w);
}

static void who_is_elsewhere_than_planned_is_left_alone(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct participant *p;
    struct world w;

    (void)state;
    plan(&w);
    put("a", "one\n");
    p = join(&w, false);
    assert_int_equal(prepare(p, 0, &e), E_CHANGED);
    assert_string_equal(e.message, "changed since the plan: it is at one, not at base");
    is_at("a", "one\n");
    p->ops->free(p);
    end(&w);
}

/* A later process, told the verdict: what each tenant says is what counts. */
static void settle_later(const char *a, enum verdict verdict, int outcome, enum settled how,
                         const char *after)
{
    uint8_t slots[2] = {SETTLE_NOT_YET, SETTLE_DONE};
    struct participant *p;
    enum found found;
    struct world w;

    plan(&w);
    put("a", a);
    p = join(&w, true);
    assert_int_equal(p->ops->ask(p, &found, NULL), E_OK);
    assert_int_equal(found, FOUND_NOTHING);
    assert_int_equal(p->ops->settle(p, verdict, slots, NULL), outcome);
    assert_int_equal(slots[0], how);
    is_at("a", after);
    p->ops->free(p);
    end(&w);
}

/* Nobody can say where the tenant is. */
static void settle_mute(const char *a, enum verdict verdict)
{
    put("mute", "");
    settle_later(a, verdict, E_REFUSED, SETTLE_NOT_YET, a);
    unlink("mute");
}

static void a_later_process_finishes_by_what_tenants_say(void **state)
{
    (void)state;
    settle_later("two\n", VERDICT_COMMIT, E_OK, SETTLE_DONE, "two\n");
    settle_later("base\n", VERDICT_COMMIT, E_OK, SETTLE_DONE, "two\n");
    settle_later("one\n", VERDICT_COMMIT, E_REFUSED, SETTLE_NOT_YET, "one\n");
}

/* That would take all others back, and call the run rolled back. */
static void only_who_was_seen_at_the_start_refuses_what_is_decided(void **state)
{
    (void)state;
    put("broken", "");
    settle_later("base\n", VERDICT_COMMIT, E_REFUSED, SETTLE_REFUSED, "base\n");
    settle_mute("two\n", VERDICT_COMMIT);
    settle_mute("two\n", VERDICT_ABORT);
}

static void a_later_process_takes_back_by_what_tenants_say(void **state)
{
    (void)state;
    settle_later("two\n", VERDICT_ABORT, E_OK, SETTLE_DONE, "base\n");
    settle_later("one\n", VERDICT_ABORT, E_OK, SETTLE_DONE, "base\n");
    settle_later("", VERDICT_ABORT, E_OK, SETTLE_DONE, "");
    put("broken", "");
    settle_later("one\n", VERDICT_ABORT, E_REFUSED, SETTLE_NOT_YET, "one\n");
}

static void a_tenant_under_work_is_busy(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct participant *p;
    struct world w;
    int lock = -1;

    (void)state;
    plan(&w);
    p = join(&w, false);
    assert_int_equal(exec_lock(&w.exec, "a", false, &lock, NULL), E_OK);
    assert_int_equal(prepare(p, 0, &e), E_BUSY);
    assert_non_null(strstr(e.message, "a command of tool is still at work on it"));
    close(lock);
    assert_int_equal(prepare(p, 0, NULL), E_OK);
    p->ops->free(p);
    end(&w);
}

static void a_full_disk_keeps_no_tenant_from_being_brought_back(void **state)
{
    struct rlimit before, none;
    struct world w;
    int lock = -1, r;

    (void)state;
    begin(&w);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = (struct rlimit){0, before.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    r = exec_lock(&w.exec, "a", false, &lock, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(r, E_OK);
    close(lock);
}

/* --- revisions --- */

static void orders(const char *pattern, const char *said, const char *first, const char *last)
{
    const char *command[] = {"printf", said, NULL};
    struct world w;

    begin(&w);
    w.exec.block.revisions = command;
    w.exec.block.revision_pattern = pattern;
    assert_int_equal(open_link(&w, NULL), E_OK);
    assert_string_equal(w.source.migrations[0].digits, first);
    assert_string_equal(w.source.migrations[w.source.n - 1].digits, last);
    assert_int_equal(w.source.migrations[w.source.n - 1].version, w.source.n);
    end(&w);
}

static void refuses_revisions(const char *pattern, const char *said, const char *message)
{
    const char *command[] = {"printf", said, NULL};
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct world w;

    begin(&w);
    w.exec.block.revisions = command;
    w.exec.block.revision_pattern = pattern;
    assert_int_equal(open_link(&w, &e), E_INVALID);
    assert_string_equal(e.message, message);
    end(&w);
}

#define DESCENT "^([^ ]+) -> ([^ ,]+)"

static void revisions_have_an_order(void **state)
{
    (void)state;
    orders(NULL, "1 first\n\n2 second\n", "1", "2");
    orders("up +([0-9]+)", " Status\n up 20 x\n up 21 y\n", "20", "21");
    orders(DESCENT, "b -> c (head), z\na -> b, y\n<base> -> a, x\n", "a", "c");
}

static void revisions_without_an_order_are_refused(void **state)
{
    (void)state;
    refuses_revisions(DESCENT, "a -> c\na -> b\n<base> -> a\n",
                      "of the revisions of tool, 2 follow a");
    refuses_revisions(DESCENT, "a -> b\nb -> a\n", "of the revisions of tool, 0 follow base");
    refuses_revisions("^rev_(.*)", "one\n",
                      "of what `revisions` of tool prints, no line names a revision");
    refuses_revisions(NULL, "a\na\n", "\"a\" cannot be a revision of tool, or is one twice");
    refuses_revisions(NULL, "base\n", "\"base\" cannot be a revision of tool, or is one twice");
}

/* --- current --- */

static int probe(const char *pattern, const char *said, char revision[REVISION_MAX])
{
    const char *command[] = {"printf", said, NULL};
    struct exec_call call = {.id = "a", .lock = -1};
    struct world w;
    int r;

    begin(&w);
    w.exec.block.current = command;
    w.exec.block.current_pattern = pattern;
    assert_int_equal(open_link(&w, NULL), E_OK);
    call.link = (struct exec_link *)w.link;
    r = exec_probe(&call, NULL, NULL, NULL);
    memcpy(revision, call.revision, REVISION_MAX);
    end(&w);
    return r;
}

static void says(const char *pattern, const char *said, const char *revision)
{
    char found[REVISION_MAX];

    assert_int_equal(probe(pattern, said, found), E_OK);
    assert_string_equal(found, revision);
}

static void current_is_the_first_word_that_is_a_revision(void **state)
{
    char found[REVISION_MAX];

    (void)state;
    says(NULL, "two (head)\n", "two");
    says(NULL, "Version: one\n", "one");
    says(NULL, " \n", "base");
    says(NULL, "at base\n", "base");
    assert_int_equal(probe(NULL, "three\n", found), E_CHANGED);
}

static void with_a_pattern_it_is_the_last_match(void **state)
{
    char found[REVISION_MAX];

    (void)state;
    says("\\[X\\] ([a-z]+)", " [X] one\n [X] two\n [ ] three\n", "two");
    says("\\[X\\] ([a-z]+)", " [ ] one\n", "base");
    assert_int_equal(probe("\\[X\\] ([a-z]+)", "[X] four\n", found), E_CHANGED);
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(both_move_and_stay_or_go_back),
        IN_FOLDER(who_is_elsewhere_than_planned_is_left_alone),
        IN_FOLDER(a_later_process_finishes_by_what_tenants_say),
        IN_FOLDER(only_who_was_seen_at_the_start_refuses_what_is_decided),
        IN_FOLDER(a_later_process_takes_back_by_what_tenants_say),
        IN_FOLDER(a_full_disk_keeps_no_tenant_from_being_brought_back),
        IN_FOLDER(a_tenant_under_work_is_busy),
        IN_FOLDER(revisions_have_an_order),
        IN_FOLDER(revisions_without_an_order_are_refused),
        IN_FOLDER(current_is_the_first_word_that_is_a_revision),
        IN_FOLDER(with_a_pattern_it_is_the_last_match),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
