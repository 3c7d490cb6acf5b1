/*
 * Which revisions there are, and in which order: one a line of what `revisions` prints. A pattern
 * with two groups says which one follows which; else the lines are in order, the oldest first.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "engine/exec/link.h"

struct line { /* of the output, where it names a revision */
    const char *before, *revision;
};

struct reading {
    struct exec_link *link;
    struct line *lines;
    size_t n;
    regex_t pattern;
};

static int refuse(const struct exec_link *l, struct error *e)
{
    error_at(e, l->exec->block.file, l->exec->block.line);
    error_hint(e, "`revisions` is to print all revisions, in one line of descent; "
                  "revision_pattern says where their names are");
    return E_INVALID;
}

/* --- lines --- */

static const char *copy_group(struct arena *arena, const char *line, const regmatch_t *found)
{
    return arena_copyn(arena, line + found->rm_so, (size_t)(found->rm_eo - found->rm_so));
}

static bool read_by_pattern(struct reading *r, const char *line, struct line *to)
{
    struct arena *arena = &r->link->arena;
    size_t groups = r->pattern.re_nsub;
    regmatch_t found[3];

    if (regexec(&r->pattern, line, 3, found, 0) != 0 || found[groups].rm_so < 0)
        return true; /* it says something else */
    to->revision = copy_group(arena, line, &found[groups]);
    to->before = groups == 2 && found[1].rm_so >= 0 ? copy_group(arena, line, &found[1]) : NULL;
    return to->revision;
}

static bool read_line(struct reading *r, const char *line)
{
    struct line *to = &r->lines[r->n];
    const char *at = line + strspn(line, " \t\r");

    *to = (struct line){0};
    if (r->link->exec->block.revision_pattern) {
        if (!read_by_pattern(r, line, to))
            return false;
    } else if (*at) {
        to->revision = arena_copyn(&r->link->arena, at, strcspn(at, " \t\r"));
        if (!to->revision)
            return false;
    }
    r->n += to->revision != NULL;
    return true;
}

static int read_lines(struct reading *r, char *text, struct error *e)
{
    size_t lines = 1;
    char *next;

    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    r->lines = arena_array(&r->link->arena, lines, sizeof *r->lines);
    r->link->revisions = arena_array(&r->link->arena, lines, sizeof *r->link->revisions);
    if (!r->lines || !r->link->revisions)
        return error_oom(e);
    for (; text; text = next) {
        next = strchr(text, '\n');
        if (next)
            *next++ = '\0';
        if (!read_line(r, text))
            return error_oom(e);
    }
    return E_OK;
}

/* --- order --- */

static size_t find(const struct reading *r, const char *revision)
{
    size_t i = 0;

    while (i < r->n && !str_same(r->lines[i].revision, revision))
        i++;
    return i;
}

/* The one that follows this one; NULL: that which follows none of them. */
static size_t follower(const struct reading *r, const char *revision, size_t *how_many)
{
    size_t at = r->n;

    *how_many = 0;
    for (size_t i = 0; i < r->n; i++) {
        const char *before = r->lines[i].before;

        if (revision ? !str_same(before, revision) : before && find(r, before) < r->n)
            continue;
        at = i;
        ++*how_many;
    }
    return at;
}

static int order_by_descent(struct reading *r, struct error *e)
{
    const char *last = NULL;
    struct exec_link *l = r->link;

    while (l->n < r->n) {
        size_t many, at = follower(r, last, &many);

        if (many != 1) {
            error_set(e, E_INVALID, "of the revisions of %s, %zu follow %.80s", l->exec->block.name,
                      many, last ? last : REVISION_BASE);
            return refuse(l, e);
        }
        last = l->revisions[l->n++] = r->lines[at].revision;
    }
    return E_OK;
}

/* A pattern that is wrong must not look like a fleet that has nothing to do. */
static int refuse_none(const struct exec_link *l, struct error *e)
{
    error_set(e, E_INVALID, "of what `revisions` of %s prints, no line names a revision",
              l->exec->block.name);
    return refuse(l, e);
}

static int order(struct reading *r, struct error *e)
{
    bool descent = r->link->exec->block.revision_pattern && r->pattern.re_nsub == 2;

    for (size_t i = 0; i < r->n; i++) {
        const char *name = r->lines[i].revision;

        if (revision_is_name(name) && find(r, name) == i && !str_same(name, REVISION_BASE) &&
            !str_same(name, r->link->exec->block.base))
            continue;
        error_set(e, E_INVALID, "\"%.80s\" cannot be a revision of %s, or is one twice", name,
                  r->link->exec->block.name);
        return refuse(r->link, e);
    }
    if (descent)
        return order_by_descent(r, e);
    for (; r->link->n < r->n; r->link->n++)
        r->link->revisions[r->link->n] = r->lines[r->link->n].revision;
    return E_OK;
}

static int read_all(struct reading *r, struct str *said, struct error *e)
{
    const char *pattern = r->link->exec->block.revision_pattern;
    bool is_blank = !str_text(said)[strspn(str_text(said), " \t\r\n")];
    char nothing[] = "";
    int rc;

    if (pattern && regcomp(&r->pattern, pattern, REG_EXTENDED) != 0)
        return error_oom(e); /* the configuration was checked */
    rc = read_lines(r, said->data ? said->data : nothing, e);
    if (rc == E_OK)
        rc = r->n || is_blank ? order(r, e) : refuse_none(r->link, e);
    if (pattern)
        regfree(&r->pattern);
    return rc;
}

int exec_link_ask(struct exec_link *l, struct error *e)
{
    CLEANUP_STR struct str said = STR_INIT;
    struct exec_call call = {.link = l, .lock = -1, .revision = REVISION_BASE};
    struct reading r = {.link = l};
    int rc;

    if (l->asked)
        return E_OK;
    rc = exec_run(&call, l->exec->block.revisions, &said, e);
    l->n = 0;
    if (rc == E_OK)
        rc = read_all(&r, &said, e);
    l->asked = rc == E_OK;
    if (rc == E_OK || rc == E_NOMEM)
        return rc;
    l->n = 0;
    if (e)
        e->code = E_INVALID;
    return E_INVALID;
}

bool exec_link_knows(const struct exec_link *l, const char *revision)
{
    for (size_t i = 0; i < l->n; i++)
        if (str_same(l->revisions[i], revision))
            return true;
    return false;
}

/* --- as migrations --- */

static int make_script(struct exec_link *l, struct arena *arena, const char *const *command,
                       const char *const ends[2], struct script *script, struct error *e)
{
    CLEANUP_STR struct str text = STR_INIT, shown = STR_INIT;

    str_addf(&text, "%s -> %s", ends[0], ends[1]);
    if (exec_show(l->exec, command, ends[1], &shown) != E_OK || !str_ok(&text) || !str_ok(&shown))
        return error_oom(e);
    return revision_script(arena, l->exec->block.file, str_text(&text), str_text(&shown), script,
                           e);
}

static int make_migration(struct exec_link *l, struct source *source, size_t i, struct error *e)
{
    const struct exec_block *b = &l->exec->block;
    struct migration *m = &source->migrations[i];
    const char *up[2] = {i ? l->revisions[i - 1] : REVISION_BASE, l->revisions[i]};
    const char *down[2] = {up[1], up[0]};
    int r = make_script(l, &source->arena, b->up, up, &m->up, e);

    *m = (struct migration){.version = i + 1, .name = b->name, .up = m->up};
    m->digits = arena_copy(&source->arena, l->revisions[i]);
    if (r == E_OK && (!m->digits || revision_checksum(m->digits, m->checksum) != E_OK))
        r = error_oom(e);
    if (r != E_OK || !b->down[0])
        return r;
    m->down = arena_alloc(&source->arena, sizeof *m->down);
    return m->down ? make_script(l, &source->arena, b->down, down, m->down, e) : error_oom(e);
}

int exec_source(struct link *link, struct source *source, struct error *e)
{
    struct exec_link *l = (struct exec_link *)link;
    int r = exec_link_ask(l, e);

    *source = (struct source){.engine = ENGINE_EXEC};
    if (r != E_OK)
        return r;
    source->dir = arena_copy(&source->arena, l->exec->block.name);
    source->migrations = arena_array(&source->arena, l->n, sizeof *source->migrations);
    if (!source->dir || !source->migrations)
        r = error_oom(e);
    for (; r == E_OK && source->n < l->n; source->n++)
        r = make_migration(l, source, source->n, e);
    if (r != E_OK)
        source_free(source);
    return r;
}
