#include "engine/sqlite/barrier.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"

int barrier_add(struct barrier *b, dev_t dev, const char *path, struct error *e)
{
    CLEANUP_STR struct str dir = STR_INIT;
    struct barrier_fs fs = {.dev = dev};

    for (size_t i = 0; i < b->n; i++)
        if (b->fs[i].dev == dev)
            return E_OK;
    path_dir(&dir, path);
    if (!str_ok(&dir) || !array_room(&b->fs, b->n, &b->cap, sizeof fs))
        return error_oom(e);
    fs.fd = open(str_text(&dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fs.fd < 0)
        return error_errno(e, E_REFUSED, "open", str_text(&dir));
    b->one_by_one = b->one_by_one || !barrier_fits(str_text(&dir));
    b->fs[b->n++] = fs;
    return E_OK;
}

int barrier_sync(const struct barrier *b, struct error *e)
{
    for (size_t i = 0; i < b->n; i++)
        if (syncfs(b->fs[i].fd) != 0)
            return error_errno(e, E_REFUSED, "sync the file system of", "the tenants");
    return E_OK;
}

void barrier_free(struct barrier *b)
{
    for (size_t i = 0; i < b->n; i++)
        close(b->fs[i].fd);
    free(b->fs);
    *b = (struct barrier){0};
}

/* syncfs tells of write errors since Linux 5.8. */
static bool kernel_reports_sync_errors(void)
{
    struct utsname system;
    const char *at = system.release;
    uint64_t major, minor;

    if (uname(&system) != 0 || !number_read(&at, &major) || *at++ != '.' ||
        !number_read(&at, &minor))
        return false;
    return major > 5 || (major == 5 && minor >= 8);
}

bool barrier_fits(const char *path)
{
    struct statfs fs;

    if (!kernel_reports_sync_errors() || statfs(path, &fs) != 0)
        return false;
    switch ((unsigned long)fs.f_type) {
    case EXT4_SUPER_MAGIC:
    case XFS_SUPER_MAGIC:
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC:
    case OVERLAYFS_SUPER_MAGIC:
        return true;
    }
    return false;
}

int barrier_file(const char *path, struct error *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
    CLEANUP_STR struct str dir = STR_INIT;

    if (fd < 0 && errno != ENOENT)
        return error_errno(e, E_REFUSED, "open", path);
    if (fd >= 0 && fsync(fd) != 0)
        return error_errno(e, E_REFUSED, "sync", path);
    path_dir(&dir, path);
    return str_ok(&dir) ? dir_sync(str_text(&dir), e) : error_oom(e);
}
