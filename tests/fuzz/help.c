/* See fuzz.h. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

/* --- input --- */

static int digit_of(uint8_t c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c) : NULL;

    return found ? (int)(found - digits) : -1;
}

struct input input_of(const uint8_t *data, size_t size, struct str *bytes)
{
    int high = -1;

    if (size < 4 || memcmp(data, "hex ", 4) != 0)
        return (struct input){data, size};
    for (size_t i = 4; i < size; i++) {
        int digit = digit_of(data[i]);

        if (digit < 0)
            continue;
        if (high >= 0)
            str_addc(bytes, (char)(high << 4 | digit));
        high = high >= 0 ? -1 : digit;
    }
    return (struct input){(const uint8_t *)str_text(bytes), bytes->len};
}

void text_of(const uint8_t *data, size_t size, struct str *text)
{
    str_addn(text, data, size && data[size - 1] == '\n' ? size - 1 : size);
}

uint8_t input_byte(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

int64_t input_number(struct input *in)
{
    static const int64_t edges[] = {INT64_MIN,  INT64_MAX, INT32_MAX,     (int64_t)UINT32_MAX,
                                    UINT16_MAX, -1,        1LL << 32 | 1, INT64_MIN + 1};
    uint8_t first = input_byte(in);
    uint64_t n = 0;

    if (first < 224)
        return first;
    if (first < 248)
        return edges[first % 8];
    for (int i = 0; i < 8; i++)
        n = n << 8 | input_byte(in);
    return (int64_t)n;
}

void input_text(struct input *in, struct str *text)
{
    size_t n = input_byte(in);

    n = n < in->left ? n : in->left;
    str_addn(text, in->at, n);
    in->at += n;
    in->left -= n;
}

void input_bind(struct input *in, sqlite3_stmt *stmt, int parameter)
{
    CLEANUP_STR struct str text = STR_INIT;

    switch (input_byte(in) % 7) {
    case 0:
        sqlite3_bind_null(stmt, parameter);
        break;
    case 1:
        sqlite3_bind_int64(stmt, parameter, input_number(in));
        break;
    case 2:
        sqlite3_bind_double(stmt, parameter, (double)input_number(in) * 1e300);
        break;
    case 3:
        input_text(in, &text);
        sqlite3_bind_blob(stmt, parameter, str_text(&text), (int)text.len, SQLITE_TRANSIENT);
        break;
    case 4:
        sqlite3_bind_zeroblob(stmt, parameter, input_byte(in) * 64);
        break;
    default:
        input_text(in, &text);
        sqlite3_bind_text(stmt, parameter, str_text(&text), (int)text.len, SQLITE_TRANSIENT);
    }
}

void input_patch(struct input *in, uint8_t *bytes, size_t n)
{
    while (in->left >= 3) {
        size_t at = (size_t)input_byte(in) << 8;

        at |= input_byte(in);
        bytes[at % n] = input_byte(in);
    }
}

/* --- files --- */

static char folder[64];

void place_empty(const char *dir)
{
    CLEANUP_STR struct str path = STR_INIT;
    struct dirent *entry;
    DIR *d = opendir(dir);

    while (d && (entry = readdir(d))) {
        str_reset(&path);
        path_join(&path, dir, entry->d_name);
        if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..")) {
            place_empty(str_text(&path));
            rmdir(str_text(&path));
        }
        unlink(str_text(&path));
    }
    if (d)
        closedir(d);
}

static void leave(void)
{
    place_empty(folder);
    rmdir(folder);
}

const char *place(void)
{
    const char *given = getenv("TMPDIR");

    if (folder[0])
        return folder;
    if (!given || strlen(given) > 40)
        given = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(folder, sizeof folder, "%s/lockstep-XXXXXX", given);
    PROMISE(mkdtemp(folder), "there is a place for files");
    atexit(leave);
    return folder;
}

void place_path(struct str *path, const char *name)
{
    path_join(path, place(), name);
}

void place_write(const char *path, const void *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    PROMISE(fd >= 0 && file_pwrite(fd, bytes, n, 0) == 0, "a file of the test can be written");
    close(fd);
}

/* Where the next block begins, or the end. */
static const char *next_block(const char *at, const char *end)
{
    const char *block = at;

    while (block < end && (block = memmem(block, (size_t)(end - block), "==> ", 4)))
        if (block == at || block[-1] == '\n')
            return block;
        else
            block += 4;
    return end;
}

static void add_content(struct str *out, const char *at, const char *end)
{
    for (; at < end; at++) {
        bool nul = at[0] == '\\' && at + 1 < end && at[1] == '0';

        str_addn(out, nul ? "" : at, 1);
        at += nul;
    }
}

static void write_block(const char *dir, const char *name, size_t len, const char *content,
                        const char *end)
{
    CLEANUP_STR struct str plain = STR_INIT, path = STR_INIT, bytes = STR_INIT;
    int fd;

    str_addn(&plain, name, len);
    if (!len || len > 255 || strlen(str_text(&plain)) != len || strchr(str_text(&plain), '/'))
        return;
    str_addf(&path, "%s/%s", dir, str_text(&plain));
    fd = open(str_text(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return; /* "." and the like */
    add_content(&bytes, content, end > content && end[-1] == '\n' ? end - 1 : end);
    PROMISE(file_pwrite(fd, str_text(&bytes), bytes.len, 0) == 0, "a block can be written");
    close(fd);
}

void place_fill(const char *dir, const uint8_t *data, size_t size)
{
    const char *at = (const char *)data, *end = at + size;

    place_empty(dir);
    mkdir(dir, 0755);
    for (at = next_block(at, end); at < end;) {
        const char *next = next_block(at + 4, end), *name = at + 4;
        const char *line = memchr(name, '\n', (size_t)(next - name));
        const char *content = line ? line + 1 : next;

        write_block(dir, name, (size_t)((line ? line : next) - name), content, next);
        at = next;
    }
}

/* Large blocks, which SQLite asks for to save time, cost most of it under AddressSanitizer. */
__attribute__((constructor)) static void ask_for_little(void)
{
    sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    sqlite3_initialize();
}

void run_sql(sqlite3 *db, const char *sql)
{
    char *why = NULL;

    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
        fprintf(stderr, "%s: %s\n", sql, why ? why : "?");
    PROMISE(!why, "the SQL of a test runs");
}
