/*
 * Where a row of a list, a catalog or a query says that its tenant is: on a server that the
 * configuration has a block for (`server`), on one that the row's own `url` leads to, or on that of
 * the source. Urls that differ in their database alone lead to one server: limits are the server's.
 */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "db/server.h"
#include "fleet/draft.h"

enum { ROOM_STEP = 16 };

bool where_is_said(const struct where *w)
{
    return (w->server && w->server[0]) || (w->url && w->url[0]) ||
           (w->database && w->database[0]) || (w->schema && w->schema[0]);
}

/* --- urls --- */

/* authority and parameters, without the scheme; and the database between them. */
static void split(const char *url, struct str *base, struct str *database)
{
    const char *at = strstr(url, "://");
    size_t n;

    if (!at)
        return;
    at += 3;
    n = strcspn(at, "/?#");
    str_addn(base, at, n);
    at += n;
    if (*at == '/') {
        n = strcspn(++at, "?#");
        server_add_decoded(database, at, n);
        at += n;
    }
    str_add(base, at);
}

static void split_shown(const char *url, struct arena *arena, struct str *base)
{
    CLEANUP_STR struct str database = STR_INIT;
    const char *shown = server_shown(arena, url);

    if (shown)
        split(shown, base, &database);
    else
        base->failed = true;
}

/* --- the servers of the fleet --- */

static int room_for_one(struct fleet *fleet, struct error *e)
{
    struct server *more;

    if (fleet->n_servers < fleet->cap_servers)
        return E_OK;
    more = arena_array(&fleet->arena, fleet->n_servers + ROOM_STEP, sizeof *more);
    if (!more)
        return error_oom(e);
    if (fleet->n_servers)
        memcpy(more, fleet->servers, fleet->n_servers * sizeof *more);
    fleet->servers = more;
    fleet->cap_servers = fleet->n_servers + ROOM_STEP;
    return E_OK;
}

static int add_server(struct fleet *fleet, const char *url, const struct str *name,
                      uint32_t *server, struct error *e)
{
    struct server new = {.name = str_copy(name, &fleet->arena),
                         .engine = engine_of_url(url),
                         .url = arena_copy(&fleet->arena, url),
                         .shown = server_shown(&fleet->arena, url)};
    int r = new.name &&new.url &&new.shown ? room_for_one(fleet, e) : error_oom(e);

    if (r != E_OK)
        return r;
    *server = (uint32_t)fleet->n_servers;
    fleet->servers[fleet->n_servers++] = new;
    return E_OK;
}

/* One with the same user and host; a block of the configuration knows its password best. */
static int find_same(const struct fleet *fleet, enum engine_kind engine, const struct str *base,
                     const struct str *name, uint32_t *server, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;

    for (*server = 0; *server < fleet->n_servers; (*server)++) {
        const struct server *is = &fleet->servers[*server];
        CLEANUP_STR struct str its_name = STR_INIT, its_base = STR_INIT, database = STR_INIT;

        if (is->engine != engine)
            continue;
        split_shown(is->url, &arena, &its_name);
        split(is->url, &its_base, &database);
        if (!str_ok(&its_name) || !str_ok(&its_base))
            return error_oom(e);
        if (!str_same(str_text(&its_name), str_text(name)))
            continue;
        if (!is->line && !str_same(str_text(&its_base), str_text(base)))
            return error_set(e, E_INVALID, "two rows have two passwords for %s", is->name);
        return E_OK;
    }
    return E_MISSING;
}

static int by_url(struct draft *draft, const char *url, uint32_t *server, struct str *database,
                  struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_STR struct str base = STR_INIT, name = STR_INIT;
    enum engine_kind engine = engine_of_url(url);
    int r;

    if (engine != ENGINE_POSTGRES && engine != ENGINE_MYSQL) {
        error_set(e, E_INVALID, "the url of a tenant leads to no server that is known");
        error_hint(e, "it begins with postgres://, postgresql://, mysql:// or mariadb://");
        return E_INVALID;
    }
    split(url, &base, database);
    split_shown(url, &arena, &name);
    if (!str_ok(&base) || !str_ok(&name) || !str_ok(database))
        return error_oom(e);
    r = find_same(draft->fleet, engine, &base, &name, server, e);
    return r == E_MISSING ? add_server(draft->fleet, url, &name, server, e) : r;
}

static int by_name(const struct draft *draft, const char *name, uint32_t *server, struct error *e)
{
    const struct fleet *fleet = draft->fleet;

    for (*server = 0; *server < fleet->n_servers; (*server)++)
        if (fleet->servers[*server].line && !fleet->servers[*server].exec &&
            str_same(fleet->servers[*server].name, name))
            return E_OK;
    error_set(e, E_INVALID, "there is no server \"%.60s\"", name);
    error_hint(e, "the column server names a block of the configuration: server \"NAME\" { .. }");
    return E_INVALID;
}

/* --- a tenant --- */

static int add(struct draft *draft, uint32_t server, const struct tenant *row, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    struct tenant t = *row;

    str_addf(&path, "%s/%s%s%s", draft->fleet->servers[server].name, row->database,
             row->schema ? "/" : "", row->schema ? row->schema : "");
    t.engine = draft->fleet->servers[server].engine;
    t.server = server;
    t.id = arena_copy(draft->arena, row->id);
    t.path = str_copy(&path, draft->arena);
    t.database = arena_copy(draft->arena, row->database);
    t.schema = arena_copy(draft->arena, row->schema);
    t.origin = arena_copy(draft->arena, row->origin);
    if (!t.id || !t.path || !t.database || (row->schema && !t.schema) || !t.origin)
        return error_oom(e);
    return draft_add(draft, &t, e);
}

static const char *given(const char *text)
{
    return text && text[0] ? text : NULL;
}

int where_add(struct draft *draft, const struct tenant *row, const struct where *w, struct error *e)
{
    CLEANUP_STR struct str of_url = STR_INIT;
    struct tenant t = *row;
    uint32_t server = w->otherwise;
    int r = E_OK;

    if (given(w->url))
        r = by_url(draft, w->url, &server, &of_url, e);
    else if (given(w->server))
        r = by_name(draft, w->server, &server, e);
    if (r != E_OK)
        return r;
    if (server == NO_SERVER)
        return error_set(e, E_INVALID,
                         "a tenant in a database of no server: it has no server or "
                         "url");
    t.schema = given(w->schema);
    t.database = given(w->database);
    if (!t.database)
        t.database = given(str_text(&of_url));
    if (draft->fleet->servers[server].engine == ENGINE_MYSQL && t.schema) {
        t.database = t.database ? t.database : t.schema; /* there it is another word */
        t.schema = NULL;
    }
    if (!t.database && t.schema && server == w->otherwise)
        t.database = w->database_otherwise;
    if (!t.id || !t.id[0] || !t.database)
        return error_set(e, E_INVALID, "a tenant without %s",
                         t.id && t.id[0] ? "a database or schema" : "an id");
    return add(draft, server, &t, e);
}
