/*
 * A program that brings its own fleet up to date before it starts to serve:
 *     cc main.c $(pkg-config --cflags --libs lockstep)
 * Without an argument it only says what it was built with; with one, that is the configuration.
 */
#include <lockstep.h>
#include <stdio.h>

static void show(void *ctx, const char *phase, uint64_t done, uint64_t total)
{
    (void)ctx;
    fprintf(stderr, "\r%s %lu/%lu ", phase, (unsigned long)done, (unsigned long)total);
}

static int bring_up(struct lockstep *fleet)
{
    struct lockstep_status status;
    struct lockstep_result result;
    int code = lockstep_up(fleet, NULL, show, NULL, &result);

    if (code == LOCKSTEP_DONE)
        code = lockstep_status(fleet, &status);
    if (code != LOCKSTEP_DONE) {
        fprintf(stderr, "\n%s\n", lockstep_error(fleet));
        return code;
    }
    printf("%lu of %lu tenants at %lu\n", (unsigned long)status.at_head,
           (unsigned long)status.tenants, (unsigned long)status.head);
    return code;
}

int main(int argc, char **argv)
{
    struct lockstep *fleet;
    int code;

    if (argc < 2) {
        printf("built with lockstep %s\n", lockstep_version());
        return 0;
    }
    fleet = lockstep_new();
    if (!fleet)
        return 1;
    code = lockstep_set(fleet, "config", argv[1]);
    if (code == LOCKSTEP_DONE)
        code = bring_up(fleet);
    lockstep_free(fleet);
    return code;
}
