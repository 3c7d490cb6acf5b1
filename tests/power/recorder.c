/*
 * Writes down what a program does to the disk: a shared object that is loaded ahead of libc.
 *
 * Every call below is carried out and noted under one lock, so the record has one order, and it is
 * the order in which things happened, whatever thread they came from. Noted are successful calls
 * that change files, names or what is durable; each with its data, and files by device and inode,
 * since names move. What is mapped is not seen: SQLite maps the -shm alone, which is made anew
 * after a crash.
 *
 * The output counts too: what a person has read is a promise. stdout is a stream of ours, flushed
 * line by line as on a terminal, and each line is noted at the moment it is handed over.
 *
 * POWER_RECORD   the file that the record is appended to
 * POWER_KILL     ends the program by SIGKILL after that many notes
 *
 * A record is a struct note, then two names, then the data. disk.py reads it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEEN __attribute__((visibility("default")))

enum kind {
    NOTE_CREATE = 1, /* a new file; without a name for O_TMPFILE */
    NOTE_WRITE,
    NOTE_SIZE,
    NOTE_LINK,
    NOTE_UNLINK,
    NOTE_RENAME,
    NOTE_MKDIR,
    NOTE_RMDIR,
    NOTE_MODE,
    NOTE_OWNER,
    NOTE_FSYNC,
    NOTE_SYNCFS,
    NOTE_SAID,
    NOTE_END,
};

struct note {
    uint32_t kind, mode, name_len, other_len;
    uint64_t dev, ino, offset, length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int record = -1;
static long left; /* notes until the kill; 0 for none */

static void put(const void *bytes, size_t n)
{
    const char *at = bytes;

    while (n > 0) {
        long r = syscall(SYS_write, record, at, n);

        if (r <= 0)
            _exit(125); /* a record with a hole is worth nothing */
        at += r;
        n -= (size_t)r;
    }
}

static void append(struct note *n, const char *name, const char *other, const void *data)
{
    if (record < 0)
        return;
    n->name_len = (uint32_t)strlen(name);
    n->other_len = (uint32_t)strlen(other);
    put(n, sizeof *n);
    put(name, n->name_len);
    put(other, n->other_len);
    if (data)
        put(data, n->length);
    if (left > 0 && --left == 0)
        raise(SIGKILL);
}

/* Is it a file or folder of a disk? Fills in which. */
static int of_disk(int fd, struct note *n)
{
    struct stat st;

    if (fstat(fd, &st) != 0 || !(S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
        return 0;
    n->dev = st.st_dev;
    n->ino = st.st_ino;
    n->mode = n->mode ? n->mode : st.st_mode & 07777;
    return 1;
}

/* Starts with the working folder unless it is absolute already; dirfd is nowhere needed but here.
 */
static const char *full(int dirfd, const char *path, char *to, size_t size)
{
    char self[64], base[4096];
    ssize_t n;

    if (path[0] == '/')
        return path;
    snprintf(self, sizeof self, "/proc/self/fd/%d", dirfd);
    n = readlink(dirfd == AT_FDCWD ? "/proc/self/cwd" : self, base, sizeof base - 1);
    base[n > 0 ? n : 0] = '\0';
    if ((size_t)snprintf(to, size, "%s/%s", base, path) >= size)
        _exit(125);
    return to;
}

static void note_fd(enum kind kind, int fd, uint64_t offset, uint64_t length, const void *data)
{
    struct note n = {.kind = kind, .offset = offset, .length = length};

    if (of_disk(fd, &n))
        append(&n, "", "", data);
}

static void note_names(enum kind kind, const char *name, const char *other, uint32_t mode)
{
    struct note n = {.kind = kind, .mode = mode};
    char a[8192], b[8192];
    struct stat st;

    if (kind == NOTE_MKDIR && stat(name, &st) == 0) {
        n.dev = st.st_dev;
        n.ino = st.st_ino;
    }
    append(&n, full(AT_FDCWD, name, a, sizeof a), full(AT_FDCWD, other, b, sizeof b), NULL);
}

static long begin(void)
{
    pthread_mutex_lock(&lock);
    return 0;
}

static long end(long r)
{
    int sys = errno;

    pthread_mutex_unlock(&lock);
    errno = sys;
    return r;
}

/* --- opening --- */

static int is_tmpfile(int flags)
{
    return (flags & O_TMPFILE) == O_TMPFILE;
}

static void note_open(int fd, const char *path, int flags, int there)
{
    struct note n = {.kind = NOTE_CREATE};

    if (!of_disk(fd, &n))
        return;
    if (is_tmpfile(flags) || !there)
        append(&n, is_tmpfile(flags) ? "" : path, "", NULL);
    else if (flags & O_TRUNC)
        note_fd(NOTE_SIZE, fd, 0, 0, NULL);
}

static int open_at(int dirfd, const char *path, int flags, mode_t mode)
{
    char buffer[8192];
    int there = 1, fd;

    if (!(flags & (O_CREAT | O_TRUNC)) && !is_tmpfile(flags))
        return (int)syscall(SYS_openat, dirfd, path, flags, mode);
    begin();
    path = full(dirfd, path, buffer, sizeof buffer);
    if (flags & O_CREAT)
        there = access(path, F_OK) == 0;
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0)
        note_open(fd, path, flags, there);
    return (int)end(fd);
}

static mode_t mode_of(int flags, va_list more)
{
    return (flags & O_CREAT) || is_tmpfile(flags) ? va_arg(more, mode_t) : 0;
}

#define OPEN(name)                                                                                 \
    SEEN int name(const char *path, int flags, ...)                                                \
    {                                                                                              \
        va_list more;                                                                              \
        mode_t mode;                                                                               \
                                                                                                   \
        va_start(more, flags);                                                                     \
        mode = mode_of(flags, more);                                                               \
        va_end(more);                                                                              \
        return open_at(AT_FDCWD, path, flags, mode);                                               \
    }

#define OPENAT(name)                                                                               \
    SEEN int name(int dirfd, const char *path, int flags, ...)                                     \
    {                                                                                              \
        va_list more;                                                                              \
        mode_t mode;                                                                               \
                                                                                                   \
        va_start(more, flags);                                                                     \
        mode = mode_of(flags, more);                                                               \
        va_end(more);                                                                              \
        return open_at(dirfd, path, flags, mode);                                                  \
    }

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

SEEN int creat(const char *path, mode_t mode)
{
    return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* --- content --- */

static ssize_t pwrite_noted(int fd, const void *bytes, size_t n, off_t at)
{
    long r = begin();

    r = syscall(SYS_pwrite64, fd, bytes, n, at);
    if (r > 0)
        note_fd(NOTE_WRITE, fd, (uint64_t)at, (uint64_t)r, bytes);
    return end(r);
}

SEEN ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    return pwrite_noted(fd, bytes, n, at);
}

SEEN ssize_t pwrite64(int fd, const void *bytes, size_t n, off_t at)
{
    return pwrite_noted(fd, bytes, n, at);
}

SEEN ssize_t write(int fd, const void *bytes, size_t n)
{
    long r = begin();

    r = syscall(SYS_write, fd, bytes, n);
    if (r > 0)
        note_fd(NOTE_WRITE, fd, (uint64_t)(lseek(fd, 0, SEEK_CUR) - r), (uint64_t)r, bytes);
    return end(r);
}

static int size_noted(int fd, off_t size)
{
    long r = begin();

    r = syscall(SYS_ftruncate, fd, size);
    if (r == 0)
        note_fd(NOTE_SIZE, fd, (uint64_t)size, 0, NULL);
    return (int)end(r);
}

SEEN int ftruncate(int fd, off_t size)
{
    return size_noted(fd, size);
}

SEEN int ftruncate64(int fd, off_t size)
{
    return size_noted(fd, size);
}

/* --- names --- */

SEEN int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
    struct note n = {.kind = NOTE_LINK};
    char buffer[8192];
    struct stat st;
    long r = begin();

    r = syscall(SYS_linkat, from_fd, from, to_fd, to, flags);
    if (r == 0 && fstatat(to_fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        n.dev = st.st_dev;
        n.ino = st.st_ino;
        append(&n, full(to_fd, to, buffer, sizeof buffer), "", NULL);
    }
    return (int)end(r);
}

SEEN int link(const char *from, const char *to)
{
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static long noted(long r, enum kind kind, const char *name, const char *other, mode_t mode)
{
    if (r == 0)
        note_names(kind, name, other, mode);
    return end(r);
}

SEEN int unlink(const char *path)
{
    begin();
    return (int)noted(syscall(SYS_unlinkat, AT_FDCWD, path, 0), NOTE_UNLINK, path, "/", 0);
}

SEEN int rename(const char *from, const char *to)
{
    begin();
    return (int)noted(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0), NOTE_RENAME, from,
                      to, 0);
}

SEEN int mkdir(const char *path, mode_t mode)
{
    begin();
    return (int)noted(syscall(SYS_mkdirat, AT_FDCWD, path, mode), NOTE_MKDIR, path, "/", mode);
}

SEEN int rmdir(const char *path)
{
    begin();
    return (int)noted(syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR), NOTE_RMDIR, path, "/",
                      0);
}

SEEN int fchmod(int fd, mode_t mode)
{
    long r = begin();

    r = syscall(SYS_fchmod, fd, mode);
    if (r == 0)
        note_fd(NOTE_MODE, fd, mode, 0, NULL);
    return (int)end(r);
}

SEEN int fchown(int fd, uid_t uid, gid_t gid)
{
    long r = begin();

    r = syscall(SYS_fchown, fd, uid, gid);
    if (r == 0)
        note_fd(NOTE_OWNER, fd, (uint64_t)gid << 32 | uid, 0, NULL);
    return (int)end(r);
}

/* --- durability --- */

static int sync_noted(long number, enum kind kind, int fd)
{
    long r = begin();

    r = syscall(number, fd);
    if (r == 0)
        note_fd(kind, fd, 0, 0, NULL);
    return (int)end(r);
}

SEEN int fsync(int fd)
{
    return sync_noted(SYS_fsync, NOTE_FSYNC, fd);
}

SEEN int fdatasync(int fd)
{
    return sync_noted(SYS_fdatasync, NOTE_FSYNC, fd);
}

SEEN int syncfs(int fd)
{
    return sync_noted(SYS_syncfs, NOTE_SYNCFS, fd);
}

/* --- what it says --- */

static ssize_t say(void *cookie, const char *text, size_t n)
{
    struct note said = {.kind = NOTE_SAID, .length = n};
    size_t done = 0;

    (void)cookie;
    begin();
    while (done < n) {
        long r = syscall(SYS_write, STDOUT_FILENO, text + done, n - done);

        if (r <= 0)
            return end(0);
        done += (size_t)r;
    }
    append(&said, "", "", text);
    return end((long)n);
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("POWER_RECORD"), *kill_at = getenv("POWER_KILL");
    cookie_io_functions_t calls = {.write = say};

    if (!path)
        return;
    record =
        (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    left = kill_at ? strtol(kill_at, NULL, 10) : 0;
    stdout = fopencookie(NULL, "w", calls);
    if (record < 0 || !stdout)
        _exit(125);
    setvbuf(stdout, NULL, _IOLBF, 0);
}

__attribute__((destructor)) static void finish(void)
{
    struct note n = {.kind = NOTE_END};

    fflush(stdout);
    begin();
    append(&n, "", "", NULL);
    end(0);
}
