/*
 * A folder of migrations, names and contents ("==> NAME", then the file), is read for each engine,
 * or refused with the file that is wrong. What is read has versions that ascend, names that are
 * those of files, and sections whose canonical texts read as the same scripts.
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

    PROMISE(script_parse(arena, script->engine, "again", script->text, &again, NULL) == E_OK &&
                str_same(again.hash, script->hash) && again.n == script->n,
            "a canonical text reads as its script");
}

static bool has_file(const struct source *source, const struct migration *m, const char *ending)
{
    CLEANUP_STR struct str path = STR_INIT;

    str_addf(&path, "%s/%s_%s%s", source->dir, m->digits, m->name, ending);
    return access(str_text(&path), F_OK) == 0;
}

static bool has_own_file(const struct source *source, const struct migration *m)
{
    CLEANUP_STR struct str whole = STR_INIT, up = STR_INIT;

    str_addf(&whole, ".%s.sql", engine_name(source->engine));
    str_addf(&up, ".%s.up.sql", engine_name(source->engine));
    return has_file(source, m, str_text(&whole)) || has_file(source, m, str_text(&up));
}

/* An ending may be spelled in capitals; then the name is not looked for. */
static bool is_named_plainly(const struct script *script)
{
    return str_ends(script->file, ".sql") && !strpbrk(path_base(script->file), "SQLITEUPDOWNMYPGR");
}

static void check_migration(const struct source *source, const struct migration *m, uint64_t before)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;

    PROMISE(m->version > before, "versions ascend, from 1 on");
    PROMISE(m->digits[0] && m->name[0], "a migration has digits and a name");
    PROMISE(source_find(source, m->version) == m, "a migration is found by its version");
    PROMISE(!is_named_plainly(&m->up) || has_file(source, m, ".sql") ||
                has_file(source, m, ".up.sql") || has_own_file(source, m),
            "a migration has the name of its file");
    check_script(&arena, &m->up);
    if (m->down)
        check_script(&arena, m->down);
}

static void check_for(enum engine_kind engine, const char *dir)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct source source;

    if (source_read(dir, engine, &source, &e) != E_OK) {
        PROMISE(e.code == E_INVALID || e.code == E_POLICY, "a folder is wrong, or a policy is");
        PROMISE(e.message[0] && e.file, "what is refused says why, and where");
        return;
    }
    for (size_t i = 0; i < source.n; i++)
        check_migration(&source, &source.migrations[i], i ? source.migrations[i - 1].version : 0);
    source_free(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str dir = STR_INIT;

    place_path(&dir, "m");
    place_fill(str_text(&dir), data, size);
    for (enum engine_kind engine = ENGINE_SQLITE; engine < ENGINE_EXEC; engine++)
        check_for(engine, str_text(&dir));
    return 0;
}
