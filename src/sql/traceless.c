#include "sql/traceless.h"

#include "sql/judge.h"

bool sql_is_traceless(enum engine_kind engine, const char *sql, size_t len)
{
    switch (engine) {
    case ENGINE_POSTGRES:
        return postgres_is_traceless(sql, len);
    case ENGINE_MYSQL:
        return mysql_is_traceless(sql, len);
    default:
        return false;
    }
}
