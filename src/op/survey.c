#include "op/survey.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/index.h"
#include "base/str.h"
#include "engine/sqlite/look.h"
#include "op/doubt.h"
#include "op/migrate.h"
#include "op/paths.h"
#include "op/session.h"
#include "runtime/crew.h"
#include "store/cache.h"

/* One tenant under the survey. */
struct glance {
    struct look look;
    bool known;              /* the cache knows it; not so: read afresh */
    uint32_t lineage, flags; /* as in struct cache_look */
    int64_t looked_us;
    struct {
        dev_t dev;
        ino_t ino;
    } key; /* in the index of all files */
};

struct surveying {
    struct session *s;
    struct survey *survey;
    struct glance *glances;
    const struct doubt *doubt;
    atomic_uint done;
    atomic_flag telling;
    int64_t tell_from_us;
};

enum { TELL_EVERY = 64, TELL_AFTER_US = 500000 };

/* Selected, and no server's. */
static bool is_file(const struct surveying *v, uint32_t i)
{
    return v->s->selected[i] && v->s->fleet.tenants[i].engine == ENGINE_SQLITE;
}

/* --- in parallel: nothing but this tenant's own entries is written --- */

/* Copied: an entry moves when the next one is put. */
static void recall(struct glance *g, const struct cache_look *look)
{
    if (!look)
        return;
    g->known = true;
    g->lineage = look->lineage;
    g->flags = look->flags;
}

static int look_at(struct surveying *v, uint32_t i, struct error *e)
{
    struct glance *g = &v->glances[i];
    bool quiet = v->s->fleet.tenants[i].beside == 0;
    int r;

    g->looked_us = clock_wall_us();
    r = look_open(v->survey->paths[i], quiet, &g->look, e);
    if (r != E_OK)
        return r;
    if (g->look.quiet)
        recall(g, cache_get(v->survey->cache, &g->look.stamp));
    if (g->known)
        return E_OK;
    return look_read(v->survey->paths[i], v->s->config.lock_timeout_ms, &g->look, e);
}

/* Any thread that finds nobody else telling; a short survey says nothing. */
static void tell(struct surveying *v)
{
    unsigned done = atomic_fetch_add(&v->done, 1) + 1;
    struct progress p = {.phase = "survey", .done = done, .total = v->s->n_selected};

    if (!v->s->progress || done % TELL_EVERY || clock_mono_us() < v->tell_from_us ||
        atomic_flag_test_and_set(&v->telling))
        return;
    v->s->progress(v->s->progress_ctx, &p);
    atomic_flag_clear(&v->telling);
}

static void unusable(struct facts *f, enum usable how, struct error *e)
{
    f->usable = how;
    error_move(&f->why, e);
}

static void survey_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct surveying *v = arg;
    struct facts *f = &v->survey->facts[i];
    int r;

    if (!is_file(v, i) || f->usable != USABLE_YES)
        return;
    r = look_at(v, i, &e);
    tell(v);
    close_fd(&v->glances[i].look.fd);
    if (r != E_OK) {
        error_tenant(&e, v->s->fleet.tenants[i].id);
        unusable(f, USABLE_NO, &e);
    }
}

/* --- before: where they are, and who must not be opened --- */

static bool keep_closed(struct surveying *v, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (!doubt_has(v->doubt, v->survey->paths[i]))
        return false;
    error_set(&e, E_DOUBT, "belongs to a run that is not settled");
    error_hint(&e, "run: lockstep recover");
    error_tenant(&e, v->s->fleet.tenants[i].id);
    unusable(&v->survey->facts[i], USABLE_DOUBT, &e);
    return true;
}

static void resolve_one(struct surveying *v, struct path_resolver *resolver, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    const struct tenant *t = &v->s->fleet.tenants[i];
    int r = path_resolve(resolver, &v->survey->arena, t->path, &v->survey->paths[i], &e);

    if (r == E_OK) {
        keep_closed(v, i);
    } else {
        error_tenant(&e, t->id);
        unusable(&v->survey->facts[i], USABLE_NO, &e);
    }
}

static void resolve_all(struct surveying *v)
{
    struct path_resolver resolver = {0};

    for (uint32_t i = 0; i < v->survey->n; i++)
        if (is_file(v, i))
            resolve_one(v, &resolver, i);
    path_resolver_free(&resolver);
}

/* Links are rare: they are followed one by one, after everybody else. */
static void follow_links(struct surveying *v)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    for (uint32_t i = 0; i < v->survey->n; i++) {
        struct facts *f = &v->survey->facts[i];

        if (f->usable != USABLE_NO || f->why.code != E_CHANGED)
            continue;
        error_clear(&f->why);
        f->usable = USABLE_YES;
        if (path_follow(&v->survey->arena, v->survey->paths[i], &v->survey->paths[i], &e) == E_OK) {
            if (!keep_closed(v, i))
                survey_one(v, i);
            continue;
        }
        error_tenant(&e, v->s->fleet.tenants[i].id);
        unusable(f, USABLE_NO, &e);
    }
}

/* --- after: facts, shared pasts, twins --- */

/* Read afresh: its past gets an id, and the cache keeps what was seen. */
static void remember(struct surveying *v, struct glance *g)
{
    const struct look *look = &g->look;
    struct cache_look fresh = {.stamp = look->stamp};

    fresh.lineage = g->lineage = cache_lineage(v->survey->cache, str_text(&look->past));
    fresh.flags = g->flags =
        (look->foreign ? LOOK_FOREIGN : 0) | (look->history ? LOOK_HISTORY : 0);
    if (look->quiet)
        cache_put(v->survey->cache, &fresh, g->looked_us);
}

static void conclude(struct surveying *v, uint32_t i)
{
    struct facts *f = &v->survey->facts[i];
    struct glance *g = &v->glances[i];
    struct look *look = &g->look;

    if (!g->known)
        remember(v, g);
    f->wal = look->wal;
    f->guarantee = look->wal && look->live ? GUARANTEE_LOGGED : GUARANTEE_ATOMIC;
    f->foreign = g->flags & LOOK_FOREIGN;
    f->history = g->flags & LOOK_HISTORY;
    f->bytes = (uint64_t)look->stamp.size;
    f->page_size = look->page_size;
    f->dev = look->stamp.dev;
    f->ino = look->stamp.ino;
    f->lineage = g->lineage ? survey_lineage(v->survey, g->lineage) : NULL;
    if (!f->lineage) {
        error_oom(&f->why);
        f->usable = USABLE_NO;
    }
    str_free(&look->past);
}

static void find_twin(struct surveying *v, struct index *files, uint32_t i)
{
    struct facts *f = &v->survey->facts[i];
    struct glance *g = &v->glances[i];
    const uint32_t *other;

    g->key.dev = g->look.stamp.dev;
    g->key.ino = g->look.stamp.ino;
    other = index_find(files, &g->key, sizeof g->key);
    if (!other && index_add(files, &g->key, sizeof g->key, i) == E_OK)
        return;
    if (other)
        error_set(&f->why, E_REFUSED, "is the same file as tenant %s",
                  v->s->fleet.tenants[*other].id);
    else
        error_oom(&f->why);
    error_tenant(&f->why, v->s->fleet.tenants[i].id);
    f->usable = USABLE_NO;
}

static void conclude_all(struct surveying *v)
{
    CLEANUP_INDEX struct index files = INDEX_INIT;

    for (uint32_t i = 0; i < v->survey->n; i++) {
        if (!is_file(v, i) || v->survey->facts[i].usable != USABLE_YES)
            continue;
        conclude(v, i);
        if (v->survey->facts[i].usable == USABLE_YES)
            find_twin(v, &files, i);
    }
}

static int prepare(struct surveying *v, struct doubt **doubt, struct error *e)
{
    struct survey *survey = v->survey;
    size_t n = survey->n ? survey->n : 1;
    int r = doubt_read(v->s, doubt, e);

    if (r != E_OK)
        return r;
    v->doubt = *doubt;
    survey->facts = calloc(n, sizeof *survey->facts);
    survey->paths = arena_array(&survey->arena, n, sizeof *survey->paths);
    v->glances = calloc(n, sizeof *v->glances);
    if (!survey->facts || !survey->paths || !v->glances)
        return error_oom(e);
    for (size_t i = 0; i < survey->n; i++)
        v->glances[i].look.fd = -1;
    return cache_load(v->s->store, &survey->cache, e);
}

/* A look that failed half way keeps what it had read. */
static void free_glances(struct surveying *v)
{
    for (size_t i = 0; v->glances && i < v->survey->n; i++)
        str_free(&v->glances[i].look.past);
    free(v->glances);
}

int survey_fleet(struct session *s, struct survey *survey, struct error *e)
{
    struct surveying v = {.s = s,
                          .survey = survey,
                          .telling = ATOMIC_FLAG_INIT,
                          .tell_from_us = clock_mono_us() + TELL_AFTER_US};
    struct doubt *doubt = NULL;
    int r;

    *survey = (struct survey){.n = s->fleet.n, .began_us = clock_wall_us()};
    r = session_crew(s, e);
    if (r == E_OK)
        r = prepare(&v, &doubt, e);
    if (r == E_OK) {
        resolve_all(&v);
        crew_each(s->crew, (uint32_t)survey->n, survey_one, &v);
        follow_links(&v);
        conclude_all(&v);
        if (s->fleet.n_servers)
            r = survey_servers(s, survey, e);
        if (s->hold)
            cache_save(s->store, survey->cache, NULL);
    }
    doubt_free(doubt);
    free_glances(&v);
    return r;
}

void survey_free(struct survey *survey)
{
    for (size_t i = 0; survey->facts && i < survey->n; i++)
        error_clear(&survey->facts[i].why);
    free(survey->facts);
    free(survey->lineages);
    free(survey->rooms);
    cache_free(survey->cache);
    arena_free(&survey->arena);
    *survey = (struct survey){0};
}
