/*
 * The survey of tenants on servers: one look a server at all its tenants. Tenants of a run that is
 * open in the log are left alone. A server that cannot be asked makes all its tenants unusable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/server.h"
#include "engine/link.h"
#include "op/doubt.h"
#include "op/session.h"
#include "op/survey.h"
#include "runtime/crew.h"
#include "store/cache.h"

struct asking { /* one server */
    struct session *s;
    struct survey *survey;
    uint32_t *tenants; /* of the fleet, with places and sights parallel */
    struct place *places;
    struct sight *sights;
    uint32_t n;
};

static void unusable(struct asking *a, uint32_t k, enum usable how, struct error *e)
{
    struct facts *f = &a->survey->facts[a->tenants[k]];

    f->usable = how;
    error_tenant(e, a->s->fleet.tenants[a->tenants[k]].id);
    error_move(&f->why, e);
}

static void conclude(struct asking *a, uint32_t k)
{
    struct facts *f = &a->survey->facts[a->tenants[k]];
    struct sight *sight = &a->sights[k];
    uint32_t id;

    if (sight->why.code) {
        unusable(a, k, USABLE_NO, &sight->why);
        return;
    }
    f->guarantee = sight->guarantee;
    f->history = sight->history;
    f->foreign = sight->foreign;
    if (!sight->history || sight->seen[0])
        a->survey->heads[a->tenants[k]] = arena_copy(&a->survey->arena, sight->seen);
    id = cache_lineage(a->survey->cache, str_text(&sight->past));
    f->lineage = id ? survey_lineage(a->survey, id) : NULL;
    if (!f->lineage) {
        error_oom(&sight->why);
        unusable(a, k, USABLE_NO, &sight->why);
    }
}

/* What keeps the server from answering is said of each of its tenants. */
static void blame(struct asking *a, const struct error *cause)
{
    for (uint32_t k = 0; k < a->n; k++) {
        struct error e = ERROR_INIT;

        error_set(&e, E_REFUSED, "%s", cause->message);
        unusable(a, k, USABLE_NO, &e);
    }
}

static void name_pace(struct room *room, const char *server)
{
    snprintf(room->pace, sizeof room->pace, "%.60s answers in %.3g ms", server,
             (double)room->answer_us / 1000);
}

static void ask(struct asking *a, uint32_t server)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    const struct each each = {.run = crew_each, .ctx = a->s->crew};
    struct link *link;
    int r = session_link(a->s, server, &link, &e);

    if (r == E_OK)
        r = link->ops->survey(link, a->places, a->n, &each, a->sights, &a->survey->rooms[server],
                              &e);
    name_pace(&a->survey->rooms[server], a->s->fleet.servers[server].name);
    if (r != E_OK)
        blame(a, &e);
    else
        for (uint32_t k = 0; k < a->n; k++)
            conclude(a, k);
    for (uint32_t k = 0; k < a->n; k++) {
        str_free(&a->sights[k].past);
        error_clear(&a->sights[k].why);
        a->sights[k] = (struct sight){0};
    }
}

static bool keep_closed(struct asking *a, const struct doubt *doubt, uint32_t tenant)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;

    if (!doubt_has_place(doubt, a->s->fleet.tenants[tenant].path))
        return false;
    a->tenants[a->n] = tenant;
    error_set(&e, E_DOUBT, "belongs to a run that is not settled");
    error_hint(&e, "run: lockstep recover");
    unusable(a, a->n, USABLE_DOUBT, &e);
    return true;
}

static void gather(struct asking *a, const struct doubt *doubt, uint32_t server)
{
    a->n = 0;
    for (uint32_t i = 0; i < a->s->fleet.n; i++) {
        const struct tenant *t = &a->s->fleet.tenants[i];

        if (!a->s->selected[i] || t->engine == ENGINE_SQLITE || t->server != server)
            continue;
        a->survey->paths[i] = arena_copy(&a->survey->arena, t->path);
        if (keep_closed(a, doubt, i))
            continue;
        a->tenants[a->n] = i;
        a->places[a->n++] =
            (struct place){.database = t->database, .schema = t->schema, .tenant = t->id};
    }
}

static int ask_all(struct asking *a, struct error *e)
{
    struct doubt *doubt = NULL;
    int r = doubt_read_places(a->s, &doubt, e);

    for (uint32_t server = 0; r == E_OK && server < a->s->fleet.n_servers; server++) {
        gather(a, doubt, server);
        if (a->n)
            ask(a, server);
    }
    doubt_free(doubt);
    return r;
}

int survey_servers(struct session *s, struct survey *survey, struct error *e)
{
    struct asking a = {.s = s, .survey = survey};
    size_t n = s->fleet.n ? s->fleet.n : 1;
    int r;

    survey->rooms = calloc(s->fleet.n_servers, sizeof *survey->rooms);
    survey->heads = arena_array(&survey->arena, n, sizeof *survey->heads);
    a.tenants = calloc(n, sizeof *a.tenants);
    a.places = calloc(n, sizeof *a.places);
    a.sights = calloc(n, sizeof *a.sights);
    r = survey->rooms && survey->heads && a.tenants && a.places && a.sights ? ask_all(&a, e)
                                                                            : error_oom(e);
    free(a.tenants);
    free(a.places);
    free(a.sights);
    return r;
}
