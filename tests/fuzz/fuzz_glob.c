/*
 * Globs of any text over a small tree: each is walked or refused. Every tenant that comes out is
 * there, under the tree, has an id, and is no side file; where the listing shows nothing beside it,
 * there is nothing.
 */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "config/option.h"
#include "fleet/draft.h"
#include "fuzz.h"

static const char tree[] = "==> a.db\n==> a.db-wal\n==> b.db\n==> b.db-journal\n==> .h.db\n"
                           "==> [x].db\n==> \\.db\n==> lockstep-1.super\n==> c\n==> -wal\n";

static void add_link(const char *name, const char *to)
{
    CLEANUP_STR struct str path = STR_INIT;

    place_path(&path, name);
    PROMISE(symlink(to, str_text(&path)) == 0, "a link is made");
}

static void make_tree(void)
{
    static const char *const folders[] = {"t", "t/u", "t/[v]", "t/.w"};

    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        CLEANUP_STR struct str dir = STR_INIT;

        place_path(&dir, folders[i]);
        place_fill(str_text(&dir), (const uint8_t *)tree, sizeof tree - 1);
    }
    add_link("t/link", "u");
    add_link("t/lost", "nowhere");
}

static bool beside(const char *path, const char *ending)
{
    CLEANUP_STR struct str side = STR_INIT;

    str_addf(&side, "%s%s", path, ending);
    return access(str_text(&side), F_OK) == 0;
}

static void check(const struct tenant *t)
{
    struct stat st;

    PROMISE(t->id[0], "a tenant has an id");
    PROMISE(str_starts(t->path, place()) && lstat(t->path, &st) == 0, "a tenant is there");
    PROMISE(!is_side_file(path_base(t->path)), "no side file is a tenant");
    PROMISE(t->beside || (!beside(t->path, "-wal") && !beside(t->path, "-journal")),
            "where nothing is shown beside a tenant there is nothing");
}

static void walk(const char *glob)
{
    static const char *labels[] = {NULL};
    const struct tenant_source source = {
        .title = "t", .kind = SOURCE_GLOB, .place = glob, .labels = labels};
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct draft draft = {.arena = &arena};

    PROMISE(draft_source(&draft, &source, NULL) == E_OK, "a source begins");
    if (glob_tenants(&draft, &e) != E_OK)
        PROMISE(e.code == E_INVALID && e.message[0], "what is refused says why");
    else
        for (size_t i = 0; i < draft.n; i++)
            check(&draft.list[i]);
    draft_free(&draft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_STR struct str text = STR_INIT, dir = STR_INIT;
    static bool made;

    text_of(data, size < 64 ? size : 64, &text);
    if (strstr(str_text(&text), "..") || str_text(&text)[0] == '/')
        return 0; /* it must not leave the tree */
    if (!made)
        make_tree();
    made = true;
    place_path(&dir, "t");
    walk(config_glob(&arena, str_text(&dir), str_text(&text)));
    return 0;
}
