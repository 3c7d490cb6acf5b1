#include "base/number.h"

bool number_read(const char **at, uint64_t *n)
{
    const char *c = *at;
    uint64_t sum = 0;

    for (; *c >= '0' && *c <= '9'; c++)
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, (uint64_t)(*c - '0'), &sum))
            return false;
    if (c == *at)
        return false;
    *at = c;
    *n = sum;
    return true;
}

bool number_parse(const char *text, int64_t *n)
{
    uint64_t number;

    if (!number_read(&text, &number) || *text || number > INT64_MAX)
        return false;
    *n = (int64_t)number;
    return true;
}
