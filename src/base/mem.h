/*
 * Memory: an arena for things that live and die together, a growth rule for arrays, cleanup.
 * Every allocation can fail and says so; nothing here aborts.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *head;
};

/* clang-format off */
#define ARENA_INIT {0}
/* clang-format on */

/* Zeroed, aligned for any type; NULL when out of memory. n may be 0. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_array(struct arena *a, size_t count, size_t size); /* NULL on overflow too */
char *arena_copy(struct arena *a, const char *text);           /* NULL text gives NULL */
char *arena_copyn(struct arena *a, const char *text, size_t n);
void arena_free(struct arena *a);

/*
 * Makes room for one more element behind *items (count of them used, *cap allocated).
 * Returns false, with everything as it was, when out of memory.
 */
bool array_room(void *items_address, size_t count, size_t *cap, size_t size);

void free_pointer(void *pointer_address); /* for CLEANUP_FREE */
void close_fd(int *fd);                   /* for CLEANUP_FD; ignores negative ones */

#define CLEANUP_FREE  __attribute__((cleanup(free_pointer)))
#define CLEANUP_FD    __attribute__((cleanup(close_fd)))
#define CLEANUP_ARENA __attribute__((cleanup(arena_free)))

#endif
