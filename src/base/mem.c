#include "base/mem.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arena_block {
    struct arena_block *next;
    size_t used, size;
    _Alignas(max_align_t) char data[];
};

enum { BLOCK_SIZE = 64 * 1024 };

static struct arena_block *block_for(struct arena *a, size_t n)
{
    size_t size = n > BLOCK_SIZE ? n : BLOCK_SIZE;
    struct arena_block *block = a->head;

    if (block && block->size - block->used >= n)
        return block;
    block = malloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->used = 0;
    block->size = size;
    block->next = a->head;
    a->head = block;
    return block;
}

void *arena_alloc(struct arena *a, size_t n)
{
    const size_t align = _Alignof(max_align_t);
    struct arena_block *block;
    void *at;

    if (n > SIZE_MAX / 2)
        return NULL;
    n = (n + align - 1) / align * align;
    block = block_for(a, n);
    if (!block)
        return NULL;
    at = block->data + block->used;
    block->used += n;
    return memset(at, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / 2 / size)
        return NULL;
    return arena_alloc(a, count * size);
}

char *arena_copyn(struct arena *a, const char *text, size_t n)
{
    char *copy;

    if (!text || n > SIZE_MAX / 2)
        return NULL;
    copy = arena_alloc(a, n + 1);
    if (copy)
        memcpy(copy, text, n);
    return copy;
}

char *arena_copy(struct arena *a, const char *text)
{
    return text ? arena_copyn(a, text, strlen(text)) : NULL;
}

void arena_free(struct arena *a)
{
    struct arena_block *block = a->head;

    while (block) {
        struct arena_block *next = block->next;

        free(block);
        block = next;
    }
    a->head = NULL;
}

bool array_room(void *items_address, size_t count, size_t *cap, size_t size)
{
    void *items;
    size_t want;

    if (count < *cap)
        return true;
    memcpy(&items, items_address, sizeof items);
    want = *cap ? *cap * 2 : 8;
    if (want > SIZE_MAX / 2 / size)
        return false;
    items = realloc(items, want * size);
    if (!items)
        return false;
    memcpy(items_address, &items, sizeof items);
    *cap = want;
    return true;
}

void free_pointer(void *pointer_address)
{
    void *p;

    memcpy(&p, pointer_address, sizeof p);
    free(p);
}

void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}
