#include "op/doubt.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/index.h"
#include "base/str.h"
#include "engine/sqlite/decision.h"
#include "op/job.h"
#include "op/session.h"
#include "store/log.h"

struct doubt {
    struct str journals; /* each terminated */
    struct arena places; /* of tenants on servers */
    struct index all;    /* by name, into the one or the other */
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
        if (r == E_MISSING || r == E_INVALID)
            r = E_OK; /* closed while we looked; damaged, then what it still names counts */
        decision_free(&decision);
    }
    free(traces);
    return r;
}

static int index_journals(struct doubt *d)
{
    const char *end = str_text(&d->journals) + d->journals.len;

    for (const char *at = str_text(&d->journals); at < end; at += strlen(at) + 1)
        if (!index_find(&d->all, at, strlen(at)) && index_add(&d->all, at, strlen(at), 0) != E_OK)
            return E_NOMEM;
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
    if (r == E_OK && d->all.entries) {
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

    if (!doubt)
        return false;
    str_addf(&journal, "%s-journal", path);
    return !str_ok(&journal) || index_find(&doubt->all, journal.data, journal.len);
}

/* --- on servers --- */

struct opening {
    struct session *s;
    struct doubt *d;
    struct error *e;
};

/* The job goes before the index does: a place is copied. */
static int add_place(struct doubt *d, const char *place)
{
    const char *copy;

    if (index_find(&d->all, place, strlen(place)))
        return E_OK;
    copy = arena_copy(&d->places, place);
    return copy ? index_add(&d->all, copy, strlen(copy), 0) : E_NOMEM;
}

static int add_places(struct doubt *d, const struct job *job)
{
    for (uint32_t i = 0; i < job->n; i++)
        if (job->branches[i].engine != ENGINE_SQLITE && add_place(d, job->branches[i].path) != E_OK)
            return E_NOMEM;
    return E_OK;
}

static int note_run(void *arg, const struct log_run *run)
{
    struct opening *o = arg;
    struct job job = {0};
    int r = job_load(o->s, run->run, &job, o->e);

    if (r == E_OK && add_places(o->d, &job) != E_OK)
        r = error_oom(o->e);
    job_free(&job);
    return r;
}

int doubt_read_places(struct session *s, struct doubt **doubt, struct error *e)
{
    struct doubt *d = calloc(1, sizeof *d);
    struct opening o = {s, d, e};
    int r = d ? E_OK : error_oom(e);

    if (r == E_OK && s->store)
        r = log_runs(s->store, true, note_run, &o, e);
    *doubt = d;
    return r;
}

bool doubt_has_place(const struct doubt *doubt, const char *place)
{
    return index_find(&doubt->all, place, strlen(place)) != NULL;
}

void doubt_free(struct doubt *d)
{
    if (!d)
        return;
    index_free(&d->all);
    arena_free(&d->places);
    str_free(&d->journals);
    free(d);
}
