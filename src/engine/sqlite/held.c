#include "engine/sqlite/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

/* Index of the first page that does not lie wholly before `at`. */
static size_t find(const struct held *held, off_t at)
{
    size_t low = 0, high = held->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (held->pages[middle].at + (off_t)held->pages[middle].n <= at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int held_put(struct held *held, off_t at, const void *bytes, unsigned n)
{
    size_t i = find(held, at);
    struct held_page page = {.at = at, .n = n};

    if (i < held->n && held->pages[i].at == at && held->pages[i].n == n) {
        memcpy(held->pages[i].bytes, bytes, n);
        return E_OK;
    }
    if (!array_room(&held->pages, held->n, &held->cap, sizeof page))
        return E_NOMEM;
    page.bytes = malloc(n);
    if (!page.bytes)
        return E_NOMEM;
    memcpy(page.bytes, bytes, n);
    memmove(held->pages + i + 1, held->pages + i, (held->n - i) * sizeof page);
    held->pages[i] = page;
    held->n++;
    held->bytes += n;
    return E_OK;
}

bool held_get(const struct held *held, off_t at, void *bytes, unsigned n)
{
    size_t i = find(held, at);
    const struct held_page *page = i < held->n ? &held->pages[i] : NULL;

    if (!page || page->at > at || page->at + (off_t)page->n < at + (off_t)n)
        return false;
    memcpy(bytes, page->bytes + (at - page->at), n);
    return true;
}

off_t held_end(const struct held *held)
{
    return held->n ? held->pages[held->n - 1].at + (off_t)held->pages[held->n - 1].n : 0;
}

void held_cut(struct held *held, off_t size)
{
    while (held->n && held->pages[held->n - 1].at >= size) {
        held->n--;
        held->bytes -= held->pages[held->n].n;
        free(held->pages[held->n].bytes);
    }
}

int held_write(const struct held *held, int fd)
{
    for (size_t i = 0; i < held->n; i++)
        if (file_pwrite(fd, held->pages[i].bytes, held->pages[i].n, held->pages[i].at) != 0)
            return -1;
    return 0;
}

void held_free(struct held *held)
{
    held_cut(held, 0);
    free(held->pages);
    *held = (struct held){0};
}
