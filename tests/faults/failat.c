/*
 * Loaded into the program with LD_PRELOAD, it counts the calls of one kind and lets the n-th fail:
 * once, or that one and all that follow. Calls count from main on. The environment says what it
 * does:
 *
 * FAILAT_KIND: one of the names below; for counting also "all".
 * FAILAT_AT: n, from 1; 0 only counts.
 * FAILAT_STAY: when set, it fails for good.
 * FAILAT_HOW: "short" (half of a write arrives), "kill" (the process ends before the call), or an
 * errno. FAILAT_REPORT: a file for the call that failed first, its path, and the stack it was made
 * from. When counting, a line a call: a hash of those frames of the stack that are the program's
 * own, which tells places apart, the call and its path.
 *
 * FAILAT_SERVE: in serve.c. Clocks and random numbers are steady.c's.
 *
 * Standard output and error are not counted: stdio does not come by here.
 */
#include <dirent.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failat.h"

enum kind { ALLOC, WRITE, READ, SYNC, OPEN, UNLINK, NAME, SIZE, MAP, THREAD, KINDS };

static const char *const names[KINDS] = {"alloc",  "write", "read", "sync", "open",
                                         "unlink", "name",  "size", "map",  "thread"};

enum { STACK = 48 };

static struct {
    bool on;
    enum kind kind;
    unsigned at;
    bool stays, cut, kills;
    int error;
} order;

static atomic_uint calls;
static int report = -1;
static uintptr_t own_from, own_to; /* the program's own code */
static __thread bool inside;       /* what the report itself calls does not count */

static unsigned number(const char *text)
{
    unsigned n = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        n = n * 10 + (unsigned)(*text - '0');
    return n;
}

static uint64_t place(void **stack, int n)
{
    uint64_t hash = 1469598103934665603u;

    for (int i = 0; i < n; i++)
        if ((uintptr_t)stack[i] >= own_from && (uintptr_t)stack[i] < own_to)
            hash = (hash ^ (uintptr_t)stack[i]) * 1099511628211u;
    return hash;
}

static void tell(enum kind kind, const char *call, const char *path, int fd)
{
    char link[64], target[512] = "";
    void *stack[STACK];
    int n = backtrace(stack, STACK);
    ssize_t got = -1;

    if (!path && fd >= 0) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        got = readlink(link, target, sizeof target - 1);
    }
    if (got > 0)
        target[got] = '\0';
    if (order.at)
        dprintf(report, "%s %s\n", call, path ? path : target);
    else
        dprintf(report, "%s %016llx %s %s\n", names[kind], (unsigned long long)place(stack, n),
                call, path ? path : target);
    if (order.at)
        backtrace_symbols_fd(stack, n, report);
}

/* Counts this call. True: it is to fail, and errno says how. */
static bool fails(enum kind kind, const char *call, const char *path, int fd)
{
    int kept = errno;
    unsigned n;

    if (!order.on || (kind != order.kind && order.kind != KINDS) || inside)
        return false;
    n = atomic_fetch_add(&calls, 1) + 1;
    inside = true;
    if (!order.at || n == order.at)
        tell(kind, call, path, fd);
    inside = false;
    errno = kept;
    if (!order.at || n < order.at || (n > order.at && !order.stays))
        return false;
    if (order.kills)
        raise(SIGKILL);
    errno = order.error;
    return true;
}

static int find_own(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size, (void)data;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD && (info->dlpi_phdr[i].p_flags & PF_X)) {
            own_from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            own_to = own_from + info->dlpi_phdr[i].p_memsz;
        }
    return 1; /* the program comes first */
}

void take_order(void)
{
    const char *kind = getenv("FAILAT_KIND"), *how = getenv("FAILAT_HOW");
    const char *to = getenv("FAILAT_REPORT");

    order.at = number(getenv("FAILAT_AT"));
    order.stays = getenv("FAILAT_STAY") != NULL;
    order.cut = how && strcmp(how, "short") == 0;
    order.kills = how && strcmp(how, "kill") == 0;
    order.error = (int)number(how);
    if (to)
        report = REAL(open)(to, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    while (kind && order.kind < KINDS && strcmp(kind, names[order.kind]) != 0)
        order.kind++;
    order.on = kind && report >= 0 && (order.kind < KINDS || strcmp(kind, "all") == 0);
}

static main_fn program_main;

static int counted_main(int argc, char **argv, char **env)
{
    void *stack[STACK];

    backtrace(stack, STACK); /* the first one allocates */
    dl_iterate_phdr(find_own, NULL);
    return serve(program_main, argc, argv, env);
}

VISIBLE int __libc_start_main(main_fn fn, int argc, char **argv, void (*init)(void),
                              void (*fini)(void), void (*ld)(void), void *end);
int __libc_start_main(main_fn fn, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*ld)(void), void *end)
{
    program_main = fn;
    return REAL(__libc_start_main)(counted_main, argc, argv, init, fini, ld, end);
}

/* --- memory: looked up once, for dlsym itself may allocate --- */

#define ALLOCATES(type, name, parameters, arguments)                                               \
    VISIBLE type name parameters                                                                   \
    {                                                                                              \
        static __typeof__(&name) next;                                                             \
        if (!next)                                                                                 \
            next = REAL(name);                                                                     \
        if (fails(ALLOC, #name, "", -1))                                                           \
            return NULL;                                                                           \
        return next arguments;                                                                     \
    }

ALLOCATES(void *, malloc, (size_t n), (n))
ALLOCATES(void *, calloc, (size_t n, size_t size), (n, size))
ALLOCATES(void *, realloc, (void *p, size_t n), (p, n))
ALLOCATES(void *, aligned_alloc, (size_t align, size_t n), (align, n))

/* --- files --- */

#define WRITES(name, parameters, fd, n, arguments, half)                                           \
    VISIBLE ssize_t name parameters                                                                \
    {                                                                                              \
        if (fails(WRITE, #name, NULL, fd)) {                                                       \
            if (!order.cut)                                                                        \
                return -1;                                                                         \
            return n > 1 ? REAL(name) half : 0;                                                    \
        }                                                                                          \
        return REAL(name) arguments;                                                               \
    }

WRITES(write, (int fd, const void *p, size_t n), fd, n, (fd, p, n), (fd, p, n / 2))
WRITES(pwrite, (int fd, const void *p, size_t n, off_t at), fd, n, (fd, p, n, at),
       (fd, p, n / 2, at))
WRITES(pwrite64, (int fd, const void *p, size_t n, off64_t at), fd, n, (fd, p, n, at),
       (fd, p, n / 2, at))

#define FAILING(kind, type, bad, name, parameters, path, fd, arguments)                            \
    VISIBLE type name parameters                                                                   \
    {                                                                                              \
        if (fails(kind, #name, path, fd))                                                          \
            return bad;                                                                            \
        return REAL(name) arguments;                                                               \
    }

FAILING(READ, ssize_t, -1, read, (int fd, void *p, size_t n), NULL, fd, (fd, p, n))
FAILING(READ, ssize_t, -1, pread, (int fd, void *p, size_t n, off_t at), NULL, fd, (fd, p, n, at))
FAILING(READ, ssize_t, -1, pread64, (int fd, void *p, size_t n, off64_t at), NULL, fd,
        (fd, p, n, at))
FAILING(SYNC, int, -1, fsync, (int fd), NULL, fd, (fd))
FAILING(SYNC, int, -1, fdatasync, (int fd), NULL, fd, (fd))
FAILING(SYNC, int, -1, syncfs, (int fd), NULL, fd, (fd))
FAILING(UNLINK, int, -1, unlink, (const char *path), path, -1, (path))
FAILING(UNLINK, int, -1, unlinkat, (int dir, const char *path, int flags), path, -1,
        (dir, path, flags))
FAILING(NAME, int, -1, rename, (const char *from, const char *to), to, -1, (from, to))
FAILING(NAME, int, -1, linkat, (int a, const char *from, int b, const char *to, int flags), to, -1,
        (a, from, b, to, flags))
FAILING(NAME, int, -1, mkdir, (const char *path, mode_t mode), path, -1, (path, mode))
FAILING(SIZE, int, -1, ftruncate, (int fd, off_t n), NULL, fd, (fd, n))
FAILING(SIZE, int, -1, ftruncate64, (int fd, off64_t n), NULL, fd, (fd, n))
FAILING(MAP, void *, MAP_FAILED, mmap, (void *p, size_t n, int prot, int flags, int fd, off_t at),
        NULL, fd, (p, n, prot, flags, fd, at))
FAILING(MAP, void *, MAP_FAILED, mmap64,
        (void *p, size_t n, int prot, int flags, int fd, off64_t at), NULL, fd,
        (p, n, prot, flags, fd, at))
FAILING(OPEN, DIR *, NULL, opendir, (const char *path), path, -1, (path))
FAILING(THREAD, int, EAGAIN, pthread_create,
        (pthread_t * id, const pthread_attr_t *attributes, void *(*fn)(void *), void *arg), "", -1,
        (id, attributes, fn, arg))

/* What SQLite draws from there is the same each time, as is the rest (steady.c). */
static const char *steady(const char *path)
{
    return strcmp(path, "/dev/urandom") == 0 ? "/dev/zero" : path;
}

#define OPENS(name)                                                                                \
    VISIBLE int name(const char *path, int flags, ...)                                             \
    {                                                                                              \
        va_list args;                                                                              \
        mode_t mode;                                                                               \
        va_start(args, flags);                                                                     \
        mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(args, mode_t) : 0;                         \
        va_end(args);                                                                              \
        if (fails(OPEN, #name, path, -1))                                                          \
            return -1;                                                                             \
        return REAL(name)(steady(path), flags, mode);                                              \
    }

OPENS(open)
OPENS(open64)
