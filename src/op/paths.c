#include "op/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"

static int enter(struct path_resolver *r, const char *dir, struct error *e)
{
    if (r->dir && str_same(r->dir, dir))
        return E_OK;
    path_resolver_free(r);
    r->real = realpath(dir, NULL);
    if (!r->real)
        return error_errno(e, E_REFUSED, "reach the folder", dir);
    r->dir = strdup(dir);
    return r->dir ? E_OK : error_oom(e);
}

int path_resolve(struct path_resolver *r, struct arena *arena, const char *path, char **real,
                 struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int outcome;

    path_dir(&text, path);
    outcome = str_ok(&text) ? enter(r, str_text(&text), e) : error_oom(e);
    if (outcome != E_OK)
        return outcome;
    str_reset(&text);
    path_join(&text, r->real, path_base(path));
    *real = str_copy(&text, arena);
    return *real ? E_OK : error_oom(e);
}

int path_follow(struct arena *arena, const char *path, char **real, struct error *e)
{
    char *resolved = realpath(path, NULL);

    if (!resolved && errno == ENOMEM)
        return error_oom(e);
    if (!resolved)
        return error_set(e, E_REFUSED, "is a link that leads nowhere");
    *real = arena_copy(arena, resolved);
    free(resolved);
    return *real ? E_OK : error_oom(e);
}

void path_resolver_free(struct path_resolver *r)
{
    free(r->dir);
    free(r->real);
    *r = (struct path_resolver){0};
}
