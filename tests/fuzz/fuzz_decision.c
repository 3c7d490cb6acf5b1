/*
 * A folder with files named like decision files, and like nothing ("==> NAME", then the file): each
 * group that is found has a file, what it lists is whole names from that file, and every tenant
 * that any of them lists is known to be in doubt.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "engine/sqlite/decision.h"
#include "fuzz.h"
#include "op/doubt.h"
#include "op/session.h"

static void check_list(const struct decision *d, const struct str *journals)
{
    CLEANUP_STR struct str file = STR_INIT;
    const char *end = str_text(journals) + journals->len;

    if (file_read(d->anchor, SIZE_MAX / 2, &file, NULL) != E_OK)
        PROMISE(file_read(d->super, SIZE_MAX / 2, &file, NULL) == E_OK, "a group has a file");
    else
        file_read(d->super, SIZE_MAX / 2, &file, NULL); /* a torn anchor leaves it to this one */
    for (const char *at = str_text(journals); at < end; at += strlen(at) + 1) {
        PROMISE(at + strlen(at) < end, "a name in a list ends within it");
        PROMISE(*at == '/', "a name in a list is that of a file");
        PROMISE(memmem(file.data, file.len, at, strlen(at)), "a name in a list stands in the file");
    }
}

/* A journal's tenant is in doubt, whatever the other files hold. */
static void check_doubt(const struct doubt *doubt, const struct str *journals)
{
    const char *end = str_text(journals) + journals->len;

    for (const char *at = str_text(journals); at < end; at += strlen(at) + 1) {
        CLEANUP_STR struct str path = STR_INIT;

        if (!str_ends(at, "-journal"))
            continue;
        str_addn(&path, at, strlen(at) - strlen("-journal"));
        PROMISE(doubt_has(doubt, str_text(&path)), "who is listed is in doubt");
    }
}

static void check_group(const char *dir, const struct decision_trace *trace,
                        const struct doubt *doubt)
{
    CLEANUP_STR struct str journals = STR_INIT;
    struct decision d = {0};
    enum found found;
    int r;

    PROMISE(decision_init(&d, dir, trace->key, trace->group, NULL) == E_OK, "a group has a name");
    PROMISE(decision_ask(&d, &found, NULL) == E_OK && found != FOUND_NOTHING,
            "a group that is found has a file");
    PROMISE(!decision_is_live(&d), "nobody lives here");
    r = decision_journals(&d, &journals, NULL);
    PROMISE(r == E_OK || r == E_INVALID, "its list can be read, or is damaged");
    check_list(&d, &journals);
    check_doubt(doubt, &journals);
    decision_free(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str dir = STR_INIT;
    struct session session = {0};
    struct decision_trace *traces;
    struct doubt *doubt = NULL;
    size_t n;

    place_path(&dir, "d");
    place_fill(str_text(&dir), data, size);
    session.config.decisions = str_text(&dir);
    PROMISE(doubt_read(&session, &doubt, NULL) == E_OK, "doubt can be read");
    PROMISE(decision_scan(str_text(&dir), &traces, &n, NULL) == E_OK, "a folder can be scanned");
    for (size_t i = 0; i < n; i++)
        check_group(str_text(&dir), &traces[i], doubt);
    doubt_free(doubt);
    free(traces);
    return 0;
}
