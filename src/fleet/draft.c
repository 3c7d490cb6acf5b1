#include "fleet/draft.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "config/config.h"

static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a, *y = b;

    return strcmp(x->key, y->key);
}

/* "key=value" into a label; false when out of memory. */
static bool split_label(struct arena *arena, const char *text, struct label *label)
{
    const char *equals = strchr(text, '=');
    size_t n = equals ? (size_t)(equals - text) : strlen(text);

    label->key = arena_copyn(arena, text, n);
    label->value = arena_copy(arena, equals ? equals + 1 : "");
    return label->key && label->value;
}

int draft_source(struct draft *draft, const struct tenant_source *source, struct error *e)
{
    size_t n = 0;

    while (source->labels && source->labels[n])
        n++;
    draft->source = source;
    draft->labels = arena_array(draft->arena, n + 1, sizeof *draft->labels);
    if (!draft->labels)
        return error_oom(e);
    for (size_t i = 0; i < n; i++)
        if (!split_label(draft->arena, source->labels[i], &draft->labels[i]))
            return error_oom(e);
    if (source->shared)
        draft->labels[n++] = (struct label){"shared", "true"};
    draft->n_labels = n;
    if (n > 0)
        qsort(draft->labels, n, sizeof *draft->labels, compare_labels);
    return E_OK;
}

/* Own labels and the source's, by key; of one key the first of the own ones. */
static int merge_labels(const struct draft *draft, struct tenant *tenant, struct error *e)
{
    const struct label *mine = tenant->labels, *theirs = draft->labels;
    size_t n = tenant->n_labels, m = draft->n_labels, used = 0;
    struct label *all = arena_array(draft->arena, n + m, sizeof *all);

    if (!all)
        return error_oom(e);
    for (size_t i = 0, j = 0; i < n || j < m;) {
        int order = i == n ? 1 : j == m ? -1 : strcmp(mine[i].key, theirs[j].key);

        all[used++] = order <= 0 ? mine[i] : theirs[j];
        i += order <= 0;
        j += order >= 0;
    }
    tenant->labels = all;
    tenant->n_labels = used;
    return E_OK;
}

int draft_add(struct draft *draft, const struct tenant *tenant, struct error *e)
{
    struct tenant *to;

    if (!array_room(&draft->list, draft->n, &draft->cap, sizeof *draft->list))
        return error_oom(e);
    to = &draft->list[draft->n];
    *to = *tenant;
    to->shared = draft->source->shared;
    to->rows = draft->source->rows.query ? &draft->source->rows : NULL;
    if (to->n_labels == 0) {
        to->labels = draft->labels;
        to->n_labels = draft->n_labels;
    } else {
        qsort(to->labels, to->n_labels, sizeof *to->labels, compare_labels);
        if (draft->n_labels > 0 && merge_labels(draft, to, e) != E_OK)
            return E_NOMEM;
    }
    if (draft->source->exec && exec_take(draft, to, e) != E_OK)
        return e ? e->code : E_INVALID;
    draft->n++;
    return E_OK;
}

/* An external migrator may know by the id alone where it is. */
static int placeless_row(struct draft *draft, const struct tenant *row, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    struct tenant tenant = *row;

    str_addf(&path, "%s/%s", draft->source->exec, row->id);
    tenant.id = arena_copy(draft->arena, row->id);
    tenant.path = str_copy(&path, draft->arena);
    tenant.origin = arena_copy(draft->arena, row->origin);
    tenant.placeless = true;
    if (!tenant.id || !tenant.path || !tenant.origin)
        return error_oom(e);
    return draft_add(draft, &tenant, e);
}

int draft_row(struct draft *draft, const struct tenant *row, const struct where *where,
              struct error *e)
{
    CLEANUP_STR struct str dir = STR_INIT, path = STR_INIT;
    struct tenant tenant = *row;

    if ((!row->path || !row->path[0]) && where_is_said(where))
        return where_add(draft, row, where, e);
    if (draft->source->exec && row->id && row->id[0] && (!row->path || !row->path[0]))
        return placeless_row(draft, row, e);
    if (!row->id || !row->id[0] || !row->path || !row->path[0]) {
        error_set(e, E_INVALID, "a tenant without %s", row->id && row->id[0] ? "path" : "id");
        error_hint(e, "every tenant has an id, and the path of its file or a server or url");
        return E_INVALID;
    }
    if (is_side_file(path_base(row->path)))
        return side_file_refused(row->path, e);
    path_dir(&dir, draft->source->place);
    path_join(&path, str_text(&dir), row->path);
    tenant.id = arena_copy(draft->arena, row->id);
    tenant.path = str_ok(&dir) && str_ok(&path) ? arena_copy(draft->arena, str_text(&path)) : NULL;
    tenant.origin = arena_copy(draft->arena, row->origin);
    tenant.beside = BESIDE_UNKNOWN;
    if (!tenant.id || !tenant.path || !tenant.origin)
        return error_oom(e);
    return draft_add(draft, &tenant, e);
}

void draft_free(struct draft *draft)
{
    free(draft->list);
    *draft = (struct draft){0};
}

/* "X-mj" and nine hexadecimal digits: a super-journal of a stock SQLite. */
static bool is_super_journal(const char *name, size_t len)
{
    const char *tail = name + len - 12;

    return len > 12 && memcmp(tail, "-mj", 3) == 0 && strspn(tail + 3, "0123456789ABCDEF") == 9;
}

bool is_side_file(const char *name)
{
    static const char *const endings[] = {"-wal", "-journal", "-shm"};
    size_t len = strlen(name);

    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (len > strlen(endings[i]) && str_ends(name, endings[i]))
            return true;
    if (str_starts(name, "lockstep-") && (str_ends(name, ".super") || str_ends(name, ".anchor")))
        return true;
    return is_super_journal(name, len);
}

int side_file_refused(const char *path, struct error *e)
{
    error_set(e, E_INVALID, "%s is a file beside a database, not a database", path);
    error_hint(e, "give the path of the database itself");
    return E_INVALID;
}
