#include "base/template.h"

#include <string.h>

#include "base/error.h"
#include "base/str.h"

static const char name_bytes[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

static int expand_one(const char *name, template_value value, void *ctx, size_t *len,
                      struct str *out, struct error *e)
{
    const char *text;

    *len = strspn(name, name_bytes);
    if (!*len || name[*len] != '}')
        return error_set(e, E_INVALID, "\"${%.40s\" is not closed, or has no name in it", name);
    text = value(ctx, name, *len);
    if (!text)
        return error_set(e, E_INVALID, "there is no ${%.*s}", (int)*len, name);
    str_add(out, text);
    return E_OK;
}

int template_expand(const char *text, template_value value, void *ctx, struct str *out,
                    struct error *e)
{
    while (*text) {
        size_t plain = strcspn(text, "$"), len;
        int r;

        str_addn(out, text, plain);
        text += plain;
        if (!*text)
            break;
        if (text[1] != '{') {
            str_addc(out, '$');
            text += text[1] == '$' ? 2 : 1;
            continue;
        }
        r = expand_one(text + 2, value, ctx, &len, out, e);
        if (r != E_OK)
            return r;
        text += len + 3;
    }
    return str_ok(out) ? E_OK : error_oom(e);
}
