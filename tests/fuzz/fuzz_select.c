/* A selection of any text is read or refused, and judges tenants with and without labels. */
#include "base/error.h"
#include "base/str.h"
#include "fleet/fleet.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str text = STR_INIT;
    struct label labels[] = {{"region", "eu"}, {"tier", ""}};
    const struct tenant bare = {.id = "a/b", .path = "a/b.db"};
    const struct tenant labelled = {.id = "c", .path = "c.db", .labels = labels, .n_labels = 2};
    struct selection *selection = NULL;

    str_addn(&text, (const char *)data, size);
    if (selection_parse(str_text(&text), &selection, NULL) == E_OK) {
        selection_takes(selection, &bare);
        selection_takes(selection, &labelled);
    }
    selection_free(selection);
    return 0;
}
