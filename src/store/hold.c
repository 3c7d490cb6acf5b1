/*
 * The hold: a write lock on one byte of .lockstep/lock, far behind the text that says who holds it.
 *
 * The text is one JSON object on one line, written by the holder alone, once it has the lock. Only
 * the lock counts: text without a lock is left over from a run that was killed; a lock without a
 * whole line is a holder about to introduce itself.
 */
#include "store/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/holder.h"
#include "store/state.h"

enum { LOCK_BYTE = 0x40000000, POLL_MS = 50 };

struct hold {
    int fd;
    struct holder self;
};

static void pause_ms(int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    nanosleep(&t, NULL);
}

/* A failure leaves the others without a name, nothing more. */
static void introduce(struct hold *hold)
{
    CLEANUP_STR struct str line = STR_INIT;

    if (holder_write(&hold->self, &line) != E_OK)
        return;
    if (file_pwrite(hold->fd, line.data, line.len, 0) == 0 &&
        ftruncate(hold->fd, (off_t)line.len) != 0)
        return;
}

static void describe_self(struct holder *self, const char *command)
{
    self->pid = getpid();
    self->since_us = clock_wall_us();
    snprintf(self->command, sizeof self->command, "%s", command);
    if (gethostname(self->host, sizeof self->host - 1) != 0 || !self->host[0])
        snprintf(self->host, sizeof self->host, "localhost");
}

/* A holder that has just got the lock has not written yet, or is writing: look again. E_OK with pid
 * 0: it does not say who it is. */
static int read_holder(int fd, struct holder *holder, struct error *e)
{
    for (int attempt = 0; attempt < 5; attempt++) {
        char line[HOLDER_LINE];
        size_t n;
        int r;

        if (attempt > 0)
            pause_ms(10);
        if (file_pread(fd, line, HOLDER_LINE, 0, &n) != 0)
            return error_errno(e, E_FATAL, "read", STORE_NAME_LOCK);
        r = holder_read(line, n, holder);
        if (r == E_NOMEM)
            return error_oom(e);
        if (r == E_OK)
            return r;
    }
    return E_OK;
}

static int open_lock(const char *dir, int flags, int *fd, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;

    *fd = -1;
    path_join(&path, dir, STORE_NAME_LOCK);
    if (!str_ok(&path))
        return error_oom(e);
    *fd = open(str_text(&path), flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0)
        return error_errno(e, errno == ENOENT && !(flags & O_CREAT) ? E_MISSING : E_FATAL, "open",
                           str_text(&path));
    return E_OK;
}

static int take(int fd, int64_t wait_ms, const char *dir, struct error *e)
{
    int64_t until = clock_mono_us() + wait_ms * 1000;

    for (;;) {
        int r = lock_set(fd, LOCK_EXCLUSIVE, LOCK_BYTE, 1);
        int64_t left = until - clock_mono_us();
        struct holder holder = {0};

        if (r == E_OK)
            return E_OK;
        if (r != E_BUSY)
            return error_errno(e, E_FATAL, "lock a file in", dir);
        if (left <= 0) {
            read_holder(fd, &holder, NULL); /* else it is held by nobody knows whom */
            return holder_held(&holder, e);
        }
        pause_ms(left / 1000 < POLL_MS ? left / 1000 + 1 : POLL_MS);
    }
}

int hold_take(const char *dir, const char *command, int64_t wait_ms, struct hold **hold,
              struct error *e)
{
    struct hold *h;
    int r = store_folder(dir, e);

    *hold = NULL;
    if (r != E_OK)
        return r;
    h = calloc(1, sizeof *h);
    if (!h)
        return error_set(e, E_FATAL, "out of memory");
    r = open_lock(dir, O_RDWR | O_CREAT, &h->fd, e);
    if (r == E_OK)
        r = take(h->fd, wait_ms, dir, e);
    if (r != E_OK) {
        close_fd(&h->fd);
        free(h);
        return r;
    }
    describe_self(&h->self, command);
    introduce(h);
    *hold = h;
    return E_OK;
}

void hold_set_run(struct hold *hold, const char *run)
{
    snprintf(hold->self.run, sizeof hold->self.run, "%s", run);
    introduce(hold);
}

void hold_release(struct hold *hold)
{
    if (!hold)
        return;
    /* the file stays: removing it would let two take a lock each on different files */
    if (ftruncate(hold->fd, 0) == 0)
        lock_set(hold->fd, LOCK_NONE, LOCK_BYTE, 1);
    close_fd(&hold->fd);
    free(hold);
}

int hold_look(const char *dir, struct holder *holder, struct error *e)
{
    CLEANUP_FD int fd = -1;
    int r = open_lock(dir, O_RDONLY, &fd, e);

    memset(holder, 0, sizeof *holder);
    if (r != E_OK)
        return r;
    r = lock_test(fd, LOCK_EXCLUSIVE, LOCK_BYTE, 1, NULL);
    if (r == E_OK)
        return error_set(e, E_MISSING, "no run holds the fleet");
    if (r != E_BUSY)
        return error_errno(e, E_FATAL, "look at the lock in", dir);
    return read_holder(fd, holder, e);
}
