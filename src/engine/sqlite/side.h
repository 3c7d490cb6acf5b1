/*
 * Side files: what the engine creates next to a tenant must belong to whom the tenant belongs, with
 * its mode, from the moment it has a name. Otherwise a kill in between locks the owner out.
 */
#ifndef ENGINE_SQLITE_SIDE_H
#define ENGINE_SQLITE_SIDE_H

#include <stdbool.h>
#include <sys/types.h>

struct owner {
    uid_t uid;
    gid_t gid;
    mode_t mode; /* permission bits */
};

/* Creates path, which must not exist (errno EEXIST). The descriptor, or -1 with errno. */
int side_create(const char *path, const struct owner *owner);

/* Does a journal or a WAL lie beside this tenant? Also true when that cannot be told. */
bool side_any(const char *tenant);

/* Acts as the owner on files from here on, in this thread only, where we may (root); side_self()
 * goes back. Returns whether anything changed. */
bool side_act_as(const struct owner *owner);
void side_self(void);

#endif
