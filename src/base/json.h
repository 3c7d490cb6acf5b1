/*
 * Reading and writing JSON, whole or not at all. When memory runs out, jansson's reader may take it
 * for a mistake in the text, or go on with a character less in a string, and its writer may leave a
 * key out; so its allocations are watched, unless a program that embeds us has given jansson memory
 * functions of its own.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

struct str;

/* E_OK; E_NOMEM; E_INVALID: no JSON, and `where` (NULL: nobody asks) says why not. The value is the
 * caller's. */
int json_read(const char *text, size_t len, size_t flags, json_t **value, json_error_t *where);
/* Behind what is in out. E_NOMEM leaves anything there. */
int json_write(const json_t *value, size_t flags, struct str *out);

void json_drop(json_t **value);
#define CLEANUP_JSON __attribute__((cleanup(json_drop)))

#endif
