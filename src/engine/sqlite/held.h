/*
 * Held pages: what SQLite wrote to the database file during COMMIT, kept in memory until the group
 * seals. Sorted by offset; a page written twice is kept once.
 */
#ifndef ENGINE_SQLITE_HELD_H
#define ENGINE_SQLITE_HELD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct held_page {
    off_t at;
    unsigned n;
    unsigned char *bytes;
};

struct held {
    struct held_page *pages;
    size_t n, cap;
    size_t bytes; /* memory the pages take */
};

/* E_OK or E_NOMEM. */
int held_put(struct held *held, off_t at, const void *bytes, unsigned n);
/* Copies the part of [at, at + n) that one held page covers whole; false when none does. */
bool held_get(const struct held *held, off_t at, void *bytes, unsigned n);
off_t held_end(const struct held *held); /* offset behind the last page; 0 when empty */
/* Drops pages from `size` on: the file was cut. */
void held_cut(struct held *held, off_t size);
/* Writes all pages; 0, or -1 with errno. */
int held_write(const struct held *held, int fd);
void held_free(struct held *held);

#endif
