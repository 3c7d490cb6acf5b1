/* A script of any bytes is read or refused. What is read has a canonical text that reads as the
 * same script, with the same hash: history keeps it, and an undo runs it. */
#include <string.h>

#include "base/error.h"
#include "fuzz.h"
#include "source/script.h"

static void check_again(struct arena *arena, const struct script *script)
{
    struct script again;

    PROMISE(script_parse(arena, "again", script->text, &again, NULL) == E_OK,
            "a canonical text can be read");
    PROMISE(strcmp(again.text, script->text) == 0 && strcmp(again.hash, script->hash) == 0,
            "a canonical text stays as it is");
    PROMISE(again.n == script->n, "a canonical text has the statements of its script");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct script script;

    if (script_parse_bytes(&arena, "001_x.sql", (const char *)data, size, &script, &e) == E_OK)
        check_again(&arena, &script);
    else
        PROMISE(e.code != E_OK, "what is refused says why");
    return 0;
}
