#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/error.h"

static int64_t now_us(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_mono_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME);
}

void clock_text(int64_t wall_us, char text[32])
{
    time_t seconds = (time_t)(wall_us / 1000000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, 32 - n, ".%06uZ", (unsigned)(wall_us % 1000000));
}

int64_t clock_parse_duration_ms(const char *text)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    char *end;
    long long n;

    if (text[0] < '0' || text[0] > '9')
        return -1;
    errno = 0;
    n = strtoll(text, &end, 10);
    if (errno || n > 1000000000)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(end, units[i].unit) == 0)
            return n * units[i].ms;
    return -1;
}

int random_bytes(void *bytes, size_t n)
{
    return getrandom(bytes, n, 0) == (ssize_t)n ? E_OK : E_FATAL;
}

int random_hex(char *text, size_t digits)
{
    unsigned char raw[64];

    text[0] = '\0';
    if (digits / 2 + 1 > sizeof raw || random_bytes(raw, digits / 2 + 1) != E_OK)
        return E_FATAL;
    for (size_t i = 0; i < digits; i++)
        text[i] = "0123456789abcdef"[(raw[i / 2] >> (i % 2 * 4)) & 15];
    text[digits] = '\0';
    return E_OK;
}
