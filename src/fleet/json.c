/* List files in JSON: [{"id": .., "path": .., "labels": {..}}] */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

/* The text of a string, number or truth; NULL for anything else or when out of memory. */
static const char *scalar(struct draft *draft, const json_t *value)
{
    CLEANUP_STR struct str text = STR_INIT;

    if (json_is_string(value))
        return arena_copy(draft->arena, json_string_value(value));
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (!json_is_integer(value))
        return NULL;
    str_addf(&text, "%lld", (long long)json_integer_value(value));
    return str_copy(&text, draft->arena);
}

static int wrong(struct error *e, const char *what, const char *name)
{
    error_set(e, E_INVALID, "%s \"%s\"", what, name);
    error_hint(e, "an entry is {\"id\": .., \"path\": .., \"labels\": {\"name\": \"text\"}}, with "
                  "server or url, database, schema for path where it is no file");
    return E_INVALID;
}

static int take_labels(struct draft *draft, json_t *labels, struct tenant *row, struct error *e)
{
    const char *name;
    json_t *value;

    if (!json_is_object(labels))
        return wrong(e, "not an object:", "labels");
    row->labels = arena_array(draft->arena, json_object_size(labels), sizeof *row->labels);
    if (!row->labels)
        return error_oom(e);
    json_object_foreach(labels, name, value)
    {
        struct label *label = &row->labels[row->n_labels++];

        if (!name[0] || strcmp(name, "id") == 0 || strcmp(name, "path") == 0)
            return wrong(e, "no name for a label:", name);
        *label = (struct label){arena_copy(draft->arena, name), scalar(draft, value)};
        if (!label->value)
            return wrong(e, "not a text, whole number or truth: label", name);
        if (!label->key)
            return error_oom(e);
    }
    return E_OK;
}

static const char **member(const char *name, struct tenant *row, struct where *where)
{
    const struct {
        const char *name, **to;
    } members[] = {
        {"id", &row->id},     {"path", &row->path},           {"server", &where->server},
        {"url", &where->url}, {"database", &where->database}, {"schema", &where->schema}};

    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (strcmp(members[i].name, name) == 0)
            return members[i].to;
    return NULL;
}

static int take_member(struct draft *draft, const char *name, json_t *value, struct tenant *row,
                       struct where *where, struct error *e)
{
    const char **to = member(name, row, where);

    if (strcmp(name, "labels") == 0)
        return take_labels(draft, value, row, e);
    if (!to)
        return wrong(e, "unknown member", name);
    *to = scalar(draft, value);
    return *to ? E_OK : wrong(e, "not a text:", name);
}

static int take_entry(struct draft *draft, json_t *entry, size_t number, struct error *e)
{
    CLEANUP_STR struct str origin = STR_INIT;
    struct tenant row = {0};
    struct where where = {.otherwise = NO_SERVER};
    const char *name;
    json_t *value;
    int r = E_OK;

    if (!json_is_object(entry))
        return wrong(e, "an entry that is not", "{..}");
    json_object_foreach(entry, name, value)
    {
        r = take_member(draft, name, value, &row, &where, e);
        if (r != E_OK)
            return r;
    }
    str_addf(&origin, "%s entry %zu", draft->source->place, number);
    row.origin = str_text(&origin);
    return str_ok(&origin) ? draft_row(draft, &row, &where, e) : error_oom(e);
}

static int take_entries(struct draft *draft, json_t *list, struct error *e)
{
    CLEANUP_ERROR struct error inner = ERROR_INIT;
    size_t i;
    json_t *entry;

    if (!json_is_array(list))
        return wrong(e, "the list is not", "[..]");
    json_array_foreach(list, i, entry)
    {
        int r = take_entry(draft, entry, i + 1, &inner);

        if (r == E_OK)
            continue;
        error_set(e, r, "entry %zu: %s", i + 1, inner.message);
        error_hint(e, "%s", inner.hint);
        return r;
    }
    return E_OK;
}

int json_tenants(struct draft *draft, const char *text, size_t len, struct error *e)
{
    json_error_t wrong_at;
    CLEANUP_JSON json_t *list = NULL;
    unsigned line = 0;
    int r = json_read(text, len, JSON_REJECT_DUPLICATES, &list, &wrong_at);

    if (r == E_OK) {
        r = take_entries(draft, list, e);
    } else if (r == E_NOMEM) {
        r = error_oom(e);
    } else {
        r = error_set(e, E_INVALID, "not JSON: %s", wrong_at.text);
        error_hint(e, "a list is [{\"id\": .., \"path\": .., \"labels\": {..}}], or CSV");
        line = wrong_at.line > 0 ? (unsigned)wrong_at.line : 0;
    }
    if (r != E_OK)
        error_at(e, draft->source->place, line);
    return r;
}
