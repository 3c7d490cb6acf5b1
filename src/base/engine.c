#include "base/engine.h"

#include "base/str.h"

const char *engine_name(enum engine_kind engine)
{
    static const char *const names[ENGINES] = {"sqlite", "postgres", "mysql", "exec"};

    return names[engine];
}

enum engine_kind engine_of_url(const char *url)
{
    if (str_starts(url, "postgres://") || str_starts(url, "postgresql://"))
        return ENGINE_POSTGRES;
    if (str_starts(url, "mysql://") || str_starts(url, "mariadb://"))
        return ENGINE_MYSQL;
    return ENGINE_SQLITE;
}
