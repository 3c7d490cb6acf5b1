#include "base/clock.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/error.h"
#include "base/number.h"

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
    int64_t us = (wall_us % 1000000 + 1000000) % 1000000; /* not negative before 1970 either */
    time_t seconds = (time_t)(wall_us / 1000000 - (wall_us % 1000000 < 0));
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, 32, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, 32 - n, ".%06uZ", (unsigned)us);
}

int64_t clock_parse_duration_ms(const char *text)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    uint64_t n;

    if (!number_read(&text, &n) || n > 1000000000)
        return -1;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (strcmp(text, units[i].unit) == 0)
            return (int64_t)n * units[i].ms;
    return -1;
}

bool clock_nap_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
    return true;
}

int random_bytes(void *bytes, size_t n)
{
    unsigned char *at = bytes;

    while (n > 0) {
        ssize_t got = getrandom(at, n, 0); /* more than 256 bytes may come in parts */

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return E_FATAL;
        at += got;
        n -= (size_t)got;
    }
    return E_OK;
}

int random_hex(char *text, size_t digits)
{
    unsigned char raw[64] = {0};

    text[0] = '\0';
    if (digits / 2 + 1 > sizeof raw || random_bytes(raw, digits / 2 + 1) != E_OK)
        return E_FATAL;
    for (size_t i = 0; i < digits; i++)
        text[i] = "0123456789abcdef"[(raw[i / 2] >> (i % 2 * 4)) & 15];
    text[digits] = '\0';
    return E_OK;
}

void clock_longest(atomic_llong *longest, int64_t since_us)
{
    long long held = since_us ? clock_mono_us() - since_us : 0, before = atomic_load(longest);

    while (held > before && !atomic_compare_exchange_weak(longest, &before, held))
        ;
}
