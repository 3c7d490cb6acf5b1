/*
 * The deepest common folder, links resolved. A fleet can have a folder for each tenant, so a folder
 * costs one system call: its parent is known, only its own name has to be looked at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/index.h"
#include "base/str.h"
#include "fleet/draft.h"

struct folders {
    struct arena arena;
    const char **real; /* of each folder seen; in the arena */
    size_t n, cap;
    struct index by_path; /* the number of a folder; keys in the arena */
};

static const char *resolve(struct folders *folders, const char *path);

/* realpath of all of it, for what cannot be told from the parent. NULL: there is no such. */
static const char *whole(struct folders *folders, const char *path)
{
    CLEANUP_FREE char *real = realpath(path, NULL);

    return real ? arena_copy(&folders->arena, real) : NULL;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || !name[0];
}

static const char *from_parent(struct folders *folders, const char *path)
{
    CLEANUP_STR struct str parent = STR_INIT, real = STR_INIT;
    const char *above;

    path_dir(&parent, path);
    above = str_ok(&parent) ? resolve(folders, str_text(&parent)) : NULL;
    if (!above)
        return NULL;
    path_join(&real, above, path_base(path));
    return str_copy(&real, &folders->arena);
}

static const char *look(struct folders *folders, const char *path)
{
    const char *real = NULL;
    char link[1];

    errno = 0;
    if (is_dots(path_base(path)) || readlink(path, link, sizeof link) >= 0)
        real = whole(folders, path);
    /* a link that is there must not count as a folder of its own for want of memory */
    return real || errno == ENOMEM ? real : from_parent(folders, path);
}

static bool remember(struct folders *folders, const char *path, const char *real)
{
    const char *key = arena_copy(&folders->arena, path);

    if (!key || !array_room(&folders->real, folders->n, &folders->cap, sizeof real) ||
        index_add(&folders->by_path, key, strlen(key), (uint32_t)folders->n) != E_OK)
        return false;
    folders->real[folders->n++] = real;
    return true;
}

/* NULL only when out of memory, or when the working folder is gone. */
static const char *resolve(struct folders *folders, const char *path)
{
    const uint32_t *known = index_find(&folders->by_path, path, strlen(path));
    const char *real;

    if (known && *known < folders->n)
        return folders->real[*known];
    real = str_same(path, ".") || str_same(path, "/") ? whole(folders, path) : look(folders, path);
    return real && remember(folders, path, real) ? real : NULL;
}

/* Cuts root to what it has in common with real, at a slash. */
static void shrink(char *root, const char *real)
{
    size_t n = 0;

    while (root[n] && root[n] == real[n])
        n++;
    if ((!root[n] && (!real[n] || real[n] == '/')) || strcmp(root, "/") == 0)
        return;
    if (!(root[n] == '/' && !real[n]))
        while (n > 0 && root[n - 1] != '/')
            n--;
    while (n > 1 && root[n - 1] == '/')
        n--;
    root[n ? n : 1] = '\0';
}

static int shrink_by(struct folders *folders, const char *dir, char **root, struct error *e)
{
    const char *real = resolve(folders, dir);

    if (!real)
        return error_oom(e);
    if (!*root)
        *root = strdup(real);
    if (!*root)
        return error_oom(e);
    shrink(*root, real);
    return E_OK;
}

static int all_folders(const struct fleet *fleet, struct folders *folders, char **root,
                       struct error *e)
{
    CLEANUP_STR struct str dir = STR_INIT, last = STR_INIT;
    int r = E_OK;

    for (size_t i = 0; i < fleet->n && r == E_OK && !str_same(*root, "/"); i++) {
        struct str swap = last;

        if (fleet->tenants[i].engine != ENGINE_SQLITE)
            continue;
        last = dir;
        dir = swap;
        str_reset(&dir);
        path_dir(&dir, fleet->tenants[i].path);
        if (!str_ok(&dir))
            return error_oom(e);
        if (!*root || strcmp(str_text(&dir), str_text(&last)) != 0)
            r = shrink_by(folders, str_text(&dir), root, e);
    }
    if (r == E_OK && !*root)
        r = shrink_by(folders, ".", root, e);
    return r;
}

int find_root(struct fleet *fleet, struct error *e)
{
    struct folders folders = {0};
    char *root = NULL;
    int r = all_folders(fleet, &folders, &root, e);

    if (r == E_OK && !(fleet->root = arena_copy(&fleet->arena, root)))
        r = error_oom(e);
    index_free(&folders.by_path);
    free(folders.real);
    arena_free(&folders.arena);
    free(root);
    return r;
}
