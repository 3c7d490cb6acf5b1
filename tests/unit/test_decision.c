/* What the decision files list: the anchor every journal, the super-journal the anchor first. */
#include "engine/sqlite/decision.h"

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "test.h"

static const char key[] = "0123456789abcdef0123456789abcdef";

struct made {
    struct decision decision;
    struct str journals, super, found;
};

static void make(struct made *m, int n)
{
    char here[256];

    *m = (struct made){.journals = STR_INIT, .super = STR_INIT, .found = STR_INIT};
    assert_non_null(getcwd(here, sizeof here));
    for (int i = 0; i < n; i++) {
        str_addf(&m->journals, "/tenants/%d.db-journal", i);
        str_addn(&m->journals, "", 1);
    }
    assert_int_equal(decision_init(&m->decision, here, key, 1, NULL), E_OK);
    assert_int_equal(decision_make(&m->decision, &m->journals, NULL), E_OK);
    assert_int_equal(file_read(m->decision.super, 1 << 30, &m->super, NULL), E_OK);
    assert_int_equal(decision_journals(&m->decision, &m->found, NULL), E_OK);
}

static void unmake(struct made *m)
{
    str_free(&m->journals);
    str_free(&m->super);
    str_free(&m->found);
    decision_free(&m->decision);
}

static void expect_all_found(const struct made *m)
{
    assert_int_equal(m->found.len, m->journals.len);
    assert_memory_equal(str_text(&m->found), str_text(&m->journals), m->journals.len);
}

static void the_super_journal_lists_the_anchor_then_journals(void **state)
{
    struct made m;
    size_t anchor;

    (void)state;
    make(&m, 3);
    anchor = strlen(m.decision.anchor) + 1;
    assert_string_equal(str_text(&m.super), m.decision.anchor);
    assert_int_equal(m.super.len, anchor + m.journals.len);
    assert_memory_equal(str_text(&m.super) + anchor, str_text(&m.journals), m.journals.len);
    expect_all_found(&m);
    unmake(&m);
}

/* It is read whole by everybody who rolls a tenant back: n tenants must not read n times n names.
 */
static void the_super_journal_of_many_stays_small(void **state)
{
    struct made few, many;

    (void)state;
    make(&few, 2000);
    assert_int_equal(decision_close(&few.decision, VERDICT_ABORT, NULL), E_OK);
    make(&many, 20000);
    assert_int_equal(many.super.len, few.super.len);
    assert_string_equal(str_text(&many.super), many.decision.anchor);
    assert_int_equal(many.super.data[many.super.len - 1], '\0');
    expect_all_found(&many);
    unmake(&few);
    unmake(&many);
}

/* A file of the same name with these bytes in place of the old ones. */
static void spoil(const char *path, const struct str *old, size_t from, size_t zeros, size_t len)
{
    CLEANUP_STR struct str bytes = STR_INIT;

    str_addn(&bytes, old->data, old->len);
    memset(bytes.data + from, 0, zeros);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(file_create(path, 0644, bytes.data, len, NULL), E_OK);
}

static void read_again(struct made *m, int outcome)
{
    str_reset(&m->found);
    assert_int_equal(decision_journals(&m->decision, &m->found, NULL), outcome);
}

/* Power went while it was written: a sector of it is missing, which leaves the end of a name. */
static void an_anchor_without_a_sector_is_as_good_as_none(void **state)
{
    CLEANUP_STR struct str anchor = STR_INIT;
    struct made m;

    (void)state;
    make(&m, 60);
    assert_int_equal(file_read(m.decision.anchor, 1 << 30, &anchor, NULL), E_OK);
    spoil(m.decision.anchor, &anchor, 0, 512, anchor.len);
    read_again(&m, E_OK);
    expect_all_found(&m);
    unmake(&m);
}

static void half_an_anchor_is_as_good_as_none(void **state)
{
    CLEANUP_STR struct str anchor = STR_INIT;
    struct made m;

    (void)state;
    make(&m, 60);
    assert_int_equal(file_read(m.decision.anchor, 1 << 30, &anchor, NULL), E_OK);
    spoil(m.decision.anchor, &anchor, 0, 0, 500);
    read_again(&m, E_OK);
    expect_all_found(&m);
    unmake(&m);
}

static void a_torn_super_journal_alone_lists_nobody(void **state)
{
    struct made m;

    (void)state;
    make(&m, 60);
    assert_int_equal(unlink(m.decision.anchor), 0);
    spoil(m.decision.super, &m.super, 512, 512, m.super.len);
    read_again(&m, E_OK);
    assert_int_equal(m.found.len, 0);
    unmake(&m);
}

/* No order of writes leaves that: somebody or something else did it, and nothing is guessed. */
static void both_spoiled_are_damage(void **state)
{
    CLEANUP_STR struct str anchor = STR_INIT;
    struct made m;

    (void)state;
    make(&m, 60);
    assert_int_equal(file_read(m.decision.anchor, 1 << 30, &anchor, NULL), E_OK);
    spoil(m.decision.anchor, &anchor, 0, 512, anchor.len);
    spoil(m.decision.super, &m.super, 0, 512, m.super.len);
    read_again(&m, E_INVALID);
    assert_true(m.found.len > 0 && m.found.data[0] == '/');
    assert_int_equal(unlink(m.decision.super), 0);
    read_again(&m, E_INVALID);
    unmake(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_super_journal_lists_the_anchor_then_journals,
                                        enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(the_super_journal_of_many_stays_small, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(an_anchor_without_a_sector_is_as_good_as_none, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(half_an_anchor_is_as_good_as_none, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_torn_super_journal_alone_lists_nobody, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(both_spoiled_are_damage, enter_folder, leave_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
