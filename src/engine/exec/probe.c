/* What `current` says: the revision of one tenant. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "engine/exec/link.h"

static const char blanks[] = " \t\r\n";

struct wanted { /* besides the revisions that are known */
    const char *one, *other;
};

static bool is_known(const struct exec_call *c, const struct wanted *w, const char *word)
{
    return exec_link_knows(c->link, word) || str_same(word, w->one) || str_same(word, w->other);
}

static bool take_word(struct exec_call *c, const struct wanted *w, const char *at, size_t n)
{
    char word[REVISION_MAX];

    if (!n || n >= sizeof word)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)n, at);
    if (str_same(word, c->link->exec->block.base))
        snprintf(word, sizeof word, "%s", REVISION_BASE);
    else if (!is_known(c, w, word))
        return false;
    memcpy(c->revision, word, sizeof word);
    return true;
}

static int unknown(const struct exec_call *c, const char *said, struct error *e)
{
    CLEANUP_STR struct str line = STR_INIT;

    said += strspn(said, blanks);
    str_addn(&line, said, strcspn(said, "\r\n\t"));
    exec_cut_secrets(c, &line);
    error_set(e, E_CHANGED, "`current` says \"%s\", which is none of the revisions",
              str_text(&line));
    error_at(e, c->link->exec->block.file, c->link->exec->block.line);
    error_hint(e, "current_pattern says where in its output the revision is; nothing at all, or "
                  "`base`, means that none is applied");
    return E_CHANGED;
}

/* The first word that is one. Nothing at all is base. */
static int by_words(struct exec_call *c, const struct wanted *w, const char *said, struct error *e)
{
    const char *at = said + strspn(said, blanks);

    if (!*at) {
        snprintf(c->revision, sizeof c->revision, "%s", REVISION_BASE);
        return E_OK;
    }
    for (size_t n; *at; at += n, at += strspn(at, blanks)) {
        n = strcspn(at, blanks);
        if (take_word(c, w, at, n))
            return E_OK;
    }
    return unknown(c, said, e);
}

/* The last match: tools that list what is applied end with the newest. No match is base. */
static int by_pattern(struct exec_call *c, const struct wanted *w, const char *said,
                      struct error *e)
{
    regmatch_t found[2];
    const char *last = NULL;
    size_t n = 0;

    for (const char *at = said;
         regexec(&c->link->current, at, 2, found, at == said ? 0 : REG_NOTBOL) == 0;
         at += found[0].rm_eo > 0 ? found[0].rm_eo : 1) {
        last = at + found[1].rm_so;
        n = (size_t)(found[1].rm_eo - found[1].rm_so);
        if (!at[found[0].rm_eo])
            break;
    }
    snprintf(c->revision, sizeof c->revision, "%s", REVISION_BASE);
    return !last || take_word(c, w, last, n) ? E_OK : unknown(c, last, e);
}

int exec_probe(struct exec_call *c, const char *one, const char *other, struct error *e)
{
    CLEANUP_STR struct str said = STR_INIT;
    const struct wanted w = {one, other};
    const char *target = c->target;
    int r;

    c->target = NULL;
    r = exec_run(c, c->link->exec->block.current, &said, e);
    c->target = target;
    if (r != E_OK)
        return r;
    return c->link->has_pattern ? by_pattern(c, &w, str_text(&said), e)
                                : by_words(c, &w, str_text(&said), e);
}
