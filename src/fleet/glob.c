/*
 * A glob is walked component by component. A component without wildcard is appended unseen; one
 * with a wildcard lists its folder once. No file is looked at: the listing tells what lies beside
 * it (SQLite's -wal and -journal) and whether it is a plain file.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

struct walk {
    struct draft *draft;
    struct str path; /* what is matched so far; ends with a slash or is empty */
    size_t fixed;    /* length of the fixed prefix: an id is what comes behind it */
    bool fixed_known;
    const char *origin; /* "glob tenants/..." */
};

/* What one listing gave. */
struct names {
    char **list; /* owned, each too */
    size_t n, cap;
};

static int walk_rest(struct walk *w, const char *rest, struct error *e);

static void names_free(struct names *names)
{
    for (size_t i = 0; i < names->n; i++)
        free(names->list[i]);
    free(names->list);
}

static int names_add(struct names *names, const char *name, size_t len, struct error *e)
{
    char *copy;

    if (!array_room(&names->list, names->n, &names->cap, sizeof *names->list) ||
        !(copy = strndup(name, len)))
        return error_oom(e);
    names->list[names->n++] = copy;
    return E_OK;
}

/* Is there a wildcard in the component's len bytes? A backslash takes a character's meaning. */
static bool has_wildcard(const char *component, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (component[i] == '\\')
            i++;
        else if (strchr("*?[", component[i]))
            return true;
    }
    return false;
}

static void add_unescaped(struct str *path, const char *component, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (component[i] == '\\' && i + 1 < len)
            i++;
        str_addc(path, component[i]);
    }
}

static void cut_path(struct walk *w, size_t len)
{
    if (!str_ok(&w->path))
        return;
    w->path.len = len;
    if (w->path.data)
        w->path.data[len] = '\0';
}

/* Length of an id's text: without the extension of its last component. */
static size_t id_length(const char *id)
{
    const char *base = path_base(id), *dot = strrchr(base, '.');

    return dot && dot != base ? (size_t)(dot - id) : strlen(id);
}

/* The path, as it stands, is a tenant. */
static int add_tenant(struct walk *w, unsigned beside, struct error *e)
{
    struct arena *arena = w->draft->arena;
    struct tenant tenant = {.origin = w->origin, .beside = beside};

    if (!str_ok(&w->path))
        return error_oom(e);
    tenant.path = arena_copyn(arena, w->path.data, w->path.len);
    if (!tenant.path)
        return error_oom(e);
    tenant.id = tenant.path + w->fixed;
    if (tenant.id[id_length(tenant.id)])
        tenant.id = arena_copyn(arena, tenant.id, id_length(tenant.id));
    return tenant.id ? draft_add(w->draft, &tenant, e) : error_oom(e);
}

/* Opens the folder walked to; *d stays NULL where there is none, which matches nothing. */
static int open_folder(struct walk *w, DIR **d, struct error *e)
{
    const char *path = w->path.len > 0 ? str_text(&w->path) : ".";

    if (!str_ok(&w->path))
        return error_oom(e);
    *d = opendir(path);
    if (*d || errno == ENOENT || errno == ENOTDIR)
        return E_OK;
    error_errno(e, errno == ENOMEM ? E_NOMEM : E_INVALID, "list the folder", path);
    error_hint(e, "it was reached by the %s", w->origin);
    return errno == ENOMEM ? E_NOMEM : E_INVALID;
}

/* The next entry; NULL at the end, or with *r set. */
static struct dirent *next_entry(struct walk *w, DIR *d, int *r, struct error *e)
{
    struct dirent *entry;

    errno = 0;
    entry = readdir(d);
    if (!entry && errno != 0)
        *r = error_errno(e, E_INVALID, "list the folder", str_text(&w->path));
    return entry;
}

/* A link's side files lie beside what it leads to, so the listing says nothing about them. */
static unsigned beside_of(const struct dirent *entry)
{
    return entry->d_type == DT_REG ? 0 : BESIDE_UNKNOWN;
}

static int compare_paths(const void *a, const void *b)
{
    const struct tenant *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* The tenants from `first` on share the folder walked to; sides are the names of side files there.
 */
static int note_sides(struct walk *w, size_t first, const struct names *sides, struct error *e)
{
    size_t n = w->draft->n - first, base = w->path.len;
    struct tenant *tenants;

    if (n == 0 || sides->n == 0)
        return E_OK;
    tenants = w->draft->list + first; /* of no tenants there is no list to count from */
    qsort(tenants, n, sizeof *tenants, compare_paths);
    for (size_t i = 0; i < sides->n; i++) {
        bool wal = str_ends(sides->list[i], "-wal");
        size_t len = strlen(sides->list[i]) - strlen(wal ? "-wal" : "-journal");
        struct tenant key, *found;

        str_addn(&w->path, sides->list[i], len);
        if (!str_ok(&w->path))
            return error_oom(e);
        key.path = str_text(&w->path);
        found = bsearch(&key, tenants, n, sizeof *tenants, compare_paths);
        if (found)
            found->beside |= wal ? BESIDE_WAL : BESIDE_JOURNAL;
        cut_path(w, base);
    }
    return E_OK;
}

/* One entry of the last folder: a tenant, a side file, or neither. */
static int take_entry(struct walk *w, const char *component, const struct dirent *entry,
                      struct names *sides, struct error *e)
{
    size_t base = w->path.len;
    int r;

    if (is_side_file(entry->d_name)) {
        if (str_ends(entry->d_name, "-wal") || str_ends(entry->d_name, "-journal"))
            return names_add(sides, entry->d_name, strlen(entry->d_name), e);
        return E_OK;
    }
    if (fnmatch(component, entry->d_name, FNM_PERIOD) != 0 || strcmp(entry->d_name, ".") == 0 ||
        strcmp(entry->d_name, "..") == 0)
        return E_OK;
    str_add(&w->path, entry->d_name);
    r = add_tenant(w, beside_of(entry), e);
    cut_path(w, base);
    return r;
}

static int match_last(struct walk *w, const char *component, struct error *e)
{
    __attribute__((cleanup(names_free))) struct names sides = {0};
    size_t first = w->draft->n;
    struct dirent *entry;
    DIR *d = NULL;
    int r = open_folder(w, &d, e);

    if (r != E_OK || !d)
        return r;
    while (r == E_OK && (entry = next_entry(w, d, &r, e)))
        r = take_entry(w, component, entry, &sides, e);
    closedir(d);
    return r == E_OK ? note_sides(w, first, &sides, e) : r;
}

static bool may_be_folder(const struct dirent *entry)
{
    return (entry->d_type == DT_DIR || entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) &&
           strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* Folders that match, listed before any of them is entered: one open folder at a time. */
static int list_folders(struct walk *w, const char *component, struct names *folders,
                        struct error *e)
{
    struct dirent *entry;
    DIR *d = NULL;
    int r = open_folder(w, &d, e);

    if (r != E_OK || !d)
        return r;
    while (r == E_OK && (entry = next_entry(w, d, &r, e)))
        if (may_be_folder(entry) && fnmatch(component, entry->d_name, FNM_PERIOD) == 0)
            r = names_add(folders, entry->d_name, strlen(entry->d_name), e);
    closedir(d);
    return r;
}

static int match_folders(struct walk *w, const char *component, const char *rest, struct error *e)
{
    __attribute__((cleanup(names_free))) struct names folders = {0};
    size_t base = w->path.len;
    int r = list_folders(w, component, &folders, e);

    for (size_t i = 0; i < folders.n && r == E_OK; i++) {
        str_add(&w->path, folders.list[i]);
        str_addc(&w->path, '/');
        r = walk_rest(w, rest, e);
        cut_path(w, base);
    }
    return r;
}

static int match_wildcard(struct walk *w, const char *component, size_t len, const char *rest,
                          struct error *e)
{
    CLEANUP_STR struct str copy = STR_INIT;

    str_addn(&copy, component, len);
    if (!str_ok(&copy))
        return error_oom(e);
    if (!w->fixed_known) {
        w->fixed = w->path.len;
        w->fixed_known = true;
    }
    return *rest ? match_folders(w, str_text(&copy), rest, e) : match_last(w, str_text(&copy), e);
}

/* A last component without wildcard: a tenant if something of that name is there, even a link that
 * leads nowhere (whoever opens it says so). */
static int match_name(struct walk *w, const char *component, size_t len, struct error *e)
{
    size_t base = w->path.len;
    struct stat st;
    int r = E_OK;

    if (!w->fixed_known)
        w->fixed = base;
    add_unescaped(&w->path, component, len);
    if (!str_ok(&w->path))
        return error_oom(e);
    if (lstat(str_text(&w->path), &st) == 0)
        r = is_side_file(path_base(str_text(&w->path))) ? side_file_refused(str_text(&w->path), e)
                                                        : add_tenant(w, BESIDE_UNKNOWN, e);
    else if (errno != ENOENT && errno != ENOTDIR)
        r = error_errno(e, E_INVALID, "look at", str_text(&w->path));
    cut_path(w, base);
    return r;
}

static int walk_rest(struct walk *w, const char *rest, struct error *e)
{
    size_t len = strcspn(rest, "/"), base = w->path.len;
    const char *behind = rest + len + strspn(rest + len, "/");
    int r;

    if (has_wildcard(rest, len))
        return match_wildcard(w, rest, len, behind, e);
    if (!*behind)
        return match_name(w, rest, len, e);
    add_unescaped(&w->path, rest, len);
    str_addc(&w->path, '/');
    r = walk_rest(w, behind, e);
    cut_path(w, base);
    return r;
}

int glob_tenants(struct draft *draft, struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;
    const char *pattern = draft->source->place;
    struct walk w = {.draft = draft};
    int r;

    if (!pattern[0] || str_ends(pattern, "/")) {
        error_set(e, E_INVALID, "the glob \"%s\" names a folder, not its files", pattern);
        error_hint(e, "write \"%s*.db\"", pattern);
        return E_INVALID;
    }
    str_addf(&origin, "glob %s", pattern);
    w.origin = str_copy(&origin, draft->arena);
    if (!w.origin)
        return error_oom(e);
    if (pattern[0] == '/')
        str_addc(&w.path, '/');
    r = walk_rest(&w, pattern + strspn(pattern, "/"), e);
    str_free(&w.path);
    return r;
}
