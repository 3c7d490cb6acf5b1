#include "op/doubt.h"

#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/error.h"
#include "base/str.h"
#include "engine/sqlite/decision.h"
#include "op/session.h"

struct listed {
    const char *journal; /* into the text */
    UT_hash_handle hh;
};

struct doubt {
    struct str journals; /* each terminated */
    struct listed *all;
};

int doubt_folder(struct session *s, char **dir, struct error *e)
{
    const char *wanted = s->config.decisions ? s->config.decisions : s->fleet.root;

    *dir = wanted ? realpath(wanted, NULL) : NULL;
    if (*dir)
        return E_OK;
    error_errno(e, E_INVALID, "reach the folder for the decision files,", wanted ? wanted : "?");
    error_hint(e, "set decisions in lockstep.conf to a folder that every tenant's user can search");
    return E_INVALID;
}

static int read_groups(struct doubt *d, const char *dir, struct error *e)
{
    struct decision_trace *traces = NULL;
    size_t n = 0;
    int r = decision_scan(dir, &traces, &n, e);

    for (size_t i = 0; i < n && r == E_OK; i++) {
        struct decision decision = {0};

        r = decision_init(&decision, dir, traces[i].key, traces[i].group, e);
        if (r == E_OK)
            r = decision_journals(&decision, &d->journals, e);
        if (r == E_MISSING)
            r = E_OK; /* closed while we looked */
        decision_free(&decision);
    }
    free(traces);
    return r;
}

static int index_journals(struct doubt *d)
{
    const char *end = str_text(&d->journals) + d->journals.len;

    for (const char *at = str_text(&d->journals); at < end; at += strlen(at) + 1) {
        struct listed *listed = calloc(1, sizeof *listed);

        if (!listed)
            return E_NOMEM;
        listed->journal = at;
        HASH_ADD_KEYPTR(hh, d->all, listed->journal, strlen(at), listed);
    }
    return E_OK;
}

int doubt_read(struct session *s, struct doubt **doubt, struct error *e)
{
    struct doubt *d = calloc(1, sizeof *d);
    char *dir = NULL;
    int r = d ? doubt_folder(s, &dir, e) : error_oom(e);

    if (r == E_OK)
        r = read_groups(d, dir, e);
    if (r == E_OK && index_journals(d) != E_OK)
        r = error_oom(e);
    free(dir);
    if (r == E_OK && d->all) {
        *doubt = d;
        return E_OK;
    }
    *doubt = NULL;
    doubt_free(d);
    return r;
}

bool doubt_has(const struct doubt *doubt, const char *path)
{
    CLEANUP_STR struct str journal = STR_INIT;
    struct listed *listed = NULL;

    if (!doubt)
        return false;
    str_addf(&journal, "%s-journal", path);
    if (str_ok(&journal))
        HASH_FIND(hh, doubt->all, journal.data, journal.len, listed);
    return listed;
}

void doubt_free(struct doubt *d)
{
    struct listed *listed, *next;

    if (!d)
        return;
    HASH_ITER(hh, d->all, listed, next)
    {
        HASH_DEL(d->all, listed);
        free(listed);
    }
    str_free(&d->journals);
    free(d);
}
