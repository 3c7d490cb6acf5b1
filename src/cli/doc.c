#include "cli/doc.h"

#include <string.h>
#include <utf8proc.h>

#include "base/error.h"
#include "base/str.h"

void doc_put(struct doc *d, json_t *in, const char *key, json_t *value)
{
    if (!in)
        json_decref(value);
    if (!in || !value || json_object_set_new(in, key, value) != 0)
        d->failed = true;
}

json_t *doc_root(struct doc *d)
{
    if (!d->root) {
        d->root = json_object();
        d->failed = d->failed || !d->root;
        doc_int(d, d->root, "format", 1);
    }
    return d->root;
}

json_t *doc_object(struct doc *d, json_t *in, const char *key)
{
    doc_put(d, in, key, json_object());
    return in ? json_object_get(in, key) : NULL;
}

json_t *doc_list(struct doc *d, json_t *in, const char *key)
{
    doc_put(d, in, key, json_array());
    return in ? json_object_get(in, key) : NULL;
}

json_t *doc_item(struct doc *d, json_t *list)
{
    json_t *item = json_object();

    if (!list || !item || json_array_append(list, item) != 0) {
        json_decref(item);
        d->failed = true;
        return NULL;
    }
    json_decref(item); /* the list keeps it */
    return item;
}

static void add_repaired(struct str *out, const char *text)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)text;

    while (*at) {
        utf8proc_int32_t point;
        utf8proc_ssize_t n = utf8proc_iterate(at, -1, &point);

        if (n < 1) {
            str_add(out, "\xef\xbf\xbd");
            n = 1;
        } else {
            str_addn(out, at, (size_t)n);
        }
        at += n;
    }
}

json_t *doc_utf8(const char *text)
{
    json_t *value = json_string(text);
    CLEANUP_STR struct str repaired = STR_INIT;

    if (value)
        return value;
    add_repaired(&repaired, text);
    return str_ok(&repaired) ? json_string(str_text(&repaired)) : NULL;
}

void doc_text(struct doc *d, json_t *in, const char *key, const char *text)
{
    doc_put(d, in, key, text ? doc_utf8(text) : json_null());
}

void doc_str(struct doc *d, json_t *in, const char *key, const struct str *text)
{
    d->failed = d->failed || !str_ok(text);
    doc_text(d, in, key, str_text(text));
}

void doc_int(struct doc *d, json_t *in, const char *key, int64_t n)
{
    doc_put(d, in, key, json_integer(n));
}

void doc_real(struct doc *d, json_t *in, const char *key, double n)
{
    doc_put(d, in, key, json_real(n));
}

void doc_bool(struct doc *d, json_t *in, const char *key, bool yes)
{
    doc_put(d, in, key, json_boolean(yes));
}

void doc_add_text(struct doc *d, json_t *list, const char *text)
{
    json_t *value = doc_utf8(text);

    if (!list || !value || json_array_append(list, value) != 0)
        d->failed = true;
    json_decref(value);
}

void doc_error(struct doc *d, json_t *in, const struct error *why)
{
    CLEANUP_STR struct str text = STR_INIT;

    error_render(why, &text);
    doc_text(d, in, "text", str_ok(&text) ? str_text(&text) : why->message);
    doc_text(d, in, "message", why->message);
    if (why->tenant)
        doc_text(d, in, "tenant", why->tenant);
    if (why->file)
        doc_text(d, in, "file", why->file);
    if (why->line)
        doc_int(d, in, "line", why->line);
    if (why->statement)
        doc_text(d, in, "statement", why->statement);
    if (why->hint[0])
        doc_text(d, in, "hint", why->hint);
    if (why->db)
        doc_int(d, in, "engine_code", why->db);
    if (why->sys)
        doc_int(d, in, "errno", why->sys);
}

void doc_reset(struct doc *d)
{
    json_decref(d->root);
    *d = (struct doc){0};
}
