#include "engine/sqlite/vfs.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/sqlite/tenant_file.h"

#define VFS_NAME "lockstep"

/* Main file and journal alike: both are views of the tenant file. */
struct vfs_file {
    sqlite3_file base;
    struct tenant_file *tenant;
};

static struct tenant_file *tenant_of(sqlite3_file *file)
{
    return ((struct vfs_file *)file)->tenant;
}

static sqlite3_vfs *stock(sqlite3_vfs *vfs)
{
    return vfs->pAppData;
}

static int sqlite_code(int outcome, int otherwise)
{
    switch (outcome) {
    case E_OK:
        return SQLITE_OK;
    case E_BUSY:
        return SQLITE_BUSY;
    case E_NOMEM:
        return SQLITE_IOERR_NOMEM;
    }
    return otherwise;
}

/* --- both kinds of file --- */

static int no_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int sector_size(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

/*
 * What the stock VFS says by default, and nothing of what a device may promise: atomic writes, safe
 * appends or sequential writes would make SQLite write no journal, or another one.
 */
static int device_characteristics(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int short_read(void *bytes, int n, size_t got)
{
    if (got == (size_t)n)
        return SQLITE_OK;
    memset((char *)bytes + got, 0, (size_t)n - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int no_control(sqlite3_file *file, int op, void *arg)
{
    (void)file;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

/* --- the main file --- */

static int main_read(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
    size_t got;

    if (tenant_file_read(tenant_of(file), bytes, (unsigned)n, at, &got) != E_OK)
        return SQLITE_IOERR_READ;
    return short_read(bytes, n, got);
}

static int main_write(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    return sqlite_code(tenant_file_write(tenant_of(file), bytes, (unsigned)n, at),
                       SQLITE_IOERR_WRITE);
}

static int main_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    tenant_file_truncate(tenant_of(file), size);
    return SQLITE_OK;
}

/* The barriers of the group make it durable. */
static int main_sync(sqlite3_file *file, int flags)
{
    (void)file;
    (void)flags;
    return SQLITE_OK;
}

static int main_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = tenant_of(file)->size;
    return SQLITE_OK;
}

static int main_lock(sqlite3_file *file, int level)
{
    return sqlite_code(tenant_file_lock(tenant_of(file), level), SQLITE_IOERR_LOCK);
}

/* Kept until the group has settled (invariant 3). */
static int main_unlock(sqlite3_file *file, int level)
{
    (void)file;
    (void)level;
    return SQLITE_OK;
}

static int main_check_reserved(sqlite3_file *file, int *reserved)
{
    (void)file;
    *reserved = 0;
    return SQLITE_OK;
}

static const sqlite3_io_methods main_methods = {
    .iVersion = 1,
    .xClose = no_close,
    .xRead = main_read,
    .xWrite = main_write,
    .xTruncate = main_truncate,
    .xSync = main_sync,
    .xFileSize = main_size,
    .xLock = main_lock,
    .xUnlock = main_unlock,
    .xCheckReservedLock = main_check_reserved,
    .xFileControl = no_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
};

/* --- the journal --- */

static int journal_xread(sqlite3_file *file, void *bytes, int n, sqlite3_int64 at)
{
    size_t got;

    if (journal_read(&tenant_of(file)->journal, bytes, (size_t)n, at, &got) != 0)
        return SQLITE_IOERR_READ;
    return short_read(bytes, n, got);
}

static int journal_xwrite(sqlite3_file *file, const void *bytes, int n, sqlite3_int64 at)
{
    int r = journal_write(&tenant_of(file)->journal, bytes, (size_t)n, at);

    return r == 0 ? SQLITE_OK : r == -2 ? SQLITE_IOERR_NOMEM : SQLITE_IOERR_WRITE;
}

static int journal_xtruncate(sqlite3_file *file, sqlite3_int64 size)
{
    (void)file;
    (void)size;
    return SQLITE_OK;
}

static int journal_xsync(sqlite3_file *file, int flags)
{
    (void)flags;
    return sqlite_code(tenant_file_sync_journal(tenant_of(file)), SQLITE_IOERR_FSYNC);
}

static int journal_xsize(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = tenant_of(file)->journal.size;
    return SQLITE_OK;
}

static const sqlite3_io_methods journal_methods = {
    .iVersion = 1,
    .xClose = no_close,
    .xRead = journal_xread,
    .xWrite = journal_xwrite,
    .xTruncate = journal_xtruncate,
    .xSync = journal_xsync,
    .xFileSize = journal_xsize,
    .xLock = main_unlock,
    .xUnlock = main_unlock,
    .xCheckReservedLock = main_check_reserved,
    .xFileControl = no_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
};

/* --- the VFS --- */

static int vfs_xopen(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                     int *out_flags)
{
    struct vfs_file *view = (struct vfs_file *)file;

    if (flags & SQLITE_OPEN_MAIN_DB) {
        view->tenant = (struct tenant_file *)(uintptr_t)sqlite3_uri_int64(name, "tenant", 0);
        view->base.pMethods = &main_methods;
    } else if (flags & SQLITE_OPEN_MAIN_JOURNAL) {
        view->tenant = tenant_of(sqlite3_database_file_object(name));
        view->base.pMethods = &journal_methods;
    } else {
        return stock(vfs)->xOpen(stock(vfs), name, file, flags, out_flags);
    }
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

/*
 * Only the main file's journal is ever deleted through us. Its end is SQLite's commit point (or its
 * rollback); the file, if there is one, stays until the group settles (invariant 4).
 */
static int vfs_xdelete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    (void)vfs;
    (void)sync_dir;
    tenant_of(sqlite3_database_file_object(name))->journal_ended = true;
    return SQLITE_OK;
}

/* Side files were looked for under the lock (tenant_file_lock); SQLite need not look again. */
static int vfs_xaccess(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    (void)vfs;
    (void)name;
    (void)flags;
    *result = 0;
    return SQLITE_OK;
}

/* Names come resolved: vfs_open() got them that way. */
static int vfs_xfull(sqlite3_vfs *vfs, const char *name, int n, char *out)
{
    (void)vfs;
    if (strlen(name) >= (size_t)n)
        return SQLITE_CANTOPEN;
    memcpy(out, name, strlen(name) + 1);
    return SQLITE_OK;
}

int vfs_register(void)
{
    static sqlite3_vfs vfs; /* the process's: SQLite keeps a pointer to it for good */
    sqlite3_vfs *unix_vfs = sqlite3_vfs_find("unix");

    if (sqlite3_vfs_find(VFS_NAME))
        return E_OK;
    if (!unix_vfs)
        return E_NOMEM;
    vfs = *unix_vfs;
    vfs.pNext = NULL;
    vfs.zName = VFS_NAME;
    vfs.pAppData = unix_vfs;
    if (vfs.szOsFile < (int)sizeof(struct vfs_file))
        vfs.szOsFile = (int)sizeof(struct vfs_file);
    vfs.xOpen = vfs_xopen;
    vfs.xDelete = vfs_xdelete;
    vfs.xAccess = vfs_xaccess;
    vfs.xFullPathname = vfs_xfull;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? E_OK : E_NOMEM;
}

static void add_escaped(struct str *uri, const char *path)
{
    for (; *path; path++) {
        if (strchr("?#%", *path))
            str_addf(uri, "%%%02x", (unsigned char)*path);
        else
            str_addc(uri, *path);
    }
}

int vfs_open(struct tenant_file *f, sqlite3 **db, struct error *e)
{
    CLEANUP_STR struct str uri = STR_INIT;

    str_add(&uri, "file:");
    add_escaped(&uri, f->path);
    str_addf(&uri, "?tenant=%lld", (long long)(intptr_t)f);
    if (!str_ok(&uri))
        return error_oom(e);
    return db_open(str_text(&uri),
                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                       SQLITE_OPEN_PRIVATECACHE,
                   VFS_NAME, db, e);
}
