#include "engine/sqlite/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Offsets in the journal header, from the file format of SQLite. */
enum { COUNT_AT = 8, SECTOR_AT = 20, PAGE_SIZE_AT = 24, LOCK_BYTE = 0x40000000 };

static const unsigned char magic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void add_u32(struct str *out, uint32_t v)
{
    unsigned char bytes[4] = {v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255};

    str_addn(out, bytes, 4);
}

void journal_add_record(struct str *out, uint32_t lock_page, const char *super)
{
    uint32_t sum = 0;

    for (const char *p = super; *p; p++)
        sum += (uint32_t)(signed char)*p;
    add_u32(out, lock_page);
    str_add(out, super);
    add_u32(out, (uint32_t)strlen(super));
    add_u32(out, sum);
    str_addn(out, magic, sizeof magic);
}

/* The count never reaches the disk before journal_arm: a zero stands in for it. */
static int disk_write(struct journal *j, const void *bytes, size_t n, off_t at)
{
    static const unsigned char zero[4] = {0};

    if (file_pwrite(j->fd, bytes, n, at) != 0)
        return -1;
    if (!j->armed && at < COUNT_AT + 4 && at + (off_t)n > COUNT_AT)
        return file_pwrite(j->fd, zero, 4, COUNT_AT);
    return 0;
}

static int memory_write(struct journal *j, const void *bytes, size_t n, off_t at)
{
    size_t end = (size_t)at + n;

    if (end > j->memory.len) {
        char *to = str_reserve(&j->memory, end - j->memory.len);

        if (!to)
            return -2;
        memset(to, 0, end - j->memory.len + 1);
        j->memory.len = end;
    }
    memcpy(j->memory.data + at, bytes, n);
    return 0;
}

static void remember_header(struct journal *j, const unsigned char *bytes, size_t n, off_t at)
{
    for (size_t i = 0; i < n && at + (off_t)i < JOURNAL_HEADER; i++)
        j->header[at + (off_t)i] = bytes[i];
}

/*
 * SQLite writes a record as three pieces: page number, content, checksum. After a page number 1 the
 * next piece is the content of page 1, in which we showed SQLite other mode bytes than the file
 * has; the journal must restore the file's own. SQLite's checksum does not cover these two bytes.
 */
static const void *undisguise(struct journal *j, const void *bytes, size_t n, off_t at, void *copy)
{
    bool is_page_one = j->disguised && at == j->page_one && n >= 512;

    j->page_one = n == 4 && get_u32(bytes) == 1 ? at + 4 : -1;
    if (!is_page_one)
        return bytes;
    memcpy(copy, bytes, n);
    ((unsigned char *)copy)[18] = 2;
    ((unsigned char *)copy)[19] = 2;
    return copy;
}

int journal_write(struct journal *j, const void *bytes, size_t n, off_t at)
{
    unsigned char copy[65536];

    bytes = undisguise(j, bytes, n, at, copy);
    remember_header(j, bytes, n, at);
    if (at + (off_t)n > j->size)
        j->size = at + (off_t)n;
    if (!j->on_disk && !j->memory_only && j->size > JOURNAL_MEMORY && journal_put(j) != 0)
        return -1;
    return j->on_disk ? disk_write(j, bytes, n, at) : memory_write(j, bytes, n, at);
}

int journal_read(struct journal *j, void *bytes, size_t n, off_t at, size_t *got)
{
    if (j->on_disk)
        return file_pread(j->fd, bytes, n, at, got);
    *got = 0;
    if ((size_t)at < j->memory.len) {
        *got = j->memory.len - (size_t)at < n ? j->memory.len - (size_t)at : n;
        memcpy(bytes, j->memory.data + at, *got);
    }
    return 0;
}

int journal_record(struct journal *j, const char *super)
{
    CLEANUP_STR struct str record = STR_INIT;
    uint32_t sector = get_u32(j->header + SECTOR_AT);
    uint32_t page = get_u32(j->header + PAGE_SIZE_AT);
    int r;

    if (sector == 0 || page == 0) {
        errno = EINVAL;
        return -1;
    }
    journal_add_record(&record, LOCK_BYTE / page + 1, super);
    if (!str_ok(&record))
        return -2;
    r = journal_write(j, record.data, record.len, (j->size + sector - 1) / sector * sector);
    j->recorded = r == 0;
    return r;
}

int journal_put(struct journal *j)
{
    if (j->on_disk)
        return 0;
    j->fd = side_create(j->path, &j->owner);
    if (j->fd < 0)
        return -1;
    j->on_disk = true;
    if (j->memory.len >= COUNT_AT + 4)
        memset(j->memory.data + COUNT_AT, 0, 4);
    if (file_pwrite(j->fd, str_text(&j->memory), j->memory.len, 0) != 0)
        return -1;
    str_free(&j->memory);
    return 0;
}

int journal_arm(struct journal *j)
{
    bool reopened = j->fd < 0;

    if (reopened)
        j->fd = open(j->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (j->fd < 0 || file_pwrite(j->fd, j->header + COUNT_AT, 4, COUNT_AT) != 0)
        return -1;
    j->armed = true;
    if (reopened) {
        close(j->fd);
        j->fd = -1;
    }
    return 0;
}

void journal_close(struct journal *j)
{
    if (j->fd >= 0)
        close(j->fd);
    j->fd = -1;
    str_free(&j->memory);
}

void journal_free(struct journal *j)
{
    journal_close(j);
    free(j->path);
    j->path = NULL;
}
