#include "config/config.h"

#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "config/parse.h"

static const char default_file[] = "lockstep.conf";
enum { LARGEST_FILE = 16 * 1024 * 1024 };

static int no_file(int r, const char *path, struct error *e)
{
    if (e && r != E_NOMEM)
        e->code = r = E_INVALID;
    error_at(e, path, 0);
    error_hint(e, "name another one with -c, or make one with \"lockstep init\"");
    return r == E_NOMEM ? r : E_INVALID;
}

int config_read(const char *path, struct config *config, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT, dir = STR_INIT;
    const char *file = path ? path : default_file;
    int r;

    *config = (struct config){0};
    r = file_read(file, LARGEST_FILE, &text, e);
    if (r == E_MISSING && !path) {
        if (e)
            error_clear(e);
        return config_parse(".", NULL, config, e);
    }
    if (r != E_OK)
        return no_file(r, file, e);
    path_dir(&dir, file);
    config->file = arena_copy(&config->arena, file);
    r = str_ok(&dir) && config->file ? config_parse(str_text(&dir), &text, config, e)
                                     : error_oom(e);
    if (r != E_OK)
        config_free(config);
    return r;
}

/* Globs of the command line name the same kind of tenants as the file does. */
static const char *only_exec(const struct config *config)
{
    const char *exec = config->n_sources ? config->sources[0].exec : NULL;

    for (size_t i = 1; i < config->n_sources; i++)
        if (!str_same(config->sources[i].exec, exec))
            return NULL;
    return exec;
}

int config_override(struct config *config, const char *tenants, const char *migrations,
                    struct error *e)
{
    struct arena *arena = &config->arena;
    struct tenant_source *source;

    if ((tenants && !tenants[0]) || (migrations && !migrations[0]))
        return error_set(e, E_INVALID, "--tenants and --migrations need a value");
    if (migrations && !(config->migrations = arena_copy(arena, migrations)))
        return error_oom(e);
    if (!tenants)
        return E_OK;
    source = arena_alloc(arena, sizeof *source);
    if (source)
        *source = (struct tenant_source){.title = "tenants",
                                         .kind = SOURCE_GLOB,
                                         .place = arena_copy(arena, tenants),
                                         .exec = only_exec(config),
                                         .labels = arena_array(arena, 1, sizeof *source->labels)};
    if (!source || !source->place || !source->labels)
        return error_oom(e);
    config->sources = source;
    config->n_sources = 1;
    return E_OK;
}

void config_free(struct config *config)
{
    arena_free(&config->arena);
    *config = (struct config){0};
}
