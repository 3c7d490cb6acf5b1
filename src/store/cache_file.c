/*
 * The cache as a file: a head, the looks as they lie in memory, the lineage texts one behind the
 * other with their terminators. The machine that wrote it reads it; the head says enough to notice
 * when that is not so, and the checksum covers everything behind itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/str.h"
#include "store/cache_data.h"
#include "store/state.h"

struct head {
    char magic[16];
    uint64_t checksum;
    uint32_t look_size; /* of struct cache_look, in this program */
    uint32_t reserved;
    uint64_t n_looks, n_lineages, text_bytes;
};

/* Fast, and good against accidents; nobody gains by forging a cache he could as well delete. */
uint64_t cache_checksum(const char *bytes, size_t n)
{
    uint64_t sum = n;

    for (; n > 0; bytes += sizeof(uint64_t)) {
        uint64_t word = 0;
        size_t part = n < sizeof word ? n : sizeof word;

        memcpy(&word, bytes, part);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15;
        sum ^= sum >> 32;
        n -= part;
    }
    return sum;
}

static uint64_t checksum_of(const char *file, size_t n)
{
    size_t from = offsetof(struct head, look_size);

    return cache_checksum(file + from, n - from);
}

static bool head_fits(const struct head *head, const char *file, size_t n)
{
    size_t rest = n - sizeof *head;

    if (memcmp(head->magic, CACHE_MAGIC, sizeof head->magic) != 0 ||
        head->look_size != sizeof(struct cache_look) || head->checksum != checksum_of(file, n))
        return false;
    if (head->n_looks > rest / sizeof(struct cache_look))
        return false;
    return head->text_bytes == rest - head->n_looks * sizeof(struct cache_look) &&
           (head->text_bytes == 0 || file[n - 1] == '\0');
}

static bool take_lineages(struct cache *cache, const struct head *head, const char *text)
{
    const char *end = text + head->text_bytes;
    char *copy = arena_copyn(&cache->texts, text, head->text_bytes);

    if (!copy)
        return false;
    for (uint64_t i = 0; i < head->n_lineages && text < end; i++) {
        size_t n = strlen(text) + 1;

        if (!cache_add_lineage(cache, copy))
            return false;
        copy += n;
        text += n;
    }
    return true;
}

static bool take_looks(struct cache *cache, const struct head *head, const char *bytes)
{
    if (!cache_reserve(cache, head->n_looks))
        return false;
    for (uint64_t i = 0; i < head->n_looks; i++) {
        struct cache_look look;

        memcpy(&look, bytes + i * sizeof look, sizeof look);
        if (cache_lineage_text(cache, look.lineage) && !cache_add_look(cache, &look))
            return false;
    }
    return true;
}

static bool take_file(struct cache *cache, const char *file, size_t n)
{
    struct head head;

    if (n < sizeof head)
        return true;
    memcpy(&head, file, sizeof head);
    if (!head_fits(&head, file, n))
        return true;
    return take_lineages(cache, &head, file + n - head.text_bytes) &&
           take_looks(cache, &head, file + sizeof head);
}

/* The whole file; NULL when there is none or it cannot be read. */
static char *read_file(const char *path, size_t *n)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat st;
    char *bytes;

    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return NULL;
    bytes = malloc((size_t)st.st_size);
    if (bytes && file_pread(fd, bytes, (size_t)st.st_size, 0, n) == 0)
        return bytes;
    free(bytes);
    return NULL;
}

int cache_load(struct store *store, struct cache **cache, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    CLEANUP_FREE char *file = NULL;
    size_t n = 0;

    *cache = calloc(1, sizeof **cache);
    if (!*cache)
        return error_oom(e);
    if (!store)
        return E_OK;
    path_join(&path, store->dir, STORE_NAME_CACHE);
    file = str_ok(&path) ? read_file(str_text(&path), &n) : NULL;
    if (file && !take_file(*cache, file, n)) {
        cache_free(*cache);
        *cache = NULL;
        return error_oom(e);
    }
    return E_OK;
}

/* ids[i]: what lineage i + 1 is called in the file; 0 where no look names it. */
static uint32_t *number_lineages(const struct cache *cache, struct head *head)
{
    uint32_t *ids = calloc(cache->n_lineages + 1, sizeof *ids);

    for (size_t i = 0; ids && i < cache->n_looks; i++)
        if (cache->looks[i].lineage > 0)
            ids[cache->looks[i].lineage - 1] = 1;
    for (size_t i = 0; ids && i < cache->n_lineages; i++)
        if (ids[i])
            ids[i] = (uint32_t)++head->n_lineages;
    return ids;
}

static void add_entries(const struct cache *cache, const uint32_t *ids, struct head *head,
                        struct str *out)
{
    for (size_t i = 0; i < cache->n_looks; i++) {
        struct cache_look look = cache->looks[i];

        look.lineage = look.lineage > 0 ? ids[look.lineage - 1] : 0;
        str_addn(out, &look, sizeof look);
    }
    for (size_t i = 0; i < cache->n_lineages; i++) {
        size_t n = ids[i] ? strlen(cache->lineages[i]) + 1 : 0;

        str_addn(out, cache->lineages[i], n);
        head->text_bytes += n;
    }
}

static bool build(const struct cache *cache, struct str *out)
{
    struct head head = {.look_size = sizeof(struct cache_look), .n_looks = cache->n_looks};
    uint32_t *ids = number_lineages(cache, &head);

    if (ids && str_reserve(out, sizeof head + cache->n_looks * sizeof(struct cache_look))) {
        str_addn(out, &head, sizeof head);
        add_entries(cache, ids, &head, out);
    }
    free(ids);
    if (!ids || !str_ok(out))
        return false;
    memcpy(head.magic, CACHE_MAGIC, sizeof head.magic);
    memcpy(out->data, &head, sizeof head);
    head.checksum = checksum_of(out->data, out->len);
    memcpy(out->data, &head, sizeof head);
    return true;
}

/*
 * Two that save at once may write into one new file; the checksum then fails and the cache is made
 * again, so no lock is needed.
 */
static int write_file(const char *dir, const struct str *bytes, struct error *e)
{
    CLEANUP_STR struct str path = STR_INIT;
    CLEANUP_STR struct str made = STR_INIT;
    CLEANUP_FD int fd = -1;

    path_join(&path, dir, STORE_NAME_CACHE);
    path_join(&made, dir, STORE_NAME_CACHE ".new");
    if (!str_ok(&path) || !str_ok(&made))
        return error_oom(e);
    fd = open(str_text(&made), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || file_pwrite(fd, bytes->data, bytes->len, 0) != 0 ||
        rename(str_text(&made), str_text(&path)) != 0) {
        error_errno(e, E_REFUSED, "write", str_text(&made));
        unlink(str_text(&made));
        return E_REFUSED;
    }
    return E_OK;
}

int cache_save(struct store *store, struct cache *cache, struct error *e)
{
    CLEANUP_STR struct str bytes = STR_INIT;
    int r;

    if (!store || store->mode == STORE_READ || !cache->changed)
        return E_OK;
    if (!build(cache, &bytes))
        return error_oom(e);
    r = write_file(store->dir, &bytes, e);
    if (r == E_OK)
        cache->changed = false;
    return r;
}
