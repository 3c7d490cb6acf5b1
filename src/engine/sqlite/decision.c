#include "engine/sqlite/decision.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/lock.h"
#include "base/number.h"
#include "base/str.h"
#include "engine/sqlite/journal.h"

#define NAME_HEAD "lockstep-" /* then the key, -GROUP, and .super or .anchor */

enum { FILE_MODE = 0644, LIST_MAX = 1 << 30, KEY_DIGITS = 32, SUPER_JOURNALS = 1000 };

static char *name(const char *dir, const char *key, uint32_t group, const char *kind)
{
    struct str path = STR_INIT;

    str_addf(&path, "%s/" NAME_HEAD "%s-%u.%s", dir[1] ? dir : "", key, group, kind);
    return str_take(&path);
}

int decision_init(struct decision *d, const char *dir, const char *key, uint32_t group,
                  struct error *e)
{
    d->dir = strdup(dir);
    d->super = name(dir, key, group, "super");
    d->anchor = name(dir, key, group, "anchor");
    if (!d->dir || !d->super || !d->anchor)
        return error_oom(e);
    if (strlen(d->anchor) > DECISION_PATH_MAX)
        return error_set(e, E_INVALID, "the path of the decision files is too long for SQLite: %s",
                         d->anchor);
    return E_OK;
}

void decision_free(struct decision *d)
{
    if (d->lock > 0)
        close(d->lock);
    free(d->dir);
    free(d->super);
    free(d->anchor);
    *d = (struct decision){0};
}

static size_t first_journals(const struct str *journals)
{
    size_t len = 0;

    for (int n = 0; n < SUPER_JOURNALS && len < journals->len; n++)
        len += strlen(str_text(journals) + len) + 1;
    return len;
}

/*
 * Every SQLite that rolls a tenant back reads the whole super-journal, to see whether it is still
 * needed. With all journals in it, settling n tenants would read n times n names: 920 GB for
 * 100,000. The anchor alone answers; the first journals are for the case that somebody removes it.
 */
static int make_super(const struct decision *d, const struct str *journals, struct error *e)
{
    CLEANUP_STR struct str list = STR_INIT;
    int r;

    str_addn(&list, d->anchor, strlen(d->anchor) + 1);
    str_addn(&list, str_text(journals), first_journals(journals));
    if (!str_ok(&list))
        return error_oom(e);
    r = file_create(d->super, FILE_MODE, list.data, list.len, e);
    return r == E_OK ? dir_sync(d->dir, e) : r;
}

static int make_anchor(const struct decision *d, const struct str *journals, struct error *e)
{
    CLEANUP_STR struct str content = STR_INIT;
    int r;

    str_addn(&content, str_text(journals), journals->len);
    journal_add_record(&content, 0, d->super);
    if (!str_ok(&content))
        return error_oom(e);
    r = file_create(d->anchor, FILE_MODE, content.data, content.len, e);
    return r == E_OK ? dir_sync(d->dir, e) : r;
}

/* Who finds our files must be able to tell that we live. Both are looked for once more: somebody
 * may have cleared them away before the lock stood. */
static int hold(struct decision *d, struct error *e)
{
    d->lock = open(d->anchor, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (d->lock < 0 || lock_set(d->lock, LOCK_EXCLUSIVE, 0, 1) != E_OK ||
        access(d->super, F_OK) != 0 || access(d->anchor, F_OK) != 0)
        return error_errno(e, E_REFUSED, "hold", d->anchor);
    return E_OK;
}

bool decision_is_live(const struct decision *d)
{
    CLEANUP_FD int fd = open(d->anchor, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    return fd >= 0 && lock_test(fd, LOCK_EXCLUSIVE, 0, 1, NULL) == E_BUSY;
}

int decision_make(struct decision *d, const struct str *journals, struct error *e)
{
    int r = make_super(d, journals, e);

    if (r == E_OK)
        r = make_anchor(d, journals, e);
    if (r == E_OK)
        r = hold(d, e);
    if (r != E_OK)
        decision_close(d, VERDICT_ABORT, NULL); /* what it leaves is closed with the group */
    return r;
}

int decision_fall(const struct decision *d, struct error *e)
{
    if (unlink(d->super) != 0)
        return error_errno(e, errno == ENOENT ? E_DOUBT : E_REFUSED, "remove", d->super);
    if (dir_sync(d->dir, e) != E_OK) {
        if (e)
            e->code = E_DOUBT;
        return E_DOUBT;
    }
    return E_OK;
}

static int remove_durably(const char *path, const char *dir, struct error *e)
{
    if (unlink(path) != 0 && errno != ENOENT)
        return error_errno(e, E_REFUSED, "remove", path);
    return dir_sync(dir, e);
}

int decision_close(const struct decision *d, enum verdict verdict, struct error *e)
{
    int r = remove_durably(d->anchor, d->dir, e);

    if (r == E_OK && verdict == VERDICT_ABORT)
        r = remove_durably(d->super, d->dir, e);
    return r;
}

static int is_there(const char *path, bool *there, struct error *e)
{
    *there = access(path, F_OK) == 0;
    if (*there || errno == ENOENT)
        return E_OK;
    return error_errno(e, E_REFUSED, "look for", path);
}

/*
 * What is seen is made durable first. A process that was killed between its decision and the sync
 * of the folder leaves a super-journal that is gone, but may come back with the power: after
 * journals of the group were removed on the strength of its absence.
 */
int decision_ask(const struct decision *d, enum found *found, struct error *e)
{
    bool super, anchor;

    *found = FOUND_UNKNOWN;
    if (access(d->dir, X_OK) != 0)
        return error_errno(e, E_REFUSED, "reach", d->dir);
    if (dir_sync(d->dir, e) != E_OK)
        return E_REFUSED;
    if (is_there(d->super, &super, e) != E_OK || is_there(d->anchor, &anchor, e) != E_OK)
        return E_REFUSED;
    *found = super ? FOUND_UNDECIDED : anchor ? FOUND_COMMITTED : FOUND_NOTHING;
    return E_OK;
}

/* Names of files, each absolute and ended, and nothing else: a torn write leaves other bytes. */
static bool all_names(const char *list, size_t len)
{
    for (size_t at = 0; at < len; at += strlen(list + at) + 1)
        if (list[at] != '/')
            return false;
    return len == 0 || list[len - 1] == '\0';
}

/* A whole anchor is the journals, and its record; what is left is the journals. */
static bool cut_record(const struct decision *d, struct str *anchor, size_t start)
{
    CLEANUP_STR struct str record = STR_INIT;

    journal_add_record(&record, 0, d->super);
    if (!str_ok(&record) || anchor->len - start < record.len ||
        memcmp(anchor->data + anchor->len - record.len, record.data, record.len) != 0)
        return false;
    anchor->len -= record.len;
    return all_names(anchor->data + start, anchor->len - start);
}

/* A whole super-journal is the anchor's name, and journals. */
static bool cut_anchor(const struct decision *d, struct str *super, size_t start)
{
    size_t n = strlen(d->anchor) + 1, left = super->len - start;

    if (left < n || memcmp(super->data + start, d->anchor, n) != 0 ||
        !all_names(super->data + start, left))
        return false;
    memmove(super->data + start, super->data + start + n, left - n);
    super->len -= n;
    return true;
}

static void cut(struct str *list, size_t from, size_t to)
{
    if (to <= from)
        return;
    memmove(list->data + from, list->data + to, list->len - to);
    list->len -= to - from;
}

/* Only what reads like a name, and the last one ended. */
static int keep_names(struct str *list, size_t start, struct error *e)
{
    str_addn(list, "", 1);
    if (!str_ok(list))
        return error_oom(e);
    for (size_t at = start; at < list->len;) {
        size_t next = at + strlen(list->data + at) + 1;

        if (list->data[at] == '/')
            at = next;
        else
            cut(list, at, next);
    }
    return E_OK;
}

static int damaged(const struct decision *d, struct str *journals, size_t start, struct error *e)
{
    if (keep_names(journals, start, e) != E_OK)
        return E_NOMEM;
    error_set(e, E_INVALID, "%s, or its super-journal, is damaged: it lists only some tenants",
              d->anchor);
    error_hint(e,
               "bring it back from a backup: a tenant that it does not list may be half changed");
    return E_INVALID;
}

/*
 * The super-journal is durable before the anchor is written, the anchor before any journal refers
 * to either. So one that is not whole (a kill or a power loss fell into its writing) says that what
 * comes after it never began: without a whole anchor no tenant was touched, and the super-journal's
 * list will do; without either there is none. What no such moment leaves is damage, not a guess.
 */
int decision_journals(const struct decision *d, struct str *journals, struct error *e)
{
    size_t start = journals->len, middle;
    int r = file_read(d->anchor, LIST_MAX, journals, e);
    bool anchor = r == E_OK;

    if (anchor && cut_record(d, journals, start))
        return E_OK;
    middle = journals->len;
    if (anchor || r == E_MISSING)
        r = file_read(d->super, LIST_MAX, journals, e);
    if (r != E_OK && (r != E_MISSING || !anchor))
        return r;
    if (r == E_OK && cut_anchor(d, journals, middle)) {
        cut(journals, start, middle);
        return E_OK;
    }
    if (anchor)
        return damaged(d, journals, start, e);
    cut(journals, start, journals->len);
    return E_OK;
}

static bool parse_name(const char *name, struct decision_trace *trace)
{
    size_t head = sizeof NAME_HEAD - 1;
    uint64_t group;

    if (strncmp(name, NAME_HEAD, head) != 0 ||
        strspn(name += head, "0123456789abcdef") != KEY_DIGITS)
        return false;
    memcpy(trace->key, name, KEY_DIGITS);
    trace->key[KEY_DIGITS] = '\0';
    name += KEY_DIGITS;
    if (*name++ != '-' || *name == '0' || !number_read(&name, &group) || group > UINT32_MAX)
        return false; /* with a zero in front it is no name of ours, and would not be found again */
    trace->group = (uint32_t)group;
    return str_same(name, ".super") || str_same(name, ".anchor");
}

static bool known(const struct decision_trace *traces, size_t n, const struct decision_trace *trace)
{
    for (size_t i = 0; i < n; i++)
        if (traces[i].group == trace->group && str_same(traces[i].key, trace->key))
            return true;
    return false;
}

int decision_scan(const char *dir, struct decision_trace **traces, size_t *n, struct error *e)
{
    struct decision_trace trace;
    struct dirent *entry;
    size_t cap = 0;
    DIR *d = opendir(dir);
    int r = E_OK;

    *traces = NULL;
    *n = 0;
    if (!d)
        return error_errno(e, errno == ENOENT ? E_MISSING : E_REFUSED, "open the folder", dir);
    while (r == E_OK && (errno = 0, entry = readdir(d))) {
        if (!parse_name(entry->d_name, &trace) || known(*traces, *n, &trace))
            continue;
        if (array_room(traces, *n, &cap, sizeof trace))
            (*traces)[(*n)++] = trace;
        else
            r = error_oom(e); /* one that is left out would pass for settled */
    }
    if (r == E_OK && errno != 0)
        r = error_errno(e, E_REFUSED, "list the folder", dir);
    closedir(d);
    return r;
}
