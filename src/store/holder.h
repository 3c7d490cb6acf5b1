/* The text that says who holds the fleet. Inside the store. */
#ifndef STORE_HOLDER_H
#define STORE_HOLDER_H

#include <stddef.h>

#include "store/hold.h"

struct str;

enum { HOLDER_LINE = 512 }; /* the longest text, one line */

/* E_OK; E_INVALID (it does not fit into HOLDER_LINE), E_NOMEM. */
int holder_write(const struct holder *holder, struct str *line);
/* E_OK; E_INVALID (no whole line) and E_NOMEM leave *holder all zero. */
int holder_read(const char *line, size_t n, struct holder *holder);
/* E_HELD, which names the holder. */
int holder_held(const struct holder *holder, struct error *e);

#endif
