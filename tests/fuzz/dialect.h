/* What the targets of dialects share: a script is read, or refused with why; what is read has a
 * canonical text that reads as the same script, and a normal form that stays as it is. */
#ifndef TESTS_FUZZ_DIALECT_H
#define TESTS_FUZZ_DIALECT_H

#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "fuzz.h"
#include "source/script.h"

static inline void check_again(struct arena *arena, const struct script *script)
{
    struct script again;

    PROMISE(script_parse(arena, script->engine, "again", script->text, &again, NULL) == E_OK,
            "a canonical text can be read");
    PROMISE(strcmp(again.text, script->text) == 0 && strcmp(again.hash, script->hash) == 0,
            "a canonical text stays as it is");
    PROMISE(again.n == script->n, "a canonical text has the statements of its script");
}

static inline void check_normal(const struct script *script)
{
    for (size_t i = 0; i < script->n; i++) {
        CLEANUP_STR struct str once = STR_INIT, twice = STR_INIT;

        sql_normalize(script->engine, script->statements[i].sql, script->statements[i].len, &once);
        sql_normalize(script->engine, str_text(&once), once.len, &twice);
        PROMISE(str_same(str_text(&once), str_text(&twice)), "a normal form stays as it is");
    }
}

static inline void check_dialect(enum engine_kind engine, const uint8_t *data, size_t size)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_DRAFT struct script_draft draft = {0};
    struct script script;
    int r = script_begin(&draft, &arena, engine, "001_x.sql", &e);

    if (r == E_OK)
        r = script_take_all(&draft, (const char *)data, size, &e);
    if (r == E_OK)
        r = script_end(&draft, &script, &e);
    if (r != E_OK) {
        PROMISE(e.code != E_OK && e.message[0], "what is refused says why");
        return;
    }
    check_again(&arena, &script);
    if (engine != ENGINE_MYSQL) /* two minus signs and a blank that a comment left are a comment */
        check_normal(&script);
}

#endif
