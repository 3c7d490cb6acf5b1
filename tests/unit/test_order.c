/*
 * What no kill shows, because only an application that comes in between would be hurt: at certain
 * system calls every tenant must still be locked. The calls are caught here, and the locks looked
 * at from a description of our own, as another process would see them.
 */
#include "group_under_test.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "base/lock.h"
#include "engine/sqlite/lock.h"

static struct watch {
    const struct fleet_under_test *t;  /* NULL: nothing is watched */
    int unlinked, unlinked_held;       /* journals, and those whose tenant was locked then */
    int unmapped, unmapped_held;       /* parked locks that went, and whether another one stood */
    int synced;                        /* barriers */
    bool held_at_first, gone_at_first; /* at the first one: all tenants locked, all journals gone */
} watch;

static bool is_held(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool held = tenant_lock_is_live(fd);

    close(fd);
    return held;
}

/* A reader that comes now is let in nowhere: PENDING is taken, which a parked lock leaves free. */
static bool is_shut(const char *path)
{
    const off_t pending = 0x40000000;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    bool shut = lock_test(fd, LOCK_SHARED, pending, 1, NULL) == E_BUSY;

    close(fd);
    return shut;
}

int unlink(const char *path)
{
    for (int i = 0; watch.t && i < TENANTS; i++) {
        size_t n = strlen(watch.t->paths[i]);

        if (strncmp(path, watch.t->paths[i], n) != 0 || !str_same(path + n, "-journal"))
            continue;
        watch.unlinked++;
        watch.unlinked_held += is_held(watch.t->paths[i]);
    }
    return (int)syscall(SYS_unlink, path);
}

/* Tenants are sealed in their order here, and each lets one mapping go. */
int munmap(void *at, size_t n)
{
    if (watch.t && n == 1 && watch.unmapped < TENANTS)
        watch.unmapped_held += is_shut(watch.t->paths[watch.unmapped++]);
    return (int)syscall(SYS_munmap, at, n);
}

int syncfs(int fd)
{
    if (watch.t && !watch.synced++) {
        watch.held_at_first = true;
        watch.gone_at_first = watch.unlinked == TENANTS;
        for (int i = 0; i < TENANTS; i++)
            watch.held_at_first = watch.held_at_first && is_held(watch.t->paths[i]);
    }
    return (int)syscall(SYS_syncfs, fd);
}

static void watch_from_here(const struct fleet_under_test *t)
{
    watch = (struct watch){.t = t};
}

static void a_journal_goes_before_its_lock(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    must(t.p->ops->seal(t.p, &e), &e);
    must(t.p->ops->decide(t.p, &e), &e);
    watch_from_here(&t);
    finish(&t, VERDICT_COMMIT);
    watch.t = NULL;
    assert_int_equal(watch.unlinked, TENANTS);
    assert_int_equal(watch.unlinked_held, TENANTS);
    expect(&t, 1, "delete");
    tear_down(&t);
}

static void an_abort_is_durable_before_a_lock_goes(void **state)
{
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    prepare_all(&t, GUARANTEE_ATOMIC);
    watch_from_here(&t);
    finish(&t, VERDICT_ABORT);
    watch.t = NULL;
    assert_int_equal(watch.unlinked_held, TENANTS);
    assert_true(watch.gone_at_first);
    assert_true(watch.held_at_first);
    expect(&t, 0, "delete");
    tear_down(&t);
}

static void a_parked_lock_goes_when_the_new_one_stands(void **state)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct fleet_under_test t;

    (void)state;
    set_up(&t, plain, add_tier);
    t.engine.room.open_cap = 0;
    prepare_all(&t, GUARANTEE_ATOMIC);
    t.engine.room.open_cap = 2 * TENANTS; /* so that it is not parked again */
    watch_from_here(&t);
    must(t.p->ops->seal(t.p, &e), &e);
    watch.t = NULL;
    assert_int_equal(watch.unmapped, TENANTS);
    assert_int_equal(watch.unmapped_held, TENANTS);
    finish(&t, VERDICT_ABORT);
    expect(&t, 0, "delete");
    tear_down(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_a_folder(a_journal_goes_before_its_lock),
        in_a_folder(an_abort_is_durable_before_a_lock_goes),
        in_a_folder(a_parked_lock_goes_when_the_new_one_stands),
    };

    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
