/* The past of a tenant, read from its history table by a stock connection. */
#ifndef ENGINE_SQLITE_PAST_H
#define ENGINE_SQLITE_PAST_H

#include <stdint.h>

struct error;
struct look;

/* wait_ms: for a writer that shuts readers out. Fills look->past, history, foreign. E_REFUSED: not
 * readable, corrupt; E_BUSY: held too long. */
int past_read(const char *path, int64_t wait_ms, struct look *look, struct error *e);

#endif
