/*
 * A folder of migrations, names and contents ("==> NAME", then the file), is read or refused with
 * the file that is wrong. What is read has versions that ascend, names that are those of files, and
 * sections whose canonical texts read as the same scripts.
 */
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "fuzz.h"
#include "source/migration.h"

static void check_script(struct arena *arena, const struct script *script)
{
    struct script again;

    PROMISE(script_parse(arena, "again", script->text, &again, NULL) == E_OK &&
                str_same(again.hash, script->hash) && again.n == script->n,
            "a canonical text reads as its script");
}

static bool has_file(const struct source *source, const struct migration *m, const char *ending)
{
    CLEANUP_STR struct str path = STR_INIT;

    str_addf(&path, "%s/%s_%s%s", source->dir, m->digits, m->name, ending);
    return access(str_text(&path), F_OK) == 0;
}

/* An ending may be spelled in capitals; then the name is not looked for. */
static bool is_named_plainly(const struct script *script)
{
    return str_ends(script->file, ".sql") && !strpbrk(path_base(script->file), "SQLUPDOWN");
}

static void check_migration(const struct source *source, const struct migration *m, uint64_t before)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;

    PROMISE(m->version > before, "versions ascend, from 1 on");
    PROMISE(m->digits[0] && m->name[0], "a migration has digits and a name");
    PROMISE(source_find(source, m->version) == m, "a migration is found by its version");
    PROMISE(!is_named_plainly(&m->up) || has_file(source, m, ".sql") ||
                has_file(source, m, ".up.sql"),
            "a migration has the name of its file");
    check_script(&arena, &m->up);
    if (m->down)
        check_script(&arena, m->down);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str dir = STR_INIT;
    struct source source;

    place_path(&dir, "m");
    place_fill(str_text(&dir), data, size);
    if (source_read(str_text(&dir), &source, &e) != E_OK) {
        PROMISE(e.code == E_INVALID || e.code == E_POLICY, "a folder is wrong, or a policy is");
        PROMISE(e.message[0] && e.file, "what is refused says why, and where");
        return 0;
    }
    for (size_t i = 0; i < source.n; i++)
        check_migration(&source, &source.migrations[i], i ? source.migrations[i - 1].version : 0);
    source_free(&source);
    return 0;
}
