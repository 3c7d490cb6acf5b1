/*
 * A cache file of any bytes: none is claimed that is not in it, every look names a past that is
 * there, and what is read can be saved and comes back the same. A file that was saved and then had
 * one byte changed counts as no file. Most inputs get a head that fits, so that the rest is looked
 * at.
 */
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/past.h"
#include "fuzz.h"
#include "store/cache_data.h"
#include "store/state.h"

enum { HEAD = 16, SUM = 8 }; /* magic, checksum */

static struct cache *load(struct store *store)
{
    struct cache *cache = NULL;

    PROMISE(cache_load(store, &cache, NULL) == E_OK, "a cache is loaded, whatever the file holds");
    return cache;
}

static void write_cache(const void *bytes, size_t n)
{
    CLEANUP_STR struct str path = STR_INIT;

    place_path(&path, STORE_NAME_CACHE);
    place_write(str_text(&path), bytes, n);
}

static void read_cache(struct str *bytes)
{
    CLEANUP_STR struct str path = STR_INIT;

    place_path(&path, STORE_NAME_CACHE);
    PROMISE(file_read(str_text(&path), SIZE_MAX / 2, bytes, NULL) == E_OK, "a cache was saved");
}

/* Any text counts as a past as far as it is one; the rows that it has are written as they were. */
static void read_past(const char *text)
{
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    CLEANUP_STR struct str again = STR_INIT;
    const char *at = text;
    struct past_row row;

    while (past_next(&arena, &at, &row)) {
        const char *second;
        struct past_row copy;

        PROMISE(at <= text + strlen(text), "a past ends where its text ends");
        str_reset(&again);
        past_add(&again, &row);
        second = str_text(&again);
        PROMISE(past_next(&arena, &second, &copy) && !*second && copy.version == row.version &&
                    str_same(copy.name, row.name) && str_same(copy.down_sql, row.down_sql),
                "a row of a past is written as it was read");
    }
}

static void check_looks(const struct cache *cache, size_t size)
{
    PROMISE(cache->n_looks <= size / sizeof(struct cache_look) && cache->n_lineages <= size,
            "nothing is claimed that the file does not hold");
    for (size_t i = 0; i < cache->n_looks; i++) {
        const char *past = cache_lineage_text(cache, cache->looks[i].lineage);

        PROMISE(past, "the past of a look is there");
        PROMISE(strlen(past) < size, "a past is no longer than the file");
        read_past(past);
        cache_get(cache, &cache->looks[i].stamp);
    }
}

static void check_again(struct store *store, struct cache *cache)
{
    struct cache *again;

    cache->changed = true;
    PROMISE(cache_save(store, cache, NULL) == E_OK, "a cache can be saved");
    again = load(store);
    PROMISE(again->n_looks == cache->n_looks, "what is saved is loaded");
    for (size_t i = 0; i < cache->n_looks; i++)
        PROMISE(stamp_same(&again->looks[i].stamp, &cache->looks[i].stamp) &&
                    str_same(cache_lineage_text(again, again->looks[i].lineage),
                             cache_lineage_text(cache, cache->looks[i].lineage)),
                "a look is loaded as it was saved");
    cache_free(again);
}

static void damage(struct store *store, uint8_t where, uint8_t what)
{
    CLEANUP_STR struct str file = STR_INIT;
    struct cache *cache;

    read_cache(&file);
    file.data[(file.len - 1) * where / 255] ^= what ? (char)what : 1;
    write_cache(file.data, file.len);
    cache = load(store);
    PROMISE(!cache->n_looks && !cache->n_lineages, "a damaged cache counts as none");
    cache_free(cache);
}

/* A head that fits the file: as many looks and bytes of text as there is room for. */
static void make_fit(struct str *file, uint8_t looks)
{
    const size_t head = HEAD + SUM + 8 + 24, rest = file->len > head ? file->len - head : 0;
    const uint32_t size = sizeof(struct cache_look);
    const uint64_t n = looks < rest / size ? looks : rest / size, texts = rest - n * size;
    uint64_t sum;

    if (file->len < head)
        return;
    memcpy(file->data, CACHE_MAGIC, HEAD);
    memcpy(file->data + HEAD + SUM, &size, sizeof size);
    if (looks < 8) { /* else as the input says */
        memcpy(file->data + head - 24, &n, sizeof n);
        memcpy(file->data + head - 8, &texts, sizeof texts);
        file->data[file->len - 1] = '\0';
    }
    sum = cache_checksum(file->data + HEAD + SUM, file->len - HEAD - SUM);
    memcpy(file->data + HEAD, &sum, SUM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct store store = {.dir = (char *)(uintptr_t)place(), .mode = STORE_WRITE};
    CLEANUP_STR struct str bytes = STR_INIT, file = STR_INIT;
    struct input in = input_of(data, size, &bytes);
    uint8_t how = input_byte(&in), where = input_byte(&in);
    struct cache *cache;

    str_addn(&file, in.at, in.left);
    if (how % 2 == 0)
        make_fit(&file, how / 2 % 16);
    write_cache(str_text(&file), file.len);
    cache = load(&store);
    check_looks(cache, file.len);
    check_again(&store, cache);
    damage(&store, where, how);
    cache_free(cache);
    return 0;
}
