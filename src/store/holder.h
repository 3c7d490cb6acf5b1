/* The text that says who holds the fleet. Inside the store. */
#ifndef STORE_HOLDER_H
#define STORE_HOLDER_H

#include <stddef.h>

#include "store/hold.h"

enum { HOLDER_LINE = 512 }; /* the longest text, one line */

/* How long the line is; 0 when it does not fit, or out of memory. */
size_t holder_write(const struct holder *holder, char line[HOLDER_LINE]);
/* Is it whole? If not, *holder is all zero. */
bool holder_read(const char *line, size_t n, struct holder *holder);
/* E_HELD, which names the holder. */
int holder_held(const struct holder *holder, struct error *e);

#endif
