#include <string.h>

#include "base/number.h"
#include "base/str.h"
#include "plan/work.h"

static int malformed(const char *text, struct error *e)
{
    error_set(e, E_INVALID, "%s is not a target", text);
    error_hint(
        e,
        "a target is head, base, +N, -N or a version (of an external migrator: a revision's name)");
    return E_INVALID;
}

/* 1 to 18 digits and nothing else. */
static bool number(const char *text, uint64_t *n)
{
    return strlen(text) <= 18 && number_read(&text, n) && !*text;
}

static uint64_t head(const struct source *source)
{
    return source->n > 0 ? source->migrations[source->n - 1].version : 0;
}

/* Where +N counts from: the first migration of the folder above what this tenant is at that is for
 * tenants like it; the folder's length when there is none. */
static size_t first_above(const struct work *w, const struct past *past)
{
    const struct source *own = plan_source(w, past);
    size_t i = 0, k = 0;

    while (i < own->n && own->migrations[i].version <= past->version)
        i++;
    while (i < own->n && w->source->migrations[k].version < own->migrations[i].version)
        k++;
    return i < own->n ? k : w->source->n;
}

static size_t lowest_above(const struct work *w)
{
    size_t low = w->source->n;

    for (size_t i = 0; i < w->n_pasts; i++) {
        size_t at = first_above(w, &w->pasts[i]);

        low = at < low ? at : low;
    }
    return w->n_pasts > 0 ? low : 0;
}

static const struct past *highest(const struct work *w)
{
    const struct past *high = NULL;

    for (size_t i = 0; i < w->n_pasts; i++)
        if (!high || w->pasts[i].version > high->version)
            high = &w->pasts[i];
    return high;
}

/* +N: the N-th migration above where the lowest tenant is. At head already: stay there. */
static int above(struct work *w, uint64_t n, struct error *e)
{
    const struct source *source = w->source;
    const struct past *high = highest(w);
    size_t i = lowest_above(w);

    if (i == source->n) {
        w->plan->target = high ? high->version : 0;
        return E_OK;
    }
    if (n > source->n - i) {
        error_set(e, E_INVALID, "+%llu is too far: only %zu migrations lie above the lowest tenant",
                  (unsigned long long)n, source->n - i);
        error_hint(e, "`head` takes them all");
        return E_INVALID;
    }
    w->plan->target = i + n > 0 ? source->migrations[i + n - 1].version : 0;
    return E_OK;
}

/* The highest version below `version` that has a file or is applied there; 0 when none is left. */
static uint64_t next_below(const struct work *w, const struct lineage *lineage, uint64_t version)
{
    uint64_t best = 0;

    for (size_t i = w->source->n; i-- > 0 && !best;)
        if (w->source->migrations[i].version < version)
            best = w->source->migrations[i].version;
    for (size_t i = lineage->n; i-- > 0;)
        if (lineage->applied[i].version < version && lineage->applied[i].version > best)
            best = lineage->applied[i].version;
    return best;
}

/* -N: N below where the highest tenant is. At base already: stay there. */
static int below(struct work *w, uint64_t n, struct error *e)
{
    const struct past *high = highest(w);
    uint64_t version = high ? high->version : 0;

    for (uint64_t i = 0; version > 0 && i < n; i++) {
        version = next_below(w, high->lineage, version);
        if (version > 0 || i + 1 == n)
            continue;
        error_set(e, E_INVALID, "-%llu is too far: the highest tenant is only %llu above base",
                  (unsigned long long)n, (unsigned long long)i + 1);
        error_hint(e, "`base` undoes them all");
        return E_INVALID;
    }
    w->plan->target = version;
    return E_OK;
}

static bool known(const struct work *w, uint64_t version)
{
    if (version == 0 || source_find(w->source, version))
        return true;
    if (w->request->direction == PLAN_UP)
        return false;
    for (size_t i = 0; i < w->n_pasts; i++)
        if (lineage_find(w->pasts[i].lineage, version))
            return true;
    return false;
}

static int exactly(struct work *w, const char *text, uint64_t version, struct error *e)
{
    const struct source *source = w->source;

    if (known(w, version)) {
        w->plan->target = version;
        return E_OK;
    }
    error_set(e, E_INVALID, "no migration in %s has version %s", source->dir, text);
    if (source->n > 0)
        error_hint(e, "the highest is %s_%s", source->migrations[source->n - 1].digits,
                   source->migrations[source->n - 1].name);
    return E_INVALID;
}

static void count_beyond(struct work *w)
{
    const struct plan *plan = w->plan;

    for (size_t i = 0; i < w->n_pasts; i++) {
        const struct past *past = &w->pasts[i];

        if (plan->direction == PLAN_UP ? past->version > plan->target
                                       : past->version < plan->target)
            w->plan->n_beyond += past->tenants;
    }
}

/* Revisions of an external migrator go by their names. */
static bool by_name(struct work *w, const char *text)
{
    const struct source *source = w->source;

    for (size_t i = 0; source->engine == ENGINE_EXEC && i < source->n; i++)
        if (str_same(source->migrations[i].digits, text)) {
            w->plan->target = source->migrations[i].version;
            return true;
        }
    return false;
}

static int resolve(struct work *w, const char *text, struct error *e)
{
    uint64_t n;

    if (str_same(text, "head") || str_same(text, "base")) {
        w->plan->target = text[0] == 'h' ? head(w->source) : 0;
        return E_OK;
    }
    if (by_name(w, text))
        return E_OK;
    if (!number(text + (text[0] == '+' || text[0] == '-'), &n))
        return malformed(text, e);
    if (w->source->engine == ENGINE_EXEC && n > 0 && text[0] != '+' && text[0] != '-')
        return malformed(text, e); /* its place in the order means nothing to anybody */
    if (text[0] == '+')
        return above(w, n, e);
    return text[0] == '-' ? below(w, n, e) : exactly(w, text, n, e);
}

int plan_target(struct work *w, struct error *e)
{
    const char *text = w->request->target;
    int r;

    if (!text)
        text = w->request->direction == PLAN_UP ? "head" : "-1";
    r = resolve(w, text, e);
    if (r == E_OK)
        count_beyond(w);
    return r;
}
