/* The tenants of a benchmark fleet: every *.db in one folder, in the order of their names; or the
 * lines of a file. */
#ifndef BENCH_TENANTS_H
#define BENCH_TENANTS_H

#include <stddef.h>

struct tenants {
    char **paths; /* owned, sorted */
    size_t count;
};

/* 0, or -1 with a message on stderr. */
int tenants_list(const char *folder, struct tenants *ret);
/* A line of the file each, as they come; empty lines are none. */
int tenants_read(const char *path, struct tenants *ret);
void tenants_free(struct tenants *t);

/* The whole file, with a terminator behind its *ret_size bytes; NULL with a message on stderr. */
char *file_slurp(const char *path, size_t *ret_size);

/*
 * Calls work(context, i) once for each i below count, from that many threads; work returns 0, or
 * anything else for a failure. Returns how many failed.
 */
size_t in_parallel(unsigned threads, size_t count, int (*work)(void *context, size_t i),
                   void *context);

/* A number from 1 to max out of an option's text, or exit 2. */
unsigned long option_number(const char *option, const char *text, unsigned long max);

#endif
