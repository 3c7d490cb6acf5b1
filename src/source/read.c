/*
 * A folder becomes migrations in three steps: list the names (listing.c), pair them by version
 * (here), scan each file's sections into scripts (script.c).
 */
#include "source/migration.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <utf8proc.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "source/listing.h"
#include "source/script.h"

enum { LARGEST_FILE = 256 * 1024 * 1024 };

static int refuse_encoding(const char *path, const char *text, size_t len, struct error *e)
{
    unsigned line = 1;

    for (size_t at = 0; at < len;) {
        utf8proc_int32_t c = (unsigned char)text[at];
        utf8proc_ssize_t n = 1;

        if (c >= 0x80)
            n = utf8proc_iterate((const utf8proc_uint8_t *)text + at, (utf8proc_ssize_t)(len - at),
                                 &c);
        if (n <= 0) {
            error_set(e, E_INVALID, "not UTF-8 text");
            error_at(e, path, line);
            error_hint(e, "save the file as UTF-8");
            return E_INVALID;
        }
        line += c == '\n';
        at += (size_t)n;
    }
    return E_OK;
}

/* Whatever keeps a listed file from being read is an error in the input. */
static int read_text(const char *path, struct str *text, struct error *e)
{
    struct stat st;
    int r = E_OK;

    if (stat(path, &st) != 0)
        r = error_errno(e, E_INVALID, "read", path);
    else if (!S_ISREG(st.st_mode))
        r = error_set(e, E_INVALID, "this is %s, not a file",
                      S_ISDIR(st.st_mode) ? "a folder" : "a device or pipe");
    else
        r = file_read(path, LARGEST_FILE, text, e);
    if (r == E_OK)
        return refuse_encoding(path, str_text(text), text->len, e);
    if (r != E_NOMEM)
        r = E_INVALID;
    if (e)
        e->code = r;
    error_at(e, path, 0);
    error_hint(e, "make it a file that can be read, or move it elsewhere");
    return r;
}

/* The sections of one NNN_name.sql while it is read. */
struct sections {
    enum engine_kind engine;
    struct script_draft up, down;
    struct script_draft *current;
    bool up_seen, down_seen;
};

static void sections_drop(struct sections *s)
{
    script_drop(&s->up);
    script_drop(&s->down);
}

/* An up or down marker: begins its section, which a file has once. */
static int begin_section(struct sections *s, const struct sql_piece *piece, const char *file,
                         struct error *e)
{
    bool down = script_is_marker(piece, "down");
    bool *seen = down ? &s->down_seen : &s->up_seen;
    const char *wrong = NULL;

    if (piece->value_len > 0)
        wrong = "a section marker takes no value";
    else if (*seen)
        wrong = "this section was begun before";
    else if (!down && s->up.n > 0)
        wrong = "statements before the up section";
    else if (s->current->check_line)
        wrong = "no query follows the check before this section";
    else if (s->current->values_line)
        wrong = "no statement follows the values before this section";
    if (wrong) {
        error_set(e, E_INVALID, "%s", wrong);
        error_at(e, file, piece->line);
        error_hint(e, "a file has one \"-- lockstep:up\", which may be left out, and one "
                      "\"-- lockstep:down\"");
        return E_INVALID;
    }
    *seen = true;
    s->current = down ? &s->down : &s->up;
    return E_OK;
}

static int scan_sections(struct sections *s, const char *file, const struct str *text,
                         struct error *e)
{
    struct sql_piece piece;
    struct sql_scan scan;
    int r = E_OK;

    sql_scan_init(&scan, s->engine, str_text(text), text->len);
    while (r == E_OK) {
        r = sql_next(&scan, &piece, e);
        if (r != E_OK && e)
            error_at(e, file, e->line);
        if (r != E_OK || piece.kind == SQL_END)
            return r;
        if (script_is_marker(&piece, "up") || script_is_marker(&piece, "down"))
            r = begin_section(s, &piece, file, e);
        else
            r = script_take(s->current, &piece, e);
    }
    return r;
}

static int end_down(struct script_draft *draft, struct migration *m, struct error *e)
{
    m->down = arena_alloc(draft->arena, sizeof *m->down);
    return m->down ? script_end_down(draft, &m->up, m->down, e) : error_oom(e);
}

static int read_whole(struct source *source, const char *file, const struct str *text,
                      struct migration *m, struct error *e)
{
    __attribute__((cleanup(sections_drop))) struct sections s = {source->engine, .current = &s.up};
    int r = script_begin(&s.up, &source->arena, source->engine, file, e);

    if (r == E_OK)
        r = script_begin(&s.down, &source->arena, source->engine, file, e);
    if (r == E_OK)
        r = scan_sections(&s, file, text, e);
    if (r == E_OK)
        r = script_end(&s.up, &m->up, e);
    if (r == E_OK && s.down_seen)
        r = end_down(&s.down, m, e);
    return r;
}

/* NNN_name.up.sql, or .down.sql: one section, the down after its up. */
static int read_half(struct source *source, const struct source_file *file, const struct str *text,
                     struct migration *m, struct error *e)
{
    CLEANUP_DRAFT struct script_draft draft = {0};
    int r = script_begin(&draft, &source->arena, source->engine, file->path, e);

    if (r == E_OK)
        r = script_take_all(&draft, str_text(text), text->len, e);
    if (r != E_OK)
        return r;
    return file->form == FORM_DOWN ? end_down(&draft, m, e) : script_end(&draft, &m->up, e);
}

/* One file into its part of the migration. */
static int read_file(struct source *source, const struct source_file *file, struct migration *m,
                     struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT;
    int r = read_text(file->path, &text, e);

    if (r != E_OK)
        return r;
    return file->form == FORM_WHOLE ? read_whole(source, file->path, &text, m, e)
                                    : read_half(source, file, &text, m, e);
}

static int clash(const struct source_file *a, const struct source_file *b, struct error *e)
{
    error_set(e, E_POLICY, "version %llu is given twice, also by %s",
              (unsigned long long)a->version, b->path);
    error_at(e, a->path, 0);
    error_hint(e, "give one of the two files a version of its own");
    return E_POLICY;
}

static int lonely_down(const struct source_file *down, const struct source_file *up,
                       struct error *e)
{
    if (up)
        error_set(e, E_INVALID, "this down belongs to no up: version %llu is %s",
                  (unsigned long long)down->version, up->path);
    else
        error_set(e, E_INVALID, "this down belongs to no up");
    error_at(e, down->path, 0);
    error_hint(e, "a pair has one name: NNN_name.up.sql and NNN_name.down.sql");
    return E_INVALID;
}

/* files[0, n) share a version and are sorted by form: an up form, then at most one down. */
static int pair(const struct source_file *files, size_t n, struct error *e)
{
    if (files[0].form == FORM_DOWN)
        return n > 1 ? clash(&files[0], &files[1], e) : lonely_down(&files[0], NULL, e);
    if (n == 1)
        return E_OK;
    if (n > 2 || files[0].form == FORM_WHOLE || files[1].form != FORM_DOWN)
        return clash(&files[0], &files[1], e);
    if (strcmp(files[0].name, files[1].name) != 0)
        return lonely_down(&files[1], &files[0], e);
    return E_OK;
}

static int read_migration(struct source *source, const struct source_file *files, size_t n,
                          struct error *e)
{
    struct migration *m = &source->migrations[source->n];
    int r = E_OK;

    m->version = files[0].version;
    m->digits = files[0].digits;
    m->name = files[0].name;
    for (size_t i = 0; i < n && r == E_OK; i++)
        r = read_file(source, &files[i], m, e);
    if (r == E_OK && script_checksum(&m->up, m->checksum) != E_OK)
        r = error_oom(e);
    if (r == E_OK)
        source->n++;
    return r;
}

static int not_for_engine(const struct source *source, const struct source_file *other,
                          struct error *e)
{
    const char *engine = engine_name(source->engine);

    error_set(e, E_INVALID,
              "version %llu is not written for %s, which tenants of this fleet are on",
              (unsigned long long)other->version, engine);
    error_at(e, other->path, 0);
    error_hint(e, "write %s/%s_%s.%s.sql, or %s_%s.sql for all engines without a file of their own",
               source->dir, other->digits, other->name, engine, other->digits, other->name);
    return E_INVALID;
}

/* How many files from the first on are for the same engine. */
static size_t of_one_engine(const struct source_file *files, size_t n)
{
    size_t same = 1;

    while (same < n && files[same].engine == files[0].engine)
        same++;
    return same;
}

/* files[0, n) share a version: all of them must fit together, those for the engine are read. */
static int read_version(struct source *source, const struct source_file *files, size_t n,
                        struct error *e)
{
    const struct source_file *mine = NULL;
    size_t n_mine = 0;

    for (size_t i = 0, same; i < n; i += same) {
        int r;

        same = of_one_engine(files + i, n - i);
        r = i > 0 && strcmp(files[i].name, files[0].name) != 0 ? clash(&files[0], &files[i], e)
                                                               : pair(files + i, same, e);
        if (r != E_OK)
            return r;
        if (files[i].engine == source->engine || (files[i].engine == ANY_ENGINE && !mine)) {
            mine = files + i;
            n_mine = same;
        }
    }
    return mine ? read_migration(source, mine, n_mine, e) : not_for_engine(source, files, e);
}

static int read_all(struct source *source, const struct listing *l, struct error *e)
{
    int r = E_OK;

    source->migrations = arena_array(&source->arena, l->n, sizeof *source->migrations);
    if (!source->migrations)
        return error_oom(e);
    for (size_t i = 0, n; i < l->n && r == E_OK; i += n) {
        for (n = 1; i + n < l->n && l->files[i + n].version == l->files[i].version;)
            n++;
        r = read_version(source, l->files + i, n, e);
    }
    return r;
}

static struct source *share_of(struct source *source, bool shared)
{
    struct source *share = arena_alloc(&source->arena, sizeof *share);

    if (!share)
        return NULL;
    share->engine = source->engine;
    share->dir = source->dir;
    share->migrations = arena_array(&source->arena, source->n, sizeof *share->migrations);
    for (size_t i = 0; i < source->n && share->migrations; i++)
        if ((source->migrations[i].up.sharing != SHARED_NOT) == shared)
            share->migrations[share->n++] = source->migrations[i];
    return share->migrations ? share : NULL;
}

/* What tenants take, and what shared databases do, where there is any of theirs. */
static int part(struct source *source, struct error *e)
{
    bool any = false;

    for (size_t i = 0; i < source->n; i++)
        any = any || source->migrations[i].up.sharing != SHARED_NOT;
    for (int i = 0; i < 2 && any; i++)
        if (!(source->shares[i] = share_of(source, i == 1)))
            return error_oom(e);
    return E_OK;
}

const struct source *source_for(const struct source *source, bool shared)
{
    static const struct source none;

    if (source->shares[shared])
        return source->shares[shared];
    return shared ? &none : source;
}

int source_read(const char *dir, enum engine_kind engine, struct source *source, struct error *e)
{
    CLEANUP_LISTING struct listing listing = {0};
    int r;

    *source = (struct source){.engine = engine};
    source->dir = arena_copy(&source->arena, dir);
    if (!source->dir)
        return error_oom(e);
    r = listing_read(dir, &source->arena, &listing, e);
    if (r == E_OK)
        r = read_all(source, &listing, e);
    if (r == E_OK)
        r = part(source, e);
    if (r == E_MISSING)
        error_hint(e, "make it with \"lockstep init\", or name another one");
    if (r != E_OK)
        source_free(source);
    return r;
}

static int compare_version(const void *key, const void *item)
{
    uint64_t version = *(const uint64_t *)key;
    const struct migration *m = item;

    return version < m->version ? -1 : version > m->version;
}

const struct migration *source_find(const struct source *source, uint64_t version)
{
    if (source->n == 0)
        return NULL;
    return bsearch(&version, source->migrations, source->n, sizeof *source->migrations,
                   compare_version);
}

void source_free(struct source *source)
{
    arena_free(&source->arena);
    *source = (struct source){0};
}
