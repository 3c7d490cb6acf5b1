#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/server.h"
#include "engine/link.h"
#include "op/session.h"
#include "op/survey.h"
#include "store/hold.h"

struct counting {
    struct session *s;
    struct status *status;
    const struct survey *survey;
};

static struct status_version *version_row(struct status *st, uint64_t version)
{
    size_t i = 0;

    while (i < st->n_versions && st->versions[i].version < version)
        i++;
    if (i < st->n_versions && st->versions[i].version == version)
        return &st->versions[i];
    memmove(st->versions + i + 1, st->versions + i, (st->n_versions - i) * sizeof *st->versions);
    st->n_versions++;
    st->versions[i] = (struct status_version){.version = version};
    return &st->versions[i];
}

/* Pending: some migration of the folder is not applied, wherever in the order it stands. */
static bool is_complete(const struct source *source, const struct lineage *past)
{
    for (size_t i = 0; i < source->n; i++)
        if (!lineage_find(past, source->migrations[i].version))
            return false;
    return true;
}

static bool has_changed(const struct source *source, const struct lineage *past)
{
    for (size_t i = 0; i < past->n; i++) {
        const struct migration *m = source_find(source, past->applied[i].version);

        if (!m || !str_same(m->checksum, past->applied[i].checksum))
            return true;
    }
    return false;
}

/* What a tenant is at: with all that is its own, at head, whoever's the last migration is. */
static uint64_t version_of(const struct status *st, const struct lineage *past, bool complete)
{
    uint64_t version = lineage_version(past);

    return complete && version < st->head ? st->head : version;
}

static void count_usable(struct counting *c, size_t i)
{
    const struct facts *f = &c->survey->facts[i];
    const struct tenant *tenant = &c->s->fleet.tenants[i];
    const struct source *source = source_for(&c->s->sources[tenant->engine], tenant->shared);
    struct status *st = c->status;
    bool complete = is_complete(source, f->lineage);
    uint64_t version = version_of(st, f->lineage, complete);
    struct status_version *row = version_row(st, version);

    if (!row->tenants++)
        row->example = tenant->id;
    st->never += !f->lineage->n;
    st->changed = st->changed || has_changed(source, f->lineage);
    if (complete) {
        st->at_head++;
        return;
    }
    st->pending++;
    st->laggards[st->n_laggards++] = (struct status_tenant){.id = tenant->id, .version = version};
}

static void count_one(struct counting *c, size_t i)
{
    const struct facts *f = &c->survey->facts[i];
    struct status *st = c->status;
    struct status_tenant tenant = {.id = c->s->fleet.tenants[i].id, .why = &f->why};

    st->selected++;
    if (f->usable == USABLE_YES) {
        count_usable(c, i);
    } else if (f->usable == USABLE_DOUBT && st->live_run[0]) {
        st->under_way++;
    } else if (f->usable == USABLE_DOUBT) {
        st->in_doubt++;
        st->doubtful[st->n_doubtful++] = tenant;
    } else {
        st->unusable++;
        st->unusables[st->n_unusables++] = tenant;
    }
}

static int by_version(const void *a, const void *b)
{
    const struct status_tenant *x = a, *y = b;

    if (x->version != y->version)
        return x->version < y->version ? -1 : 1;
    return strcmp(x->id, y->id);
}

static bool make_room(struct status *st, size_t tenants, size_t versions)
{
    tenants = tenants ? tenants : 1;
    st->versions = arena_array(&st->arena, versions + tenants, sizeof *st->versions);
    st->laggards = arena_array(&st->arena, tenants, sizeof *st->laggards);
    st->unusables = arena_array(&st->arena, tenants, sizeof *st->unusables);
    st->doubtful = arena_array(&st->arena, tenants, sizeof *st->doubtful);
    return st->versions && st->laggards && st->unusables && st->doubtful;
}

/* The reasons outlive the survey: they are copied. */
static void keep_reasons(struct status *st, struct status_tenant *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct error *copy = arena_alloc(&st->arena, sizeof *copy);

        if (copy) {
            snprintf(copy->message, sizeof copy->message, "%s", list[i].why->message);
            snprintf(copy->hint, sizeof copy->hint, "%s", list[i].why->hint);
            copy->code = list[i].why->code;
        }
        list[i].why = copy;
    }
}

/* A live run's tenants are not in doubt, so it must not be passed over. */
static int name_live_run(struct session *s, struct status *st, struct error *e)
{
    struct holder holder;
    int r = hold_look(s->config.state, &holder, e);

    if (r == E_OK)
        snprintf(st->live_run, sizeof st->live_run, "%s",
                 holder.run[0] ? holder.run
                 : holder.pid  ? holder.command
                               : "one that does not say which");
    return r == E_NOMEM ? r : E_OK;
}

static int count_all(struct session *s, struct status *st, const struct survey *survey,
                     struct error *e)
{
    const struct source *source = session_names(s);
    struct counting c = {s, st, survey};

    if (!make_room(st, survey->n, source->n))
        return error_oom(e);
    if (source->n) {
        st->head = source->migrations[source->n - 1].version;
        st->head_digits = source->migrations[source->n - 1].digits;
    }
    for (size_t i = 0; i < survey->n; i++)
        if (s->selected[i])
            count_one(&c, i);
    qsort(st->laggards, st->n_laggards, sizeof *st->laggards, by_version);
    keep_reasons(st, st->unusables, st->n_unusables);
    keep_reasons(st, st->doubtful, st->n_doubtful);
    return E_OK;
}

struct straying {
    struct status *status;
    const char *server;
};

static int note_stray(void *arg, const struct stray *stray)
{
    struct straying *s = arg;
    struct status *st = s->status;
    struct status_stray *to;

    if (!array_room(&st->strays, st->n_strays, &st->cap_strays, sizeof *st->strays))
        return E_NOMEM;
    to = &st->strays[st->n_strays];
    *to = (struct status_stray){.server = arena_copy(&st->arena, s->server),
                                .database = arena_copy(&st->arena, stray->database),
                                .name = arena_copy(&st->arena, stray->name),
                                .age_s = stray->age_s};
    if (!to->server || !to->database || !to->name)
        return E_NOMEM;
    st->n_strays++;
    return E_OK;
}

/* On the servers that the survey reached; one that does not answer is said of its tenants. */
static int find_strays(struct session *s, struct status *st, struct error *e)
{
    for (size_t i = 0; s->links && i < s->fleet.n_servers && !st->live_run[0]; i++) {
        struct straying straying = {st, s->fleet.servers[i].name};

        if (s->links[i] &&
            s->links[i]->ops->strays(s->links[i], note_stray, &straying, NULL) == E_NOMEM)
            return error_oom(e);
    }
    return E_OK;
}

int status_make(struct session *s, struct status *status, struct error *e)
{
    struct survey survey = {0};
    int r = session_fleet(s, e);

    memset(status, 0, sizeof *status);
    if (r == E_OK)
        r = session_source(s, e);
    if (r == E_OK)
        r = session_store_read(s, e);
    if (r == E_OK)
        r = name_live_run(s, status, e);
    if (r == E_OK)
        r = survey_fleet(s, &survey, e);
    if (r == E_OK)
        r = count_all(s, status, &survey, e);
    if (r == E_OK)
        r = find_strays(s, status, e);
    survey_free(&survey);
    return r;
}

void status_free(struct status *status)
{
    free(status->strays);
    arena_free(&status->arena);
    *status = (struct status){0};
}
