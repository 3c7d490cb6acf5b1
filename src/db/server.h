/*
 * A database server as the configuration, a catalog's row or the run log names it: what it takes to
 * connect, and what bounds the work on it. Shared by whoever lists tenants and whoever connects.
 *
 * Secrets: `url` and `password` never reach a message, a log or a report; `shown` may.
 */
#ifndef DB_SERVER_H
#define DB_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"

struct server {
    const char *name; /* the block's title; "NAME/HOST:PORT/USER" for one that a row made of it */
    enum engine_kind engine;
    const char *url;           /* as given, with the database that is asked for lists and limits */
    const char *shown;         /* url without its password */
    const char *password;      /* from a file, an environment variable or a row; NULL: the client
                                  library's own ways (url, .pgpass, service file, my.cnf, environment) */
    const char *defaults_file; /* MySQL: an option file of the user's; NULL: the usual ones */
    bool as_written;           /* MySQL: ALTER TABLE runs without INSTANT or INPLACE asked for */
    uint32_t max_parallel;     /* tenants worked on at once; 0: worked out from the machine */
    uint32_t max_connections;  /* ours at once; 0: under half of what the server allows */
    unsigned line;             /* in the configuration; 0: none */
    struct exec *exec;         /* ENGINE_EXEC: the commands (db/exec.h); no url then */
};

struct arena;
struct str;

/* Appends what a part of a url stands for: %XX is one character. */
void server_add_decoded(struct str *out, const char *part, size_t n);
/* The password that stands in a url, as it is written there: its length; 0: none does. */
size_t server_password(const char *url, const char **password);
/* The url as it may be shown: without the user's password and parameters that are secrets. */
char *server_shown(struct arena *arena, const char *url); /* NULL: out of memory */

#endif
