#include "base/engine.h"

#include "base/str.h"

static const char *const names[ENGINES] = {"sqlite", "postgres", "mysql", "exec"};

const char *engine_name(enum engine_kind engine)
{
    return names[engine];
}

enum engine_kind engine_of_name(const char *name)
{
    for (int i = 0; i < ENGINES; i++)
        if (str_same(names[i], name))
            return (enum engine_kind)i;
    return ENGINE_SQLITE;
}

enum engine_kind engine_of_url(const char *url)
{
    if (str_starts(url, "postgres://") || str_starts(url, "postgresql://"))
        return ENGINE_POSTGRES;
    if (str_starts(url, "mysql://") || str_starts(url, "mariadb://"))
        return ENGINE_MYSQL;
    return ENGINE_SQLITE;
}
