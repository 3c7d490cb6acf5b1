#include "source/listing.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <utf8proc.h>

#include "base/error.h"
#include "base/file.h"
#include "base/number.h"
#include "base/str.h"

enum { MOST_DIGITS = 18 };

/* Cuts the ending off a name of *len bytes; file systems may not tell upper from lower case. */
static bool cut_ending(const char *name, size_t *len, const char *ending)
{
    size_t n = strlen(ending);

    if (*len < n || strncasecmp(name + *len - n, ending, n) != 0)
        return false;
    *len -= n;
    return true;
}

/* A command of the user's has no dialect: what it runs is not SQL of ours. */
enum engine_kind listing_cut_engine(const char *name, size_t *len)
{
    for (enum engine_kind engine = ENGINE_SQLITE; engine < ENGINE_EXEC; engine++) {
        char ending[16];

        snprintf(ending, sizeof ending, ".%s", engine_name(engine));
        if (cut_ending(name, len, ending))
            return engine;
    }
    return ANY_ENGINE;
}

/* Is it text that can be shown: UTF-8, no control characters? */
static bool is_plain(const char *name, size_t len)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)name;

    while (len > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t n = utf8proc_iterate(at, (utf8proc_ssize_t)len, &c);

        if (n <= 0 || c < 0x20 || c == 0x7f)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static int bad_name(const char *path, struct error *e, const char *message, const char *hint)
{
    error_set(e, E_INVALID, "%s", message);
    error_at(e, path, 0);
    error_hint(e, "%s", hint);
    return E_INVALID;
}

/* Fills file from its name, which ends in .sql. */
static int parse_name(const char *path, struct arena *arena, struct source_file *file,
                      struct error *e)
{
    const char *base = path_base(path);
    size_t len = strlen(base), digits = strspn(base, "0123456789");

    file->path = path;
    cut_ending(base, &len, ".sql");
    file->form = cut_ending(base, &len, ".up")     ? FORM_UP
                 : cut_ending(base, &len, ".down") ? FORM_DOWN
                                                   : FORM_WHOLE;
    file->engine = listing_cut_engine(base, &len);
    if (digits == 0 || digits > MOST_DIGITS || len < digits + 2 || base[digits] != '_' ||
        !is_plain(base, len))
        return bad_name(path, e, "not the name of a migration",
                        "name it NNN_name.sql, or NNN_name.up.sql and NNN_name.down.sql, with NNN "
                        "of 1 to 18 digits; or move it elsewhere");
    file->digits = arena_copyn(arena, base, digits);
    file->name = arena_copyn(arena, base + digits + 1, len - digits - 1);
    if (!file->digits || !file->name)
        return error_oom(e);
    base = file->digits;
    if (!number_read(&base, &file->version) || file->version == 0)
        return bad_name(path, e, "version 0 stands for a tenant without migrations",
                        "count migrations from 1");
    return E_OK;
}

static int compare_files(const void *a, const void *b)
{
    const struct source_file *x = a, *y = b;

    if (x->version != y->version)
        return x->version < y->version ? -1 : 1;
    if (x->engine != y->engine)
        return x->engine < y->engine ? -1 : 1;
    if (x->form != y->form)
        return x->form < y->form ? -1 : 1;
    return strcmp(x->path, y->path);
}

static int compare_paths(const void *a, const void *b)
{
    const struct source_file *x = a, *y = b;

    return strcmp(x->path, y->path);
}

/* Hidden files (editors' locks and copies) are not migrations, whatever their ending. */
static bool is_sql(const char *name)
{
    size_t len = strlen(name);

    return name[0] != '.' && cut_ending(name, &len, ".sql");
}

static int add_file(const char *dir, const char *name, struct arena *arena, struct listing *l,
                    struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;

    path_join(&path, dir, name);
    if (!str_ok(&path) || !array_room(&l->files, l->n, &l->cap, sizeof *l->files))
        return error_oom(e);
    l->files[l->n] = (struct source_file){.path = str_copy(&path, arena)};
    if (!l->files[l->n].path)
        return error_oom(e);
    l->n++;
    return E_OK;
}

static int list_folder(const char *dir, struct arena *arena, struct listing *l, struct error *e)
{
    DIR *d = opendir(dir);
    struct dirent *entry;
    int r = E_OK, sys;

    if (!d)
        return error_errno(e, errno == ENOENT ? E_MISSING : E_INVALID, "open the migrations", dir);
    while (r == E_OK && (errno = 0, entry = readdir(d)))
        if (is_sql(entry->d_name))
            r = add_file(dir, entry->d_name, arena, l, e);
    sys = errno;
    closedir(d);
    errno = sys;
    if (r == E_OK && sys != 0)
        return error_errno(e, E_INVALID, "list the migrations", dir);
    return r;
}

int listing_read(const char *dir, struct arena *arena, struct listing *listing, struct error *e)
{
    int r;

    *listing = (struct listing){0};
    r = list_folder(dir, arena, listing, e);
    if (listing->n > 0) /* the first bad name by the alphabet is the one reported */
        qsort(listing->files, listing->n, sizeof *listing->files, compare_paths);
    for (size_t i = 0; i < listing->n && r == E_OK; i++)
        r = parse_name(listing->files[i].path, arena, &listing->files[i], e);
    if (r != E_OK)
        listing_free(listing);
    else if (listing->n > 0)
        qsort(listing->files, listing->n, sizeof *listing->files, compare_files);
    return r;
}

void listing_free(struct listing *listing)
{
    free(listing->files);
    *listing = (struct listing){0};
}
