/* Where tenants really lie: absolute paths with links resolved, as SQLite itself would spell them.
 */
#ifndef OP_PATHS_H
#define OP_PATHS_H

#include "base/mem.h"

struct error;

/* Resolves folders once for all tenants in them. */
struct path_resolver {
    char *dir;  /* the last folder asked for */
    char *real; /* and what it is */
};

/* In the arena. E_REFUSED: the folder cannot be reached. A link in the last component stays. */
int path_resolve(struct path_resolver *r, struct arena *arena, const char *path, char **real,
                 struct error *e);
/* All links, the last component's too. */
int path_follow(struct arena *arena, const char *path, char **real, struct error *e);
void path_resolver_free(struct path_resolver *r);

#endif
