#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "source/listing.h"
#include "source/migration.h"

/* The down section is not begun here: an empty one would mean "undoing it does nothing". */
static const char template[] =
    "-- lockstep:up\n"
    "\n"
    "\n"
    "-- What undoes it goes below a line of its own that says \"-- lockstep:down\". Without that\n"
    "-- line the migration cannot be undone; with nothing below it, undoing it does nothing.\n";

static int refuse_name(const char *name, struct error *e)
{
    error_set(e, E_INVALID, "\"%s\" cannot be the name of a migration", name);
    error_hint(e, "use letters, digits, blanks, \"_\", \"-\" and \".\"; not .sql, .up, .down or "
                  "an engine at the end");
    return E_INVALID;
}

/* Appends the name as it stands in the file name: blanks become underscores. */
static int add_name(struct str *file, const char *name, struct error *e)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";

    size_t len = strlen(name);

    if (!name[0] || str_ends(name, ".up") || str_ends(name, ".down") || str_ends(name, ".sql") ||
        listing_cut_engine(name, &len) != ANY_ENGINE)
        return refuse_name(name, e);
    for (const char *at = name; *at; at++) {
        if (*at != ' ' && (unsigned char)*at < 0x80 && !strchr(letters, *at))
            return refuse_name(name, e);
        str_addc(file, *at == ' ' ? '_' : *at);
    }
    return E_OK;
}

/* Appends "NNN_": the highest version + 1, as wide as the highest is written. */
static int add_version(struct str *file, const struct listing *l, struct error *e)
{
    const struct source_file *last = l->n > 0 ? &l->files[l->n - 1] : NULL;
    int width = last ? (int)strlen(last->digits) : 3;
    char digits[32];

    snprintf(digits, sizeof digits, "%0*llu", width,
             last ? (unsigned long long)last->version + 1 : 1ULL);
    if (strlen(digits) > 18) {
        error_set(e, E_INVALID, "no version is left above %s", last ? last->path : "");
        return E_INVALID;
    }
    str_addf(file, "%s_", digits);
    return E_OK;
}

/* Appends the whole path of the new file. */
static int choose_path(const char *dir, const char *name, struct str *path, struct error *e)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_LISTING struct listing listing = {0};
    CLEANUP_STR struct str file = STR_INIT;
    int r = listing_read(dir, &arena, &listing, e);

    if (r == E_MISSING) { /* then it will be the first one */
        if (e)
            error_clear(e);
        r = E_OK;
    }
    if (r == E_OK)
        r = add_version(&file, &listing, e);
    if (r == E_OK)
        r = add_name(&file, name, e);
    if (r != E_OK)
        return r;
    path_join(path, dir, str_text(&file));
    str_add(path, ".sql");
    return str_ok(&file) && str_ok(path) ? E_OK : error_oom(e);
}

int source_new(const char *dir, const char *name, char **path, struct error *e)
{
    CLEANUP_STR struct str full = STR_INIT;
    int r = choose_path(dir, name, &full, e);

    *path = NULL;
    if (r == E_OK)
        r = dir_make(dir, 0777, e);
    if (r == E_OK)
        r = file_create(str_text(&full), 0644, template, sizeof template - 1, e);
    if (r != E_OK)
        return r;
    r = dir_sync(dir, e);
    if (r == E_OK && !(*path = str_take(&full)))
        r = error_oom(e);
    if (r != E_OK)
        unlink(str_text(&full)); /* so that it can be repeated, under the same number */
    return r;
}
