/* What every unit test includes: cmocka and the headers it needs, and a folder of one's own. */
#ifndef TESTS_UNIT_TEST_H
#define TESTS_UNIT_TEST_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Before a group is run: of its cases only that which TEST_CASE names, if it is set. */
static inline void choose_case(void)
{
    cmocka_set_test_filter(getenv("TEST_CASE"));
}

/* Setup and teardown for tests that need files: the working folder is then empty and theirs. */
static inline int enter_folder(void **state)
{
    const char *place = getenv("TMPDIR");
    char name[4096];

    (void)state;
    snprintf(name, sizeof name, "%s/lockstep-unit-XXXXXX", place ? place : "/tmp");
    return mkdtemp(name) && chdir(name) == 0 ? 0 : -1;
}

static inline int leave_folder(void **state)
{
    char here[4096], command[4200];

    (void)state;
    if (!getcwd(here, sizeof here) || chdir("/") != 0)
        return -1;
    snprintf(command, sizeof command, "rm -rf '%s'", here);
#undef system /* a test may use the shell */
    return system(command);
}

#endif
