#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"

enum { LARGEST_FILE = 512 * 1024 * 1024 };

static bool looks_like_json(const char *name, const char *text)
{
    return str_ends(name, ".json") || text[strspn(text, " \t\r\n")] == '[';
}

int list_tenants(struct draft *draft, struct error *e)
{
    CLEANUP_STR struct str file = STR_INIT;
    const char *place = draft->source->place, *text;
    int r = file_read(place, LARGEST_FILE, &file, e);
    size_t mark;

    if (r != E_OK) {
        r = r == E_NOMEM ? r : E_INVALID;
        if (e)
            e->code = r;
        error_at(e, place, 0);
        error_hint(e, "paths in a configuration are relative to its folder");
        return r;
    }
    mark = str_starts(str_text(&file), "\xef\xbb\xbf") ? 3 : 0;
    text = str_text(&file) + mark;
    if (looks_like_json(place, text))
        return json_tenants(draft, text, file.len - mark, e);
    return csv_tenants(draft, text, file.len - mark, e);
}
