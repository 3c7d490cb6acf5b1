/*
 * The table of calls, and what is derived from it.
 *
 * Each entry has a gate, which says what must hold for the call to stop at all. As much of it as
 * can be is done in the kernel (a seccomp filter sees numbers, not what a pointer or a descriptor
 * stands for), so that a program runs at nearly its own speed between two stops. `shape` has one
 * letter an argument: f descriptor   d folder descriptor   p path   n length   o offset   m mode x
 * flags c fcntl command   l struct flock   - not shown
 */
#include "calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "killat knows x86_64 and aarch64"
#endif

enum gate {
    ALWAYS,  /* stops every time */
    FILE_FD, /* argument 0 is a regular file, and neither stdout nor stderr */
    CREATE1, /* argument 1 has a flag that may make or cut a file */
    CREATE2, /* the same for argument 2 */
    LOCKING, /* argument 1 is a locking fcntl command */
    MAPPING, /* takes away a mapping of a file that is shared or was made to hold a lock */
};

struct call {
    long nr;
    const char *name;
    enum gate gate;
    const char *shape;
};

#define CREATE_FLAGS (O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))
#define MAPPING_MAX  65536 /* larger ones are the allocator's and the loader's */

static const struct call calls[] = {
    {SYS_write, "write", FILE_FD, "f-n"},
    {SYS_pwrite64, "pwrite64", FILE_FD, "f-no"},
    {SYS_writev, "writev", FILE_FD, "f--"},
    {SYS_pwritev, "pwritev", FILE_FD, "f--o"},
    {SYS_pwritev2, "pwritev2", FILE_FD, "f--o"},
    {SYS_copy_file_range, "copy_file_range", ALWAYS, "f-f-n"},
    {SYS_sendfile, "sendfile", FILE_FD, "ff-n"},
    {SYS_io_uring_enter, "io_uring_enter", ALWAYS, "fnn"},
    {SYS_fsync, "fsync", ALWAYS, "f"},
    {SYS_fdatasync, "fdatasync", ALWAYS, "f"},
    {SYS_syncfs, "syncfs", ALWAYS, "f"},
    {SYS_sync, "sync", ALWAYS, ""},
    {SYS_sync_file_range, "sync_file_range", ALWAYS, "fon"},
    {SYS_msync, "msync", ALWAYS, "-n"},
    {SYS_ftruncate, "ftruncate", ALWAYS, "fn"},
    {SYS_truncate, "truncate", ALWAYS, "pn"},
    {SYS_fallocate, "fallocate", ALWAYS, "fxon"},
    {SYS_openat, "openat", CREATE2, "dpxm"},
    {SYS_openat2, "openat2", ALWAYS, "dp"},
    {SYS_renameat2, "renameat2", ALWAYS, "dpdp"},
    {SYS_unlinkat, "unlinkat", ALWAYS, "dp"},
    {SYS_linkat, "linkat", ALWAYS, "dpdp"},
    {SYS_symlinkat, "symlinkat", ALWAYS, "pdp"},
    {SYS_mkdirat, "mkdirat", ALWAYS, "dpm"},
    {SYS_fchmod, "fchmod", ALWAYS, "fm"},
    {SYS_fchmodat, "fchmodat", ALWAYS, "dpm"},
#ifdef SYS_fchmodat2
    {SYS_fchmodat2, "fchmodat2", ALWAYS, "dpm"},
#endif
    {SYS_fchown, "fchown", ALWAYS, "fnn"},
    {SYS_fchownat, "fchownat", ALWAYS, "dpnn"},
    {SYS_flock, "flock", ALWAYS, "fx"},
    {SYS_fcntl, "fcntl", LOCKING, "fcl"},
    {SYS_munmap, "munmap", MAPPING, "xn"},
#ifdef SYS_renameat
    {SYS_renameat, "renameat", ALWAYS, "dpdp"},
#endif
#ifdef __x86_64__
    {SYS_open, "open", CREATE1, "pxm"},
    {SYS_creat, "creat", ALWAYS, "pm"},
    {SYS_rename, "rename", ALWAYS, "pp"},
    {SYS_unlink, "unlink", ALWAYS, "p"},
    {SYS_link, "link", ALWAYS, "pp"},
    {SYS_symlink, "symlink", ALWAYS, "pp"},
    {SYS_mkdir, "mkdir", ALWAYS, "pm"},
    {SYS_rmdir, "rmdir", ALWAYS, "p"},
    {SYS_chmod, "chmod", ALWAYS, "pm"},
    {SYS_chown, "chown", ALWAYS, "pnn"},
    {SYS_lchown, "lchown", ALWAYS, "pnn"},
#endif
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

static const struct {
    int cmd;
    const char *name;
} lock_commands[] = {
    {F_SETLK, "F_SETLK"},
    {F_SETLKW, "F_SETLKW"},
    {F_OFD_SETLK, "F_OFD_SETLK"},
    {F_OFD_SETLKW, "F_OFD_SETLKW"},
};

#define LOCK_COMMANDS (sizeof(lock_commands) / sizeof(lock_commands[0]))

/* The filter: a block an entry, which either falls through with the number still loaded or returns.
 */

#define BLOCK_MAX 8

struct filter {
    struct sock_filter code[4 + CALLS * BLOCK_MAX + 1];
    unsigned short len;
};

static void emit(struct filter *f, unsigned short op, uint32_t k, unsigned char yes,
                 unsigned char no)
{
    f->code[f->len++] = (struct sock_filter)BPF_JUMP(op, k, yes, no);
}

static void emit_return(struct filter *f, uint32_t action)
{
    emit(f, BPF_RET | BPF_K, action, 0, 0);
}

static void emit_load(struct filter *f, size_t offset)
{
    emit(f, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void emit_load_arg(struct filter *f, unsigned i)
{
    emit_load(f, offsetof(struct seccomp_data, args) + i * sizeof(uint64_t));
}

/* Ends a block: stop where the test on the loaded value holds (or fails, if inverted). */
static void emit_test(struct filter *f, unsigned short test, uint32_t k, bool inverted)
{
    emit(f, BPF_JMP | test | BPF_K, k, 0, 1);
    emit_return(f, inverted ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRACE);
    emit_return(f, inverted ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW);
}

static void emit_gate(struct filter *f, enum gate gate)
{
    switch (gate) {
    case ALWAYS:
        emit_return(f, SECCOMP_RET_TRACE);
        break;
    case FILE_FD:
        emit_load_arg(f, 0);
        emit(f, BPF_JMP | BPF_JEQ | BPF_K, STDOUT_FILENO, 1, 0);
        emit_test(f, BPF_JEQ, STDERR_FILENO, true);
        break;
    case CREATE1:
    case CREATE2:
        emit_load_arg(f, gate == CREATE1 ? 1 : 2);
        emit_test(f, BPF_JSET, CREATE_FLAGS, false);
        break;
    case LOCKING:
        emit_load_arg(f, 1);
        for (size_t i = 0; i + 1 < LOCK_COMMANDS; i++)
            emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)lock_commands[i].cmd,
                 (unsigned char)(LOCK_COMMANDS - 1 - i), 0);
        emit_test(f, BPF_JEQ, (uint32_t)lock_commands[LOCK_COMMANDS - 1].cmd, false);
        break;
    case MAPPING:
        emit_load_arg(f, 1);
        emit_test(f, BPF_JGT, MAPPING_MAX, true);
        break;
    }
}

static bool is_lock(const struct call *c)
{
    return c->gate == LOCKING || c->gate == MAPPING || c->nr == SYS_flock;
}

static void filter_build(struct filter *f, bool locks)
{
    f->len = 0;
    emit_load(f, offsetof(struct seccomp_data, arch));
    emit(f, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    emit_return(f, SECCOMP_RET_ALLOW);
    emit_load(f, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < CALLS; i++) {
        unsigned short jump = f->len;

        if (is_lock(&calls[i]) && !locks)
            continue;
        emit(f, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].nr, 0, 0);
        emit_gate(f, calls[i].gate);
        f->code[jump].jf = (unsigned char)(f->len - jump - 1);
    }
    emit_return(f, SECCOMP_RET_ALLOW);
}

int calls_filter(bool locks)
{
    struct filter f;
    struct sock_fprog program;

    filter_build(&f, locks);
    program = (struct sock_fprog){.len = f.len, .filter = f.code};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return 0;
    if (errno != EACCES || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* What the filter could not see. */

const struct call *call_find(uint64_t nr)
{
    for (size_t i = 0; i < CALLS; i++)
        if ((uint64_t)calls[i].nr == nr)
            return &calls[i];
    return NULL;
}

static bool is_regular(pid_t tid, int fd)
{
    char link[64];
    struct stat st;

    snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, fd);
    return stat(link, &st) == 0 && S_ISREG(st.st_mode);
}

/*
 * A line of /proc/PID/maps: "from-to access offset device inode path". A mapping keeps a lock if it
 * is of a file and shared, or private and without any access (made for that alone).
 */
static bool keeps_lock(const char *line, uint64_t address)
{
    char *at;
    uint64_t from = strtoull(line, &at, 16);
    uint64_t to = *at == '-' ? strtoull(at + 1, &at, 16) : 0;
    bool kind = strncmp(at, " ---p ", 6) == 0 || (strlen(at) > 6 && at[4] == 's');
    const char *device = kind ? strchr(at + 6, ' ') : NULL;
    const char *inode = device ? strchr(device + 1, ' ') : NULL;

    return address >= from && address < to && inode && strtoull(inode, NULL, 10) != 0;
}

static bool is_lock_mapping(pid_t tid, uint64_t address)
{
    char name[64], line[4352];
    bool found = false;
    FILE *maps;

    snprintf(name, sizeof(name), "/proc/%d/maps", (int)tid);
    maps = fopen(name, "re");
    if (!maps)
        return false;
    while (!found && fgets(line, sizeof(line), maps))
        found = keeps_lock(line, address);
    fclose(maps);
    return found;
}

bool call_counts(const struct call *c, pid_t tid, const uint64_t args[6])
{
    if (c->gate == FILE_FD)
        return is_regular(tid, (int)args[0]);
    if (c->gate == MAPPING)
        return is_lock_mapping(tid, args[0]);
    return true;
}

/* The trace. */

static bool tracee_read(pid_t tid, uint64_t address, void *to, size_t n)
{
    struct iovec local = {.iov_base = to, .iov_len = n};
    struct iovec remote = {.iov_base = (void *)(uintptr_t)address, .iov_len = n};

    return process_vm_readv(tid, &local, 1, &remote, 1, 0) == (ssize_t)n;
}

/* In pieces that end where a page may end: the next one need not be there. */
static void print_path(FILE *out, pid_t tid, uint64_t address)
{
    char piece[256];
    size_t n, printed, read = 0;

    fputc('"', out);
    do {
        n = sizeof(piece) - (address + read) % sizeof(piece);
        if (!tracee_read(tid, address + read, piece, n))
            break;
        for (printed = 0; printed < n && piece[printed]; printed++)
            fputc(piece[printed] >= ' ' ? piece[printed] : '?', out);
        read += n;
    } while (printed == n && read < 4096);
    fputc('"', out);
}

static void print_fd(FILE *out, pid_t tid, int fd)
{
    char link[64], path[4096];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/%d/fd/%d", (int)tid, fd);
    n = readlink(link, path, sizeof(path) - 1);
    path[n < 0 ? 0 : n] = '\0';
    fprintf(out, "fd=%d<%s>", fd, path);
}

static void print_command(FILE *out, int cmd)
{
    for (size_t i = 0; i < LOCK_COMMANDS; i++)
        if (lock_commands[i].cmd == cmd)
            fputs(lock_commands[i].name, out);
}

static void print_lock(FILE *out, pid_t tid, uint64_t address)
{
    struct flock l;

    if (!tracee_read(tid, address, &l, sizeof(l)))
        return;
    fprintf(out, "%s %lld+%lld",
            l.l_type == F_RDLCK   ? "read"
            : l.l_type == F_WRLCK ? "write"
                                  : "unlock",
            (long long)l.l_start, (long long)l.l_len);
}

static void print_arg(FILE *out, char shape, pid_t tid, uint64_t arg)
{
    if (shape == '-' || (shape == 'd' && (int)arg == AT_FDCWD))
        return;
    fputc(' ', out);
    if (shape == 'f' || shape == 'd')
        print_fd(out, tid, (int)arg);
    else if (shape == 'p')
        print_path(out, tid, arg);
    else if (shape == 'c')
        print_command(out, (int)arg);
    else if (shape == 'l')
        print_lock(out, tid, arg);
    else if (shape == 'm')
        fprintf(out, "mode=%04o", (unsigned)arg);
    else if (shape == 'x')
        fprintf(out, "0x%llx", (unsigned long long)arg);
    else
        fprintf(out, "%s=%lld", shape == 'n' ? "len" : "off", (long long)arg);
}

void call_print(FILE *out, const struct call *c, pid_t tid, const uint64_t args[6])
{
    fputs(c->name, out);
    for (size_t i = 0; c->shape[i]; i++)
        print_arg(out, c->shape[i], tid, args[i]);
}
