#include "engine/sqlite/look.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "engine/sqlite/history.h"
#include "engine/sqlite/lock.h"
#include "engine/sqlite/past.h"
#include "engine/sqlite/side.h"

enum { PAGE_SIZE_AT = 16, MODE_AT = 18, RESERVED_AT = 20, ENCODING_AT = 59, BTREE_AT = 100 };
enum { UTF8 = 1, LEAF_TABLE = 13 };

static int cannot_open(const char *path, struct error *e)
{
    switch (errno) {
    case ELOOP:
        return error_set(e, E_CHANGED, "is a symbolic link");
    case ENOENT:
        return error_set(e, E_REFUSED, "there is no such file");
    case EISDIR:
        return error_set(e, E_REFUSED, "is a folder");
    case EACCES:
    case EPERM:
    case EROFS:
        break;
    default:
        return error_errno(e, E_REFUSED, "open", path);
    }
    if (access(path, R_OK) == 0)
        return error_set(e, E_REFUSED, "is read-only: %s", strerror(errno));
    return error_set(e, E_REFUSED, "cannot be read: %s", strerror(errno));
}

static bool on_network(int fd)
{
    struct statfs fs;

    if (fstatfs(fd, &fs) != 0)
        return false;
    switch ((unsigned long)fs.f_type) {
    case NFS_SUPER_MAGIC:
    case SMB_SUPER_MAGIC:
    case SMB2_SUPER_MAGIC:
    case CIFS_SUPER_MAGIC:
    case CEPH_SUPER_MAGIC:
    case AFS_SUPER_MAGIC:
    case CODA_SUPER_MAGIC:
    case V9FS_MAGIC:
        return true;
    }
    return false;
}

static int stamp(struct look *look, struct error *e)
{
    struct stat st;

    if (fstat(look->fd, &st) != 0)
        return error_set(e, E_REFUSED, "cannot be looked at: %s", strerror(errno));
    if (S_ISDIR(st.st_mode))
        return error_set(e, E_REFUSED, "is a folder");
    if (!S_ISREG(st.st_mode))
        return error_set(e, E_REFUSED, "is not a regular file");
    if (st.st_nlink > 1)
        return error_set(e, E_REFUSED,
                         "has %lu names (hard links): under another name its journal would not be "
                         "found",
                         (unsigned long)st.st_nlink);
    stamp_stat(&st, &look->stamp);
    return E_OK;
}

static uint32_t page_size(const unsigned char *header)
{
    uint32_t size = (uint32_t)header[PAGE_SIZE_AT] << 8 | header[PAGE_SIZE_AT + 1];

    return size == 1 ? 65536 : size;
}

static int check_header(struct look *look, size_t got, struct error *e)
{
    const unsigned char *h = look->stamp.header;

    look->page_size = page_size(h);
    if (got < STAMP_HEADER || memcmp(h, "SQLite format 3", 16) != 0)
        return error_set(e, E_REFUSED, "is not an SQLite database (or is encrypted)");
    if (look->page_size < 512 || (look->page_size & (look->page_size - 1)))
        return error_set(e, E_REFUSED, "is corrupt: it names a page size of %u", look->page_size);
    if (h[RESERVED_AT] != 0)
        return error_set(e, E_REFUSED,
                         "has reserved bytes in its pages (a checksum or encryption extension)");
    if (h[MODE_AT] > 2 || h[MODE_AT + 1] > 2)
        return error_set(e, E_REFUSED, "is of a newer SQLite format");
    look->wal = h[MODE_AT] == 2 && h[MODE_AT + 1] == 2;
    return E_OK;
}

int look_open(const char *path, bool known_quiet, struct look *look, struct error *e)
{
    size_t got = 0;
    int r;

    *look = (struct look)LOOK_INIT;
    look->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (look->fd < 0)
        return cannot_open(path, e);
    r = stamp(look, e);
    if (r == E_OK && on_network(look->fd))
        r = error_set(e, E_REFUSED,
                      "lies on a network file system, whose locks cannot be relied on");
    if (r == E_OK && file_pread(look->fd, look->stamp.header, STAMP_HEADER, 0, &got) != 0)
        r = error_set(e, E_REFUSED, "cannot be read: %s", strerror(errno));
    if (r == E_OK && look->stamp.size > 0)
        r = check_header(look, got, e);
    if (r != E_OK)
        return r;
    look->live = look->wal && tenant_lock_is_live(look->fd);
    look->quiet = known_quiet || !side_any(path);
    return E_OK;
}

/* Page 1 is the root of the schema; a leaf there is the whole schema. In UTF-16 the name that is
 * looked for is spelled otherwise. */
static bool page_one_tells(const struct look *look, unsigned char *page)
{
    struct tenant_lock lock = {.fd = look->fd};
    size_t got = 0;

    if (!look->quiet || look->live || tenant_lock_shared(&lock) != E_OK)
        return false;
    return file_pread(look->fd, page, look->page_size, 0, &got) == 0 && got == look->page_size &&
           page[ENCODING_AT] <= UTF8 && page[BTREE_AT] == LEAF_TABLE &&
           !memmem(page, got, HISTORY_TABLE, strlen(HISTORY_TABLE));
}

int look_read(const char *path, int64_t wait_ms, struct look *look, struct error *e)
{
    unsigned char page[65536];

    if (look->stamp.size == 0)
        return E_OK;
    if (page_one_tells(look, page)) {
        look->foreign = page[BTREE_AT + 3] || page[BTREE_AT + 4];
        return E_OK;
    }
    /* Our own descriptor's locks would be in the way of the connection, and its close is harmless.
     */
    close_fd(&look->fd);
    return past_read(path, wait_ms, look, e);
}

void look_close(struct look *look)
{
    close_fd(&look->fd);
    str_free(&look->past);
}
