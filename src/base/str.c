#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

char *str_reserve(struct str *s, size_t n)
{
    size_t cap = s->cap ? s->cap : 64;
    char *data;

    if (s->failed || n > SIZE_MAX / 4 || s->len > SIZE_MAX / 4) {
        s->failed = true;
        return NULL;
    }
    while (cap < s->len + n + 1)
        cap *= 2;
    if (cap != s->cap) {
        data = realloc(s->data, cap);
        if (!data) {
            s->failed = true;
            return NULL;
        }
        s->data = data;
        s->cap = cap;
        s->data[s->len] = '\0';
    }
    return s->data + s->len;
}

void str_addn(struct str *s, const void *bytes, size_t n)
{
    char *to = str_reserve(s, n);

    if (!to)
        return;
    if (n > 0)
        memcpy(to, bytes, n);
    to[n] = '\0';
    s->len += n;
}

void str_add(struct str *s, const char *text)
{
    str_addn(s, text, strlen(text));
}

void str_join(struct str *s, const struct str *text)
{
    str_addn(s, str_text(text), text->len);
    s->failed = s->failed || text->failed;
}

void str_addc(struct str *s, char c)
{
    str_addn(s, &c, 1);
}

void str_addv(struct str *s, const char *format, va_list args)
{
    va_list again;
    int n;
    char *to;

    va_copy(again, args);
    n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    to = n < 0 ? NULL : str_reserve(s, (size_t)n);
    if (!to) {
        s->failed = true;
        return;
    }
    vsnprintf(to, (size_t)n + 1, format, args);
    s->len += (size_t)n;
}

void str_addf(struct str *s, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    str_addv(s, format, args);
    va_end(args);
}

bool str_ok(const struct str *s)
{
    return !s->failed;
}

const char *str_text(const struct str *s)
{
    return s->data ? s->data : "";
}

void str_reset(struct str *s)
{
    s->len = 0;
    s->failed = false;
    if (s->data)
        s->data[0] = '\0';
}

char *str_copy(const struct str *s, struct arena *arena)
{
    return s->failed ? NULL : arena_copyn(arena, str_text(s), s->len);
}

char *str_take(struct str *s)
{
    char *data;

    if (!s->data)
        str_addn(s, "", 0);
    data = s->failed ? NULL : s->data;
    if (!data)
        free(s->data);
    *s = (struct str)STR_INIT;
    return data;
}

void str_free(struct str *s)
{
    free(s->data);
    *s = (struct str)STR_INIT;
}

bool str_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);

    return n >= m && memcmp(text + n - m, suffix, m) == 0;
}
