/*
 * A file for each tenant in the state folder. The lock belongs to the open file, which the command
 * inherits: it is held until the last process that has it open is gone, ours or not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/exec/link.h"

static int refuse(const struct exec *exec, const char *path, int fd, struct error *e)
{
    char who[32] = "";
    ssize_t n = pread(fd, who, sizeof who - 1, 0);

    who[n > 0 ? n : 0] = '\0';
    who[strcspn(who, "\n")] = '\0';
    error_set(e, E_BUSY, "a command of %s is still at work on it (begun by process %s)",
              exec->block.name, who[0] ? who : "?");
    error_hint(e, "it has %s open (lsof, fuser); end it, or wait for it", path);
    return E_BUSY;
}

/* For people: who took it last. That a disk is full must keep no tenant from being brought back. */
static void sign(int fd)
{
    char who[32];
    int n = snprintf(who, sizeof who, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) == 0)
        (void)file_pwrite(fd, who, (size_t)n, 0);
}

static int take(const struct exec *exec, const char *path, bool alone, int fd, struct error *e)
{
    int r;

    if (alone)
        exec_end_survivors(path, false);
    r = flock(fd, LOCK_EX | LOCK_NB);
    if (r != 0 && errno == EWOULDBLOCK && alone) {
        exec_end_survivors(path, true);
        r = flock(fd, LOCK_EX | LOCK_NB);
    }
    if (r != 0)
        return errno == EWOULDBLOCK ? refuse(exec, path, fd, e)
                                    : error_errno(e, E_REFUSED, "lock", path);
    sign(fd);
    return E_OK;
}

int exec_lock_path(const struct exec *exec, const char *id, struct str *path)
{
    char name[HASH_TEXT];

    if (hash_text(id, strlen(id), name) != E_OK)
        return E_NOMEM;
    str_addf(path, "%s/%.32s", exec->locks, name);
    return str_ok(path) ? E_OK : E_NOMEM;
}

int exec_lock(const struct exec *exec, const char *id, bool alone, int *fd, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    int r;

    *fd = -1;
    if (exec_lock_path(exec, id, &path) != E_OK)
        return error_oom(e);
    if (dir_make(exec->locks, 0777, e) != E_OK)
        return E_REFUSED;
    *fd = open(str_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    r = *fd < 0 ? error_errno(e, E_REFUSED, "open", str_text(&path))
                : take(exec, str_text(&path), alone, *fd, e);
    if (r != E_OK) {
        close_fd(fd);
        *fd = -1;
    }
    return r;
}
