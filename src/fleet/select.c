/* "region=eu,tier!=free": terms that all have to hold. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "fleet/fleet.h"

struct term {
    const char *key, *value; /* value may be a glob */
    bool negated;
};

struct selection {
    struct arena arena;
    struct term *terms;
    size_t n;
};

static int malformed(const char *term, size_t len, struct error *e)
{
    error_set(e, E_INVALID, "\"%.*s\" selects nothing that can be told", len > 100 ? 100 : (int)len,
              term);
    error_hint(e, "write LABEL=VALUE or LABEL!=VALUE, with a comma between several");
    return E_INVALID;
}

static const char *copy_trimmed(struct arena *arena, const char *text, size_t len)
{
    while (len > 0 && *text == ' ') {
        text++;
        len--;
    }
    while (len > 0 && text[len - 1] == ' ')
        len--;
    return arena_copyn(arena, text, len);
}

static int parse_term(struct selection *s, const char *text, size_t len, struct error *e)
{
    const char *equals = memchr(text, '=', len);
    struct term *term = &s->terms[s->n];
    size_t key_len;

    if (!equals || (equals + 1 < text + len && equals[1] == '='))
        return malformed(text, len, e);
    term->negated = equals > text && equals[-1] == '!';
    key_len = (size_t)(equals - text) - term->negated;
    term->key = copy_trimmed(&s->arena, text, key_len);
    term->value = copy_trimmed(&s->arena, equals + 1, len - (size_t)(equals + 1 - text));
    if (!term->key || !term->value)
        return error_oom(e);
    if (!term->key[0] || strpbrk(term->key, "!<>"))
        return malformed(text, len, e);
    s->n++;
    return E_OK;
}

static int parse_terms(struct selection *s, const char *text, struct error *e)
{
    size_t most = 1;
    int r = E_OK;

    for (const char *at = text; *at; at++)
        most += *at == ',';
    s->terms = arena_array(&s->arena, most, sizeof *s->terms);
    if (!s->terms)
        return error_oom(e);
    for (size_t i = 0; i < most && r == E_OK; i++) {
        size_t len = strcspn(text, ",");

        r = parse_term(s, text, len, e);
        text += len + 1;
    }
    return r;
}

int selection_parse(const char *text, struct selection **selection, struct error *e)
{
    struct selection *s = calloc(1, sizeof *s);
    int r = s ? parse_terms(s, text, e) : error_oom(e);

    *selection = NULL;
    if (r == E_OK)
        *selection = s;
    else
        selection_free(s);
    return r;
}

const char *tenant_value(const struct tenant *tenant, const char *name)
{
    if (strcmp(name, "id") == 0)
        return tenant->id;
    for (size_t i = 0; i < tenant->n_labels; i++)
        if (strcmp(tenant->labels[i].key, name) == 0)
            return tenant->labels[i].value;
    return NULL;
}

bool selection_takes(const struct selection *selection, const struct tenant *tenant)
{
    for (size_t i = 0; selection && i < selection->n; i++) {
        const struct term *term = &selection->terms[i];
        const char *value = tenant_value(tenant, term->key);
        bool matches = value && fnmatch(term->value, value, 0) == 0;

        if (matches == term->negated)
            return false;
    }
    return true;
}

void selection_free(struct selection *selection)
{
    if (!selection)
        return;
    arena_free(&selection->arena);
    free(selection);
}
