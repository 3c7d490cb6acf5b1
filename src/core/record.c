#include "core/port.h"

static const struct {
    const char *name;
    bool forced;
} rows[RECORDS] = {
    [RECORD_GROUP] = {"group", true},     [RECORD_DECIDING] = {"deciding", true},
    [RECORD_DECIDED] = {"decided", true}, [RECORD_ABORTED] = {"aborted", true},
    [RECORD_SETTLED] = {"settled", true}, [RECORD_REFUSED] = {"refused", false},
    [RECORD_END] = {"end", true},
};

const char *record_name(enum record_kind kind)
{
    return rows[kind].name;
}

bool record_is_forced(enum record_kind kind)
{
    return rows[kind].forced;
}
