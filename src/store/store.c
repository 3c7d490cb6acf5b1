#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "db/sqlite.h"
#include "store/state.h"

enum {
    BUSY_MS = 10000,         /* other writers are `abort` and `adopt`, gone in milliseconds */
    CHECKPOINT_PAGES = 16384 /* 64 MB: a run normally checkpoints once, when it closes */
};

int store_folder(const char *dir, struct error *e)
{
    CLEANUP_STR struct str parent = STR_INIT;
    struct stat st;
    int r;

    if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode))
        return E_OK;
    path_dir(&parent, dir);
    if (!str_ok(&parent))
        return error_set(e, E_FATAL, "out of memory");
    r = dir_make(dir, 0700, e);
    if (r == E_OK)
        r = dir_sync(str_text(&parent), e);
    if (r != E_OK && e)
        e->code = E_FATAL;
    return r == E_OK ? E_OK : E_FATAL;
}

/* As a URI with everything escaped that a URI would take for its own. */
static void add_uri(struct str *out, const char *path, const char *parameters)
{
    str_add(out, "file:");
    if (path[0] != '/')
        str_add(out, "./");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            str_addf(out, "%%%02X", (unsigned char)*path);
        else
            str_addc(out, *path);
    }
    str_add(out, parameters);
}

/*
 * Opening for reading makes no file. Where a WAL lies, SQLite reads through it and its index; a
 * database without one (a copy, a backup) is whole by itself and is read as it stands.
 */
static int connect_reader(struct store *s, const char *path, struct error *e)
{
    CLEANUP_STR struct str wal = STR_INIT;
    CLEANUP_STR struct str uri = STR_INIT;

    if (access(path, F_OK) != 0 && errno == ENOENT)
        return error_set(e, E_MISSING, "there is no %s", path);
    str_addf(&wal, "%s-wal", path);
    add_uri(&uri, path, access(str_text(&wal), F_OK) == 0 ? "" : "?immutable=1");
    if (!str_ok(&wal) || !str_ok(&uri))
        return error_oom(e);
    return db_open(str_text(&uri), SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                   NULL, &s->db, e);
}

static int connect_writer(struct store *s, const char *path, struct error *e)
{
    int keep = 1;
    int r = db_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL,
                    &s->db, e);

    if (r != E_OK)
        return r;
    sqlite3_wal_autocheckpoint(s->db, CHECKPOINT_PAGES);
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    return db_exec(s->db, "PRAGMA synchronous=FULL; PRAGMA journal_size_limit=0", e);
}

static int connect(struct store *s, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    CLEANUP_STR struct str path = STR_INIT;
    int r;

    path_join(&path, s->dir, STORE_NAME_STATE);
    if (!str_ok(&path))
        return error_set(e, E_FATAL, "out of memory");
    r = s->mode == STORE_READ ? connect_reader(s, str_text(&path), &cause)
                              : connect_writer(s, str_text(&path), &cause);
    if (r == E_OK)
        sqlite3_busy_timeout(s->db, BUSY_MS);
    if (r == E_OK || r == E_MISSING) {
        error_move(e, &cause);
        return r;
    }
    if (s->db)
        return state_error(s, e);
    error_set(e, E_FATAL, "cannot open %s: %s", str_text(&path),
              cause.sys ? strerror(cause.sys) : cause.message);
    return E_FATAL;
}

static int open_state(struct store *s, struct error *e)
{
    int r = connect(s, e);

    if (r != E_OK)
        return r;
    r = state_known(s, e);
    if (r != E_MISSING || s->mode == STORE_READ)
        return r;
    r = state_make(s, e);
    if (r == E_OK && dir_sync(s->dir, e) != E_OK)
        r = E_FATAL;
    if (r == E_FATAL && e)
        e->code = r;
    return r;
}

int store_open(const char *dir, enum store_mode mode, struct store **store, struct error *e)
{
    struct store *s;
    int r = mode == STORE_WRITE ? store_folder(dir, e) : E_OK;

    *store = NULL;
    if (r != E_OK)
        return r;
    s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, E_FATAL, "out of memory");
    s->mode = mode;
    s->forced = true;
    s->dir = strdup(dir);
    r = s->dir ? open_state(s, e) : error_set(e, E_FATAL, "out of memory");
    if (r != E_OK) {
        store_close(s);
        return r;
    }
    *store = s;
    return E_OK;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < STATE_QUERIES; i++)
        db_finalize(&store->query[i]);
    db_close(&store->db);
    free(store->dir);
    free(store);
}

/* In the WAL, or from a checkpoint that synced it first: so the WAL is all there is to sync. */
int store_harden(struct store *s, struct error *e)
{
    sqlite3_file *wal = NULL;

    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal) != SQLITE_OK)
        return state_error(s, e);
    if (wal && wal->pMethods && wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL) != SQLITE_OK)
        return error_set(e, E_FATAL, "cannot sync %s/%s-wal", s->dir, STORE_NAME_STATE);
    return dir_sync(s->dir, e) == E_OK ? E_OK : E_FATAL;
}
