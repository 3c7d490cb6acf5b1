/*
 * Tenants whose migrations are an external migrator's: what its templates may ask of each, and
 * whether it has that. A fleet is either of such tenants, of one migrator, or of none: revisions
 * and migrations have no common order.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "base/template.h"
#include "config/config.h"
#include "db/exec.h"
#include "db/server.h"
#include "fleet/draft.h"

/* --- who they are --- */

int exec_add_servers(struct fleet *fleet, const struct config *config, struct error *e)
{
    for (size_t i = 0; i < config->n_execs; i++) {
        const struct exec_block *block = &config->execs[i];
        struct exec *exec = arena_alloc(&fleet->arena, sizeof *exec);
        struct server *server = &fleet->servers[fleet->n_servers++];

        if (!exec)
            return error_oom(e);
        exec->block = *block;
        *server = (struct server){.name = block->name,
                                  .engine = ENGINE_EXEC,
                                  .url = "",
                                  .shown = "a command",
                                  .max_parallel = block->max_parallel,
                                  .line = block->line,
                                  .exec = exec};
    }
    return E_OK;
}

static uint32_t server_of(const struct fleet *fleet, const char *name)
{
    uint32_t i = 0;

    while (!fleet->servers[i].exec || !str_same(fleet->servers[i].name, name))
        i++; /* the configuration was checked: it is there */
    return i;
}

/* In a later process, in another folder, it must be the same place. */
static int make_absolute(struct draft *draft, struct tenant *t, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    CLEANUP_FREE char *here = t->path[0] == '/' ? NULL : getcwd(NULL, 0);

    if (t->path[0] == '/')
        return E_OK;
    if (!here)
        return error_errno(e, E_INVALID, "find", "the working folder");
    path_join(&path, here, t->path);
    t->path = str_copy(&path, draft->arena);
    return t->path ? E_OK : error_oom(e);
}

int exec_take(struct draft *draft, struct tenant *t, struct error *e)
{
    bool file = t->engine == ENGINE_SQLITE;

    t->lives_on = file ? 0 : t->server + 1;
    t->engine = ENGINE_EXEC;
    t->server = server_of(draft->fleet, draft->source->exec);
    t->beside = 0;
    if (!file)
        return E_OK;
    t->database = "";
    return t->placeless ? E_OK : make_absolute(draft, t, e);
}

/* --- a url --- */

static void add_encoded(struct str *out, const char *text)
{
    for (; *text; text++)
        if (strchr("-._~", *text) || (*text >= '0' && *text <= '9') ||
            (*text >= 'A' && *text <= 'Z') || (*text >= 'a' && *text <= 'z'))
            str_addc(out, *text);
        else
            str_addf(out, "%%%02X", (unsigned char)*text);
}

/* user, and the password that the configuration keeps elsewhere; behind them the host. */
static const char *add_authority(struct str *out, const char *at, const char *password, bool *given)
{
    size_t n = strcspn(at, "/?#");
    const char *host = memrchr(at, '@', n);

    if (!host) {
        str_addn(out, at, n);
        return at + n;
    }
    str_addn(out, at, (size_t)(host - at));
    if (password && !memchr(at, ':', (size_t)(host - at))) {
        str_addc(out, ':');
        add_encoded(out, password);
    }
    *given = true;
    str_addn(out, host, n - (size_t)(host - at));
    return at + n;
}

/* The server's url, with this database, and with the scheme that most libraries know. */
static void add_url(struct str *out, const struct server *server, const char *database)
{
    const char *at = strstr(server->url, "://"), *query;
    bool given = false;

    if (!at)
        return;
    str_add(out, server->engine == ENGINE_POSTGRES ? "postgresql://" : "mysql://");
    at = add_authority(out, at + 3, server->password, &given);
    str_addc(out, '/');
    add_encoded(out, database);
    query = strchr(at, '?');
    str_add(out, query ? query : "");
    if (server->password && !given) {
        str_add(out, query ? "&password=" : "?password=");
        add_encoded(out, server->password);
    }
}

/* --- values --- */

struct giving {
    struct arena *arena;
    struct exec_tenant *to;
    bool failed;
};

static void give(struct giving *g, const char *name, const char *text)
{
    if (!text || !text[0])
        return;
    for (size_t i = 0; i < g->to->n; i++)
        if (str_same(g->to->values[i].name, name))
            return;
    g->to->values[g->to->n++] = (struct exec_value){name, text};
}

static void note_secret(struct giving *g, const char *url)
{
    const char *password;
    size_t n = server_password(url, &password);

    if (!n)
        return;
    g->to->secrets[1] = arena_copyn(g->arena, password, n);
    g->failed = g->failed || !g->to->secrets[1];
}

static void give_url(struct giving *g, const struct fleet *fleet, const struct tenant *t)
{
    CLEANUP_STR struct str url = STR_INIT;
    const char *copy;

    if (t->lives_on)
        add_url(&url, &fleet->servers[t->lives_on - 1], t->database);
    else if (!t->placeless)
        str_addf(&url, "sqlite:///%s", t->path);
    copy = str_copy(&url, g->arena);
    if (copy && t->lives_on)
        note_secret(g, copy);
    g->failed = g->failed || !copy;
    give(g, "url", copy);
}

enum { OWN_VALUES = 5 };

static bool give_all(struct fleet *fleet, const struct tenant *t, struct exec_tenant *to)
{
    struct giving g = {&fleet->arena, to, false};

    *to = (struct exec_tenant){.id = t->id};
    to->values = arena_array(g.arena, OWN_VALUES + t->n_labels, sizeof *to->values);
    if (!to->values)
        return false;
    if (t->lives_on)
        to->secrets[0] = fleet->servers[t->lives_on - 1].password;
    give(&g, "id", t->id);
    if (!t->lives_on && !t->placeless)
        give(&g, "path", t->path);
    give_url(&g, fleet, t);
    give(&g, "database", t->database);
    give(&g, "schema", t->schema);
    for (size_t i = 0; i < t->n_labels; i++)
        give(&g, t->labels[i].key, t->labels[i].value);
    return !g.failed;
}

/* --- do templates find what they ask for? --- */

struct asking {
    const struct exec_tenant *tenant; /* NULL: for none */
    bool moves;                       /* it has a target */
};

static const char *value_of(void *ctx, const char *name, size_t len)
{
    const struct asking *a = ctx;
    const struct exec_tenant *t = a->tenant;

    if (exec_is_own_name(name, len)) /* also where a label is called so */
        return a->moves ? "" : NULL;
    for (size_t i = 0; t && i < t->n; i++)
        if (strlen(t->values[i].name) == len && memcmp(t->values[i].name, name, len) == 0)
            return t->values[i].text;
    return NULL;
}

static int check_list(const struct exec *exec, const char *option, const char **list,
                      struct exec_tenant *t, struct error *e)
{
    struct asking asking = {t, t && !str_same(option, "current")};

    for (; list && *list; list++) {
        CLEANUP_ERROR struct error why = ERROR_INIT;
        CLEANUP_STR struct str out = STR_INIT;
        int r = template_expand(*list, value_of, &asking, &out, &why);

        if (r == E_OK)
            continue;
        error_set(e, r, "'%.100s' in %s of exec \"%.60s\": %.150s", *list, option, exec->block.name,
                  why.message);
        if (t)
            error_tenant(e, t->id);
        error_at(e, exec->block.file, exec->block.line);
        error_hint(e, "%s",
                   t ? "a tenant has id, url, database, schema or path, and its labels; up "
                       "and down have target and revision"
                     : "revisions runs once, for no tenant");
        return r;
    }
    return E_OK;
}

static int check_tenant(const struct exec *exec, struct exec_tenant *t, struct error *e)
{
    int r = check_list(exec, "up", exec->block.up, t, e);

    if (r == E_OK)
        r = check_list(exec, "down", exec->block.down, t, e);
    if (r == E_OK)
        r = check_list(exec, "current", exec->block.current, t, e);
    return r == E_OK ? check_list(exec, "environment", exec->block.environment, t, e) : r;
}

/* --- */

static int refuse_mix(const struct config *config, const struct tenant *a, const struct tenant *b,
                      struct error *e)
{
    error_set(e, E_INVALID, "tenants of an external migrator and others in one fleet: %s and %s",
              a->id, b->id);
    error_at(e, config->file, 0);
    error_hint(e, "write a configuration for each, with a state folder of its own, and name it "
                  "with -c");
    return E_INVALID;
}

static bool is_alike(const struct tenant *a, const struct tenant *b)
{
    return (a->engine == ENGINE_EXEC) == (b->engine == ENGINE_EXEC) &&
           (a->engine != ENGINE_EXEC || a->server == b->server);
}

static int name_locks(struct fleet *fleet, const struct config *config, struct exec *exec,
                      struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT, all = STR_INIT;
    CLEANUP_FREE char *here = getcwd(NULL, 0);

    if (!here)
        return error_errno(e, E_INVALID, "find", "the working folder");
    path_join(&path, here, config->state);
    path_join(&all, str_text(&path), "exec");
    exec->locks = str_ok(&path) ? str_copy(&all, &fleet->arena) : NULL;
    return exec->locks ? E_OK : error_oom(e);
}

static int fill(struct fleet *fleet, struct exec *exec, struct error *e)
{
    int r = check_list(exec, "revisions", exec->block.revisions, NULL, e);

    exec->tenants = arena_array(&fleet->arena, fleet->n, sizeof *exec->tenants);
    if (!exec->tenants)
        return error_oom(e);
    for (; r == E_OK && exec->n < fleet->n; exec->n++) {
        struct exec_tenant *to = &exec->tenants[exec->n];

        r = give_all(fleet, fleet->by_id[exec->n], to) ? check_tenant(exec, to, e) : error_oom(e);
    }
    return r;
}

/* All tenants are known, and in the order of their ids. */
int exec_finish(struct fleet *fleet, const struct config *config, struct error *e)
{
    struct exec *exec;
    int r;

    for (size_t i = 1; i < fleet->n; i++)
        if (!is_alike(&fleet->tenants[0], &fleet->tenants[i]))
            return refuse_mix(config, &fleet->tenants[0], &fleet->tenants[i], e);
    if (!fleet->n || fleet->tenants[0].engine != ENGINE_EXEC)
        return E_OK;
    exec = fleet->servers[fleet->tenants[0].server].exec;
    r = name_locks(fleet, config, exec, e);
    return r == E_OK ? fill(fleet, exec, e) : r;
}
