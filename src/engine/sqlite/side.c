#include "engine/sqlite/side.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

/* Nothing to hand over: created plainly, the file is the owner's; its mode is then only widened. */
static bool is_plain(const struct owner *owner)
{
    return owner->uid == geteuid() && owner->gid == getegid() && (owner->mode & 0077) == 0044;
}

static int create_plain(const char *path, mode_t mode)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) != mode)
        fchmod(fd, mode);
    return fd;
}

static int link_to(int fd, const char *path)
{
    char self[64];

    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

/*
 * Root gives the file away. Anybody else gives it to the tenant's group where he may; what counts
 * is that the owner can use it: as himself, through the group, or as everybody.
 */
static int hand_over(int fd, const struct owner *owner)
{
    bool group = owner->gid == getegid();

    if (owner->uid == geteuid() && group)
        return 0;
    if (geteuid() == 0)
        return fchown(fd, owner->uid, owner->gid);
    group = group || fchown(fd, (uid_t)-1, owner->gid) == 0;
    if (owner->uid == geteuid() || (group && (owner->mode & 0060) == 0060) ||
        (owner->mode & 0006) == 0006)
        return 0;
    errno = EPERM;
    return -1;
}

/* Made without a name, handed over, and only then linked into the folder. */
static int create_for(const char *path, const struct owner *owner)
{
    CLEANUP_STR struct str dir = STR_INIT;
    const char *slash = path;
    int fd;

    for (const char *p = path; *p; p++)
        if (*p == '/')
            slash = p;
    str_addn(&dir, path, (size_t)(slash - path) + 1);
    if (!str_ok(&dir)) {
        errno = ENOMEM;
        return -1;
    }
    fd = open(str_text(&dir), O_TMPFILE | O_RDWR | O_CLOEXEC, owner->mode);
    if (fd < 0)
        return -1;
    if (hand_over(fd, owner) != 0 || fchmod(fd, owner->mode) != 0 || link_to(fd, path) != 0) {
        int sys = errno;

        close(fd);
        errno = sys;
        return -1;
    }
    return fd;
}

int side_create(const char *path, const struct owner *owner)
{
    return is_plain(owner) ? create_plain(path, owner->mode) : create_for(path, owner);
}

bool side_act_as(const struct owner *owner)
{
    if (geteuid() != 0 || (owner->uid == 0 && owner->gid == 0))
        return false;
    setfsgid(owner->gid);
    setfsuid(owner->uid);
    return true;
}

void side_self(void)
{
    setfsuid(geteuid());
    setfsgid(getegid());
}

static bool is_beside(const char *tenant, const char *suffix)
{
    CLEANUP_STR struct str path = STR_INIT;

    str_addf(&path, "%s%s", tenant, suffix);
    return !str_ok(&path) || access(str_text(&path), F_OK) == 0;
}

bool side_any(const char *tenant)
{
    return is_beside(tenant, "-journal") || is_beside(tenant, "-wal");
}
