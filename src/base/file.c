#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

int file_pread(int fd, void *bytes, size_t n, off_t at, size_t *got)
{
    *got = 0;
    while (*got < n) {
        ssize_t r = pread(fd, (char *)bytes + *got, n - *got, at + (off_t)*got);

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -1;
        if (r == 0)
            break;
        *got += (size_t)r;
    }
    return 0;
}

int file_pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = pwrite(fd, (const char *)bytes + done, n - done, at + (off_t)done);

        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0) {
            errno = r == 0 ? ENOSPC : errno;
            return -1;
        }
        done += (size_t)r;
    }
    return 0;
}

static int read_all(int fd, const char *path, size_t max, struct str *out, struct error *e)
{
    size_t start = out->len;

    for (;;) {
        char *to = str_reserve(out, 64 * 1024);
        ssize_t r;

        if (!to)
            return error_oom(e);
        r = read(fd, to, 64 * 1024);
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return error_errno(e, E_REFUSED, "read", path);
        out->len += (size_t)r;
        out->data[out->len] = '\0';
        if (r == 0)
            return E_OK;
        if (out->len - start > max)
            return error_set(e, E_INVALID, "%s is larger than %zu bytes", path, max);
    }
}

int file_read(const char *path, size_t max, struct str *out, struct error *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return error_errno(e, errno == ENOENT ? E_MISSING : E_REFUSED, "open", path);
    return read_all(fd, path, max, out, e);
}

static int fill(int fd, const char *path, mode_t mode, const void *bytes, size_t n, struct error *e)
{
    if (fchmod(fd, mode) != 0)
        return error_errno(e, E_REFUSED, "set the mode of", path);
    if (file_pwrite(fd, bytes, n, 0) != 0)
        return error_errno(e, E_REFUSED, "write", path);
    if (fsync(fd) != 0)
        return error_errno(e, E_REFUSED, "sync", path);
    return E_OK;
}

int file_create(const char *path, mode_t mode, const void *bytes, size_t n, struct error *e)
{
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    int rc;

    if (fd < 0)
        return error_errno(e, E_REFUSED, "create", path);
    rc = fill(fd, path, mode, bytes, n, e);
    if (rc != E_OK)
        unlink(path); /* O_EXCL: it is ours */
    return rc;
}

int dir_sync(const char *path, struct error *e)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return error_errno(e, E_REFUSED, "open", path);
    if (fsync(fd) != 0)
        return error_errno(e, E_REFUSED, "sync", path);
    return E_OK;
}

/* True when path is a folder now; otherwise errno says why not. */
static bool make_one(const char *path, mode_t mode)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return true;
    if (errno != EEXIST || stat(path, &st) != 0)
        return false;
    errno = ENOTDIR;
    return S_ISDIR(st.st_mode);
}

int dir_make(const char *path, mode_t mode, struct error *e)
{
    CLEANUP_STR struct str parent = STR_INIT;

    if (make_one(path, mode))
        return E_OK;
    if (errno != ENOENT)
        return error_errno(e, E_REFUSED, "create the folder", path);
    path_dir(&parent, path);
    if (!str_ok(&parent))
        return error_oom(e);
    if (str_same(str_text(&parent), path) || dir_make(str_text(&parent), mode, NULL) != E_OK ||
        !make_one(path, mode))
        return error_errno(e, E_REFUSED, "create the folder", path);
    return E_OK;
}

void path_join(struct str *out, const char *dir, const char *name)
{
    if (name[0] != '/' && dir[0] && !str_same(dir, ".")) {
        str_add(out, dir);
        if (!str_ends(dir, "/"))
            str_addc(out, '/');
    }
    str_add(out, name);
}

void path_dir(struct str *out, const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        str_add(out, ".");
    else if (slash == path)
        str_add(out, "/");
    else
        str_addn(out, path, (size_t)(slash - path));
}

const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}
