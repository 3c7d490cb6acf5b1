/*
 * The one string type: a growing buffer, always terminated, that remembers a failed allocation.
 *
 * Appending never reports: after the last append ask str_ok() once. A failed str stays failed and
 * empty of promises; str_reset() makes it usable again.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;

struct str {
    char *data; /* NULL until the first append */
    size_t len; /* without the terminator */
    size_t cap;
    bool failed;
};

/* clang-format off */
#define STR_INIT {0}
/* clang-format on */

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const void *bytes, size_t n);
/* Appends text, and its failure: what is missing in it would be missing here. */
void str_join(struct str *s, const struct str *text);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *format, va_list args);
/* Room for n more bytes, to be written at data + len; NULL when out of memory. */
char *str_reserve(struct str *s, size_t n);

bool str_ok(const struct str *s);
const char *str_text(const struct str *s);                /* never NULL */
void str_reset(struct str *s);                            /* length 0, memory kept */
char *str_copy(const struct str *s, struct arena *arena); /* NULL when failed, or out of memory */
char *str_take(struct str *s); /* hands the buffer over (free()); NULL when failed */
void str_free(struct str *s);

bool str_same(const char *a, const char *b); /* NULL equals NULL only */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

#define CLEANUP_STR __attribute__((cleanup(str_free)))

#endif
