/* A configuration of any text is read or refused with a line; what is read keeps its bounds. */
#include "base/error.h"
#include "base/str.h"
#include "config/parse.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str text = STR_INIT;
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct config config = {.file = "lockstep.conf"};

    str_addn(&text, (const char *)data, size);
    if (config_parse(".", &text, &config, &e) == E_OK) {
        PROMISE(config.jobs > 0, "a configuration has a thread to work with");
        PROMISE(config.lock_timeout_ms >= 0 && config.max_hold_ms >= 0, "no time is negative");
    } else {
        PROMISE(e.code != E_OK, "what is refused says why");
    }
    config_free(&config);
    return 0;
}
