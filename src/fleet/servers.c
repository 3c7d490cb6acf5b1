/* The configuration's servers, with the passwords that it only names. */
#include <stdlib.h>

#include "base/engine.h"
#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "config/config.h"
#include "db/server.h"
#include "fleet/draft.h"

enum { LARGEST_PASSWORD = 65536 };

static int from_file(struct arena *arena, const char *file, const char **password, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = file_read(file, LARGEST_PASSWORD, &text, e);

    if (r != E_OK)
        return r;
    while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.data[--text.len] = '\0';
    *password = str_copy(&text, arena);
    return *password ? E_OK : error_oom(e);
}

static int from_environment(struct arena *arena, const char *name, const char **password,
                            struct error *e)
{
    const char *value = getenv(name);

    if (!value)
        return error_set(e, E_INVALID, "the environment has no %s", name);
    *password = arena_copy(arena, value);
    return *password ? E_OK : error_oom(e);
}

static int read_password(struct arena *arena, const struct server_block *block,
                         struct server *server, struct error *e)
{
    if (block->password_file)
        return from_file(arena, block->password_file, &server->password, e);
    if (block->password_env)
        return from_environment(arena, block->password_env, &server->password, e);
    return E_OK;
}

static int make(struct arena *arena, const struct server_block *block, struct server *server,
                struct error *e)
{
    *server = (struct server){
        .name = arena_copy(arena, block->name),
        .engine = engine_of_url(block->url),
        .url = arena_copy(arena, block->url),
        .shown = server_shown(arena, block->url),
        .defaults_file = arena_copy(arena, block->defaults_file),
        .as_written = block->as_written,
        .max_parallel = (uint32_t)block->max_parallel,
        .max_connections = (uint32_t)block->max_connections,
        .line = block->line,
    };
    if (!server->name || !server->url || !server->shown ||
        (block->defaults_file && !server->defaults_file))
        return error_oom(e);
    return read_password(arena, block, server, e);
}

int make_servers(struct fleet *fleet, const struct config *config, struct error *e)
{
    fleet->servers =
        arena_array(&fleet->arena, config->n_servers + config->n_execs, sizeof *fleet->servers);
    if (!fleet->servers)
        return error_oom(e);
    fleet->cap_servers = config->n_servers + config->n_execs;
    for (; fleet->n_servers < config->n_servers; fleet->n_servers++) {
        const struct server_block *block = &config->servers[fleet->n_servers];
        int r = make(&fleet->arena, block, &fleet->servers[fleet->n_servers], e);

        if (r == E_OK)
            continue;
        if (e && r > 0 && r != E_NOMEM)
            e->code = r = E_INVALID;
        error_at(e, config->file, block->line);
        return r;
    }
    return exec_add_servers(fleet, config, e);
}
