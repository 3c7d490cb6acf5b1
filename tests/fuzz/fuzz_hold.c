/* The text in a lock file, of any bytes, names a holder or none; who is named can be told, on one
 * line of whole characters. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "fuzz.h"
#include "store/holder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    CLEANUP_STR struct str text = STR_INIT, line = STR_INIT;
    struct holder holder, again;

    if (holder_read((const char *)data, size, &holder) != E_OK) {
        PROMISE(holder.pid == 0 && !holder.run[0], "who is not named whole is not named");
        return 0;
    }
    PROMISE(holder.pid > 0, "who is named has a pid");
    PROMISE(holder_held(&holder, &e) == E_HELD && e.code == E_HELD, "the fleet is held");
    error_render(&e, &text);
    PROMISE(!strchr(str_text(&text), '\n'), "an error is one line");
    PROMISE(holder_write(&holder, &line) == E_OK &&
                holder_read(line.data, line.len, &again) == E_OK,
            "who is named can be written");
    PROMISE(again.pid == holder.pid && again.since_us == holder.since_us &&
                str_same(again.run, holder.run) && str_same(again.command, holder.command),
            "a holder is written as he was read");
    return 0;
}
