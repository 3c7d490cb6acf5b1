/* Which name was meant? For "unknown X; did you mean Y". */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap neighbours; case is free) from a to b; names over 63 bytes
 * are far from everything. */
unsigned name_distance(const char *a, const char *b);
/* The nearest of n names when it is near enough to be a slip, otherwise NULL. */
const char *name_nearest(const char *wrong, const char *const *names, size_t n);

#endif
