#include "runtime/crew.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/mem.h"

struct task {
    void (*fn)(void *arg);
    void *arg;
};

struct crew {
    pthread_mutex_t mutex;
    pthread_cond_t work;
    struct task *tasks; /* a ring */
    size_t first, n, cap;
    bool ending;
    int threads;
    pthread_t ids[];
};

enum { FIRST_CAP = 256, CHUNK = 16 };

static void *worker(void *arg)
{
    struct crew *crew = arg;

    pthread_mutex_lock(&crew->mutex);
    for (;;) {
        struct task task;

        while (!crew->n && !crew->ending)
            pthread_cond_wait(&crew->work, &crew->mutex);
        if (!crew->n)
            break;
        task = crew->tasks[crew->first];
        crew->first = (crew->first + 1) % crew->cap;
        crew->n--;
        pthread_mutex_unlock(&crew->mutex);
        task.fn(task.arg);
        pthread_mutex_lock(&crew->mutex);
    }
    pthread_mutex_unlock(&crew->mutex);
    return NULL;
}

struct crew *crew_new(int threads)
{
    struct crew *crew = calloc(1, sizeof *crew + (size_t)threads * sizeof(pthread_t));
    int sys;

    if (!crew)
        return NULL;
    crew->cap = FIRST_CAP;
    crew->tasks = malloc(crew->cap * sizeof *crew->tasks);
    pthread_mutex_init(&crew->mutex, NULL);
    pthread_cond_init(&crew->work, NULL);
    sys = crew->tasks ? 0 : ENOMEM;
    while (!sys && crew->threads < threads &&
           !(sys = pthread_create(&crew->ids[crew->threads], NULL, worker, crew)))
        crew->threads++;
    if (crew->threads)
        return crew;
    crew_free(crew);
    errno = sys;
    return NULL;
}

void crew_free(struct crew *crew)
{
    if (!crew)
        return;
    pthread_mutex_lock(&crew->mutex);
    crew->ending = true;
    pthread_cond_broadcast(&crew->work);
    pthread_mutex_unlock(&crew->mutex);
    for (int i = 0; i < crew->threads; i++)
        pthread_join(crew->ids[i], NULL);
    pthread_cond_destroy(&crew->work);
    pthread_mutex_destroy(&crew->mutex);
    free(crew->tasks);
    free(crew);
}

static bool grow(struct crew *crew)
{
    struct task *tasks = malloc(2 * crew->cap * sizeof *tasks);

    if (!tasks)
        return false;
    for (size_t i = 0; i < crew->n; i++)
        tasks[i] = crew->tasks[(crew->first + i) % crew->cap];
    free(crew->tasks);
    crew->tasks = tasks;
    crew->first = 0;
    crew->cap *= 2;
    return true;
}

int crew_submit(struct crew *crew, void (*fn)(void *arg), void *arg)
{
    int r = E_NOMEM;

    pthread_mutex_lock(&crew->mutex);
    if (crew->n < crew->cap || grow(crew)) {
        crew->tasks[(crew->first + crew->n++) % crew->cap] = (struct task){fn, arg};
        pthread_cond_signal(&crew->work);
        r = E_OK;
    }
    pthread_mutex_unlock(&crew->mutex);
    return r;
}

/*
 * One crew_each: whoever comes takes the next chunk; the caller waits for those that came, and
 * calls off those that did not. A helper that nobody has time for must not be waited for: the whole
 * crew may be waiting for this very caller (relief.c).
 */
struct spread {
    void (*fn)(void *arg, uint32_t i);
    void *arg;
    uint32_t n, chunk;
    atomic_uint next;
    pthread_mutex_t mutex;
    pthread_cond_t left;
    int inside; /* helpers that may still touch this struct */
};

static void take_chunks(struct spread *s)
{
    for (;;) {
        uint32_t from = atomic_fetch_add(&s->next, s->chunk);

        for (uint32_t i = from; i < s->n && i < from + s->chunk; i++)
            s->fn(s->arg, i);
        if (from >= s->n)
            return;
    }
}

static void help(void *arg)
{
    struct spread *s = arg;

    take_chunks(s);
    pthread_mutex_lock(&s->mutex);
    if (--s->inside == 0)
        pthread_cond_signal(&s->left);
    pthread_mutex_unlock(&s->mutex);
}

/* Drops the tasks with this argument that nobody has begun. */
static int call_off(struct crew *crew, const void *arg)
{
    size_t kept = 0;
    int dropped;

    pthread_mutex_lock(&crew->mutex);
    for (size_t i = 0; i < crew->n; i++) {
        struct task task = crew->tasks[(crew->first + i) % crew->cap];

        if (task.arg != arg)
            crew->tasks[(crew->first + kept++) % crew->cap] = task;
    }
    dropped = (int)(crew->n - kept);
    crew->n = kept;
    pthread_mutex_unlock(&crew->mutex);
    return dropped;
}

static void wait_for_helpers(struct crew *crew, struct spread *s)
{
    int dropped = call_off(crew, s);

    pthread_mutex_lock(&s->mutex);
    s->inside -= dropped;
    while (s->inside)
        pthread_cond_wait(&s->left, &s->mutex);
    pthread_mutex_unlock(&s->mutex);
}

/* Few are long: a server's transactions, say. Of many each is short. */
static uint32_t chunk_of(const struct crew *crew, uint32_t n)
{
    uint32_t chunk = n / ((uint32_t)crew->threads * 4);

    return chunk < 1 ? 1 : chunk > CHUNK ? CHUNK : chunk;
}

void crew_each(void *of, uint32_t n, void (*fn)(void *arg, uint32_t i), void *arg)
{
    struct crew *crew = of;
    struct spread s = {.fn = fn, .arg = arg, .n = n, .chunk = chunk_of(crew, n)};
    int helpers = (int)((n + s.chunk - 1) / s.chunk) - 1;

    helpers = helpers < crew->threads - 1 ? helpers : crew->threads - 1;
    pthread_mutex_init(&s.mutex, NULL);
    pthread_cond_init(&s.left, NULL);
    for (int i = 0; i < helpers; i++) {
        pthread_mutex_lock(&s.mutex);
        s.inside++;
        pthread_mutex_unlock(&s.mutex);
        if (crew_submit(crew, help, &s) != E_OK) {
            pthread_mutex_lock(&s.mutex);
            s.inside--;
            pthread_mutex_unlock(&s.mutex);
        }
    }
    take_chunks(&s);
    wait_for_helpers(crew, &s);
    pthread_cond_destroy(&s.left);
    pthread_mutex_destroy(&s.mutex);
}
