/*
 * Text with ${name} in it, each of which stands for a value. `$$` is a dollar sign, and so is one
 * that nothing of this follows. A name is letters, digits, `_`, `-` and `.`.
 */
#ifndef BASE_TEMPLATE_H
#define BASE_TEMPLATE_H

#include <stddef.h>

struct error;
struct str;

/* The value of a name; NULL: there is none. */
typedef const char *(*template_value)(void *ctx, const char *name, size_t len);

/* Appends the text with its values. E_INVALID: a name without a value, or none between the braces
 * (both quoted). */
int template_expand(const char *text, template_value value, void *ctx, struct str *out,
                    struct error *e);

#endif
