/*
 * The TARGET of a command line, any text, over migrations of which some are applied and one has no
 * file any more: it is refused with a reason, or is a version that there is (0 is base).
 */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "fuzz.h"
#include "plan/work.h"

static struct migration migrations[] = {
    {.version = 1, .digits = "1", .name = "a"},
    {.version = 5, .digits = "5", .name = "b"},
    {.version = 999999999999999999, .digits = "9", .name = "c"}};
static struct applied applied[] = {{.version = 1}, {.version = 3}, {.version = 5}};
static const struct lineage low = {applied, 1}, high = {applied, 3};
static struct past pasts[] = {{.lineage = &low, .version = 1, .tenants = 1},
                              {.lineage = &high, .version = 5, .tenants = 2}};

/* 3 has no file: it can be named to go down to, and counted. */
static bool is_there(uint64_t version, const char *text, enum plan_direction direction)
{
    for (size_t i = 0; i < sizeof migrations / sizeof *migrations; i++)
        if (migrations[i].version == version)
            return true;
    return !version || (version == 3 && (direction == PLAN_DOWN || text[0] == '-'));
}

static void resolve(const char *text, enum plan_direction direction, size_t n_pasts)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    const struct source source = {
        .dir = "m", .migrations = migrations, .n = sizeof migrations / sizeof *migrations};
    const struct plan_request request = {.direction = direction, .target = text};
    struct plan plan = {.direction = direction};
    struct work w = {.sources = &source,
                     .source = &source,
                     .request = &request,
                     .plan = &plan,
                     .pasts = pasts,
                     .n_pasts = n_pasts};

    if (plan_target(&w, &e) != E_OK)
        PROMISE(e.code == E_INVALID && e.message[0], "what is refused says why");
    else
        PROMISE(is_there(plan.target, text, direction) && plan.n_beyond <= 3,
                "a target is a version");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str text = STR_INIT;

    text_of(data, size, &text);
    for (size_t n = 0; n <= sizeof pasts / sizeof *pasts; n++) {
        resolve(str_text(&text), PLAN_UP, n);
        resolve(str_text(&text), PLAN_DOWN, n);
    }
    return 0;
}
