/*
 * The VFS "lockstep": SQLite's view of a tenant file that takes part in a group. It does the main
 * file's locking and I/O itself (open-file-description locks, see lock.h) and keeps the commit from
 * the disk (tenant_file.h). Temporary files go to the stock VFS. No WAL, no shared memory.
 *
 * The connection is opened by vfs_open() only; the tenant file travels in the file name's URI
 * parameters, which is the public way to tell a VFS which file a call belongs to.
 */
#ifndef ENGINE_SQLITE_VFS_H
#define ENGINE_SQLITE_VFS_H

#include <sqlite3.h>

struct error;
struct tenant_file;

/* Once a process; thread-safe. E_OK or E_NOMEM. */
int vfs_register(void);
/* A connection whose main file is f. It must be closed before f is released. */
int vfs_open(struct tenant_file *f, sqlite3 **db, struct error *e);

#endif
