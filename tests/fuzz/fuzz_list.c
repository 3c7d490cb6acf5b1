/* A list of any bytes, as CSV and as JSON, is read or refused; every tenant has an id and a path.
 */
#include "base/error.h"
#include "base/str.h"
#include "config/config.h"
#include "fleet/draft.h"
#include "fuzz.h"

typedef int reader(struct draft *draft, const char *text, size_t len, struct error *e);

static void read_as(reader *read, const char *text, size_t len)
{
    static const char *labels[] = {"region=eu", NULL};
    const struct tenant_source source = {
        .title = "eu", .kind = SOURCE_LIST, .place = "eu.list", .labels = labels};
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct draft draft = {.arena = &arena};

    if (draft_source(&draft, &source, NULL) == E_OK && read(&draft, text, len, &e) == E_OK)
        for (size_t i = 0; i < draft.n; i++)
            PROMISE(draft.list[i].id[0] && draft.list[i].path[0], "a tenant has an id and a path");
    draft_free(&draft);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str text = STR_INIT;

    str_addn(&text, (const char *)data, size); /* terminated, as from a file */
    read_as(csv_tenants, str_text(&text), text.len);
    read_as(json_tenants, str_text(&text), text.len);
    return 0;
}
