/*
 * Commands that outlived the lockstep that began them. Whoever has a tenant's lock file open has it
 * from us (lock.c), so that is how they are found, wherever they went since; what closes all that
 * it inherits is not found.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "engine/exec/link.h"

enum { WAIT_MS = 2000, NAP_MS = 5 };

static void close_folder(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}

#define CLEANUP_FOLDER __attribute__((cleanup(close_folder)))

static bool has_open(const char *pid, const struct stat *file)
{
    char path[64];
    CLEANUP_FOLDER DIR *fds = NULL;
    const struct dirent *entry;
    struct stat st;

    snprintf(path, sizeof path, "/proc/%.16s/fd", pid);
    fds = opendir(path);
    while (fds && (entry = readdir(fds)))
        if (fstatat(dirfd(fds), entry->d_name, &st, 0) == 0 && st.st_dev == file->st_dev &&
            st.st_ino == file->st_ino)
            return true;
    return false;
}

/* By a descriptor of the process, and looked at again: a number may be another's by now. */
static bool end_one(const char *pid, const struct stat *file)
{
    pid_t number = (pid_t)strtol(pid, NULL, 10);
    CLEANUP_FD int fd = (int)syscall(SYS_pidfd_open, number, 0);

    return fd >= 0 && has_open(pid, file) &&
           syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
}

static unsigned end_all(const struct stat *file)
{
    CLEANUP_FOLDER DIR *all = opendir("/proc");
    const struct dirent *entry;
    char self[16];
    unsigned n = 0;

    snprintf(self, sizeof self, "%ld", (long)getpid());
    while (all && (entry = readdir(all)))
        if (isdigit((unsigned char)entry->d_name[0]) && !str_same(entry->d_name, self) &&
            has_open(entry->d_name, file))
            n += end_one(entry->d_name, file);
    return n;
}

void exec_end_survivors(const char *lock)
{
    int64_t until = clock_mono_us() + (int64_t)WAIT_MS * 1000;
    struct stat file;

    if (stat(lock, &file) != 0)
        return;
    while (end_all(&file) && clock_mono_us() < until)
        clock_nap_ms(NAP_MS);
}
