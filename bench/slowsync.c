/*
 * A slower disk: loaded with LD_PRELOAD, adds SLOWSYNC_US microseconds (2,000 by default) to each
 * sync of the process, after the real one. Threads that sync at the same time wait at the same
 * time, as they would for a disk with a deep queue.
 *
 * With SLOWSYNC_COUNT=FILE a process appends how many syncs it made, when it ends by exit: the
 * proof that the library was in place and saw them.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

static atomic_ulong syncs;
static long delay_us = 2000;

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("SLOWSYNC_US");

    if (text)
        delay_us = strtol(text, NULL, 10);
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("SLOWSYNC_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644) : -1;

    if (fd < 0)
        return;
    dprintf(fd, "%lu\n", atomic_load(&syncs));
    close(fd);
}

static void linger(void)
{
    struct timespec t = {delay_us / 1000000, delay_us % 1000000 * 1000};

    atomic_fetch_add(&syncs, 1);
    while (nanosleep(&t, &t) < 0)
        ;
}

/* The next definition of a name; ISO C has no cast from an object to a function. */
static void find(const char *name, void *ret_function)
{
    void *symbol = dlsym(RTLD_NEXT, name);

    if (!symbol)
        abort();
    memcpy(ret_function, &symbol, sizeof symbol);
}

#define SLOW(name, parameters, arguments)                                                          \
    PUBLIC int name parameters                                                                     \
    {                                                                                              \
        int(*real) parameters;                                                                     \
        int r;                                                                                     \
                                                                                                   \
        find(#name, &real);                                                                        \
        r = real arguments;                                                                        \
        linger();                                                                                  \
        return r;                                                                                  \
    }

SLOW(fsync, (int fd), (fd))
SLOW(fdatasync, (int fd), (fd))
SLOW(syncfs, (int fd), (fd))
SLOW(msync, (void *at, size_t n, int flags), (at, n, flags))
SLOW(sync_file_range, (int fd, off_t at, off_t n, unsigned flags), (fd, at, n, flags))

PUBLIC void sync(void)
{
    void (*real)(void);

    find("sync", &real);
    real();
    linger();
}
