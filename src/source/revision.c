#include "source/revision.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

static const char arrow[] = " -> ";

bool revision_is_name(const char *text)
{
    size_t n = strlen(text);

    if (!n || n >= REVISION_MAX || text[0] == '-')
        return false;
    for (; *text; text++)
        if (!isgraph((unsigned char)*text))
            return false;
    return true;
}

int revision_read(const char *text, char from[REVISION_MAX], char to[REVISION_MAX], struct error *e)
{
    const char *at = strstr(text, arrow);
    int n = at ? (int)(at - text) : 0;

    if (at && n < REVISION_MAX && strlen(at + strlen(arrow)) < REVISION_MAX) {
        snprintf(from, REVISION_MAX, "%.*s", n, text);
        snprintf(to, REVISION_MAX, "%s", at + strlen(arrow));
        if (revision_is_name(from) && revision_is_name(to))
            return E_OK;
    }
    return error_set(e, E_INVALID, "\"%.100s\" does not say from which revision to which", text);
}

int revision_script(struct arena *arena, const char *file, const char *text, const char *shown,
                    struct script *script, struct error *e)
{
    char from[REVISION_MAX], to[REVISION_MAX];
    int r = revision_read(text, from, to, e);

    if (r != E_OK)
        return r;
    *script = (struct script){.engine = ENGINE_EXEC, .n = 1};
    script->file = arena_copy(arena, file);
    script->text = arena_copy(arena, text);
    script->statements = arena_alloc(arena, sizeof *script->statements);
    if (!script->file || !script->text || !script->statements ||
        hash_text(text, strlen(text), script->hash) != E_OK)
        return error_oom(e);
    script->statements->sql = shown ? arena_copy(arena, shown) : script->text;
    if (!script->statements->sql)
        return error_oom(e);
    script->statements->len = strlen(script->statements->sql);
    return E_OK;
}

int revision_checksum(const char *revision, char checksum[CHECKSUM_TEXT])
{
    checksum[0] = '1'; /* the form of this sum */
    checksum[1] = ':';
    return hash_text(revision, strlen(revision), checksum + 2);
}
