/* What the benchmark programs share: the list of tenants, a file's bytes, work on many threads. */
#include "tenants.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int is_tenant(const char *name)
{
    size_t n = strlen(name);

    return n > 3 && strcmp(name + n - 3, ".db") == 0;
}

static int make_room(struct tenants *t, size_t *room)
{
    size_t more = *room ? *room * 2 : 1024;
    char **grown = t->count < *room ? t->paths : realloc(t->paths, more * sizeof *grown);

    if (!grown)
        return -1;
    if (t->count == *room)
        *room = more;
    t->paths = grown;
    return 0;
}

static int append(struct tenants *t, size_t *room, const char *folder, const char *name)
{
    if (make_room(t, room) < 0 || asprintf(&t->paths[t->count], "%s/%s", folder, name) < 0)
        return -1;
    t->count++;
    return 0;
}

int tenants_list(const char *folder, struct tenants *ret)
{
    struct tenants t = {0};
    size_t room = 0;
    int r = 0;
    struct dirent *entry;
    DIR *dir = opendir(folder);

    if (!dir) {
        perror(folder);
        return -1;
    }
    while (r == 0 && (entry = readdir(dir)))
        if (is_tenant(entry->d_name))
            r = append(&t, &room, folder, entry->d_name);
    closedir(dir);
    if (r < 0) {
        fprintf(stderr, "out of memory\n");
        tenants_free(&t);
        return -1;
    }
    if (t.count)
        qsort(t.paths, t.count, sizeof *t.paths, by_name);
    *ret = t;
    return 0;
}

int tenants_read(const char *path, struct tenants *ret)
{
    struct tenants t = {0};
    size_t room = 0, size;
    char *next = NULL, *text = file_slurp(path, &size);
    int r = text ? 0 : -1;

    for (char *line = text; r == 0 && (line = strtok_r(line, "\n", &next)); line = NULL) {
        r = make_room(&t, &room);
        if (r == 0 && (t.paths[t.count] = strdup(line)))
            t.count++;
        else
            r = -1;
    }
    if (text && r < 0)
        fprintf(stderr, "out of memory\n");
    free(text);
    if (r < 0)
        tenants_free(&t);
    *ret = t;
    return r;
}

void tenants_free(struct tenants *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->paths[i]);
    free(t->paths);
    *t = (struct tenants){0};
}

char *file_slurp(const char *path, size_t *ret_size)
{
    char *bytes = NULL;
    long size = -1;
    FILE *f = fopen(path, "rb");

    if (f && fseek(f, 0, SEEK_END) == 0 && (size = ftell(f)) >= 0)
        bytes = malloc((size_t)size + 1);
    if (bytes) {
        rewind(f);
        if (fread(bytes, 1, (size_t)size, f) != (size_t)size) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (bytes) {
        bytes[size] = 0;
        *ret_size = (size_t)size;
    } else {
        perror(path);
    }
    if (f)
        fclose(f);
    return bytes;
}

struct crew {
    atomic_size_t next, failed;
    size_t count;
    int (*work)(void *context, size_t i);
    void *context;
};

static void *worker(void *arg)
{
    struct crew *c = arg;
    size_t i;

    while ((i = atomic_fetch_add(&c->next, 1)) < c->count)
        if (c->work(c->context, i))
            atomic_fetch_add(&c->failed, 1);
    return NULL;
}

size_t in_parallel(unsigned threads, size_t count, int (*work)(void *context, size_t i),
                   void *context)
{
    struct crew c = {.count = count, .work = work, .context = context};
    pthread_t *ids = calloc(threads, sizeof *ids);
    unsigned started = 0;

    if (!ids)
        return count;
    while (started < threads && pthread_create(&ids[started], NULL, worker, &c) == 0)
        started++;
    if (started == 0)
        worker(&c);
    for (unsigned i = 0; i < started; i++)
        pthread_join(ids[i], NULL);
    free(ids);
    return atomic_load(&c.failed);
}

unsigned long option_number(const char *option, const char *text, unsigned long max)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*end || end == text || n < 1 || n > max) {
        fprintf(stderr, "%s: a number from 1 to %lu is needed, not '%s'\n", option, max, text);
        exit(2);
    }
    return n;
}
