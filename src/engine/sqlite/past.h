/* The past of a tenant, read from its history table by a stock connection. */
#ifndef ENGINE_SQLITE_PAST_H
#define ENGINE_SQLITE_PAST_H

struct error;
struct look;

enum { PAST_WAIT_MS = 2000 }; /* how long a look waits for a writer */

/* Fills look->past, history, foreign. E_REFUSED: not readable, corrupt; E_BUSY: held too long. */
int past_read(const char *path, struct look *look, struct error *e);

#endif
