#include "engine/sqlite/stock.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "engine/sqlite/lock.h"
#include "engine/sqlite/side.h"

bool stock_is_gone(const char *path, const char *decisions)
{
    CLEANUP_STR struct str dir = STR_INIT;
    struct stat folder, known;

    path_dir(&dir, path);
    return str_ok(&dir) && stat(str_text(&dir), &folder) == 0 && stat(decisions, &known) == 0 &&
           folder.st_dev == known.st_dev;
}

/* "database is locked", by whom? */
static int name_holder(const char *path, struct error *e)
{
    CLEANUP_FD int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    return tenant_lock_refused(fd >= 0 ? tenant_lock_holder(fd) : 0, e);
}

int stock_open(const char *path, sqlite3 **db, struct error *e)
{
    return stock_open_waiting(path, 0, db, e);
}

int stock_open_waiting(const char *path, int64_t wait_ms, sqlite3 **db, struct error *e)
{
    struct owner owner;
    struct stat st;
    int r;

    if (stat(path, &st) != 0)
        return error_errno(e, errno == ENOENT ? E_MISSING : E_REFUSED, "look at", path);
    owner = (struct owner){st.st_uid, st.st_gid, st.st_mode & 0777};
    side_act_as(&owner);
    r = db_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE,
                "unix", db, e);
    if (r == E_OK)
        sqlite3_busy_timeout(*db, (int)wait_ms);
    if (r == E_OK) /* the first read is what makes side files, so it belongs here */
        r = db_exec(*db, "SELECT 1 FROM sqlite_schema LIMIT 1", e);
    side_self();
    if (r != E_OK)
        db_close(db);
    return r == E_BUSY ? name_holder(path, e) : r;
}

int stock_settle(const char *path, struct error *e)
{
    CLEANUP_DB sqlite3 *db = NULL;
    int r = stock_open(path, &db, e);
    struct owner owner;
    struct stat st;

    if (r != E_OK || stat(path, &st) != 0)
        return r;
    owner = (struct owner){st.st_uid, st.st_gid, st.st_mode & 0777};
    side_act_as(&owner); /* closing the last connection of a WAL tenant checkpoints it */
    db_close(&db);
    side_self();
    return E_OK;
}

/* SQLite takes a journal for hot by its first byte. */
static bool is_dead(const char *journal, bool ours)
{
    CLEANUP_FD int fd = open(journal, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    unsigned char first = 0;
    size_t got;

    if (fd < 0 || file_pread(fd, &first, 1, 0, &got) != 0)
        return false;
    return got == 0 || (ours && first == 0);
}

int stock_drop_dead_journal(const char *path, bool ours, struct error *e)
{
    struct tenant_lock lock = TENANT_LOCK_INIT;
    CLEANUP_STR struct str journal = STR_INIT;
    int r = E_OK;

    str_addf(&journal, "%s-journal", path);
    if (!str_ok(&journal))
        return error_oom(e);
    if (!is_dead(str_text(&journal), ours))
        return E_OK;
    lock.fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (lock.fd < 0)
        return E_OK;
    /* Under EXCLUSIVE nobody has just begun it. */
    if (tenant_lock_exclusive(&lock, path) == E_OK && is_dead(str_text(&journal), ours) &&
        unlink(str_text(&journal)) != 0)
        r = error_errno(e, E_REFUSED, "remove", str_text(&journal));
    tenant_lock_release(&lock);
    return r;
}
