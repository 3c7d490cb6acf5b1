/*
 * What is left of a tenant's commands: those that outlived the lockstep that began them, and what
 * a command that failed leaves behind outside its process group. Whoever has the tenant's lock file
 * open has it from us (lock.c), and so has it who has its name in the environment (call.c): many
 * programs close what they inherit before they start another, few clear the environment. What does
 * both is not found.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/exec/link.h"

enum { WAIT_MS = 2000, NAP_MS = 5, MOST_ENVIRONMENT = 4 << 20 };

struct wanted {
    const char *mark;
    bool by_file;
    struct stat file;
};

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

static bool is_marked(const char *pid, const char *mark)
{
    CLEANUP_STR struct str environment = STR_INIT;
    char path[64];

    snprintf(path, sizeof path, "/proc/%.16s/environ", pid);
    return file_read(path, MOST_ENVIRONMENT, &environment, NULL) == E_OK && environment.len &&
           memmem(environment.data, environment.len, mark, strlen(mark) + 1);
}

/* "PID (NAME) STATE PARENT ..", and the name may have anything in it. */
static bool is_our_child(const char *pid)
{
    CLEANUP_STR struct str line = STR_INIT;
    char path[64];
    const char *at;

    snprintf(path, sizeof path, "/proc/%.16s/stat", pid);
    if (file_read(path, MOST_ENVIRONMENT, &line, NULL) != E_OK)
        return false;
    at = strrchr(str_text(&line), ')');
    return at && strlen(at) > 4 && strtol(at + 4, NULL, 10) == (long)getpid();
}

static bool is_one(const char *pid, const struct wanted *w)
{
    return is_marked(pid, w->mark) || (w->by_file && has_open(pid, &w->file) && !is_our_child(pid));
}

/* By a descriptor of the process, and looked at again: a number may be another's by now. */
static bool end_one(const char *pid, const struct wanted *w)
{
    pid_t number = (pid_t)strtol(pid, NULL, 10);
    CLEANUP_FD int fd = (int)syscall(SYS_pidfd_open, number, 0);

    return fd >= 0 && is_one(pid, w) && syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == 0;
}

static unsigned end_all(const struct wanted *w)
{
    CLEANUP_FOLDER DIR *all = opendir("/proc");
    const struct dirent *entry;
    char self[16];
    unsigned n = 0;

    snprintf(self, sizeof self, "%ld", (long)getpid());
    while (all && (entry = readdir(all)))
        if (isdigit((unsigned char)entry->d_name[0]) && !str_same(entry->d_name, self) &&
            is_one(entry->d_name, w))
            n += end_one(entry->d_name, w);
    return n;
}

void exec_end_survivors(const char *lock, bool by_file)
{
    int64_t until = clock_mono_us() + (int64_t)WAIT_MS * 1000;
    CLEANUP_STR struct str mark = STR_INIT;
    struct wanted w = {.by_file = by_file};

    str_addf(&mark, EXEC_MARK "%s", lock);
    if (!str_ok(&mark) || (by_file && stat(lock, &w.file) != 0))
        return;
    w.mark = str_text(&mark);
    while (end_all(&w) && clock_mono_us() < until)
        clock_nap_ms(NAP_MS);
}
