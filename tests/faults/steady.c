/*
 * The same try leaves the same files: clocks stand still but while the program waits, and random
 * numbers come from the command line. So the judge needs to look at what he has seen once only
 * once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/time.h>
#include <time.h>

#include "failat.h"

static struct timespec began[2]; /* of the day, since boot */
static atomic_llong waited_ns;
static atomic_ullong drawn;

static long long ns(const struct timespec *t)
{
    return (long long)t->tv_sec * 1000000000 + t->tv_nsec;
}

static struct timespec from_ns(long long ns)
{
    return (struct timespec){.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
}

static unsigned long long mix(unsigned long long seed, const char *text)
{
    for (; *text; text++)
        seed = (seed ^ (unsigned char)*text) * 1099511628211u;
    return seed;
}

void be_steady(int argc, char **argv, const char *more)
{
    unsigned long long seed = mix(1469598103934665603u, more);

    for (int i = 1; i < argc; i++)
        seed = mix(seed, argv[i]);
    drawn = seed;
    if (began[0].tv_sec)
        return;
    REAL(clock_gettime)(CLOCK_MONOTONIC, &began[1]);
    REAL(clock_gettime)(CLOCK_REALTIME, &began[0]);
}

VISIBLE int clock_gettime(clockid_t id, struct timespec *t)
{
    int monotonic = id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE;

    if (!began[0].tv_sec || id == CLOCK_PROCESS_CPUTIME_ID || id == CLOCK_THREAD_CPUTIME_ID)
        return REAL(clock_gettime)(id, t);
    *t = from_ns(ns(&began[monotonic]) + waited_ns);
    return 0;
}

VISIBLE int gettimeofday(struct timeval *t, void *zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *t = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / 1000};
    return 0;
}

VISIBLE time_t time(time_t *to)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (to)
        *to = now.tv_sec;
    return now.tv_sec;
}

VISIBLE int nanosleep(const struct timespec *t, struct timespec *left)
{
    waited_ns += ns(t);
    return REAL(nanosleep)(t, left);
}

/* The program's clock is behind the kernel's, so the wait is as long as it would have been. */
VISIBLE int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                                   const struct timespec *until)
{
    int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *) =
        (__typeof__(next))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    struct timespec here, there, real_until;
    long long left;
    int r;

    clock_gettime(CLOCK_MONOTONIC, &here);
    REAL(clock_gettime)(CLOCK_MONOTONIC, &there);
    left = ns(until) - ns(&here);
    real_until = from_ns(ns(&there) + left);
    r = next(cond, mutex, &real_until);
    if (r == ETIMEDOUT && left > 0)
        waited_ns += left;
    return r;
}

VISIBLE ssize_t getrandom(void *to, size_t n, unsigned flags)
{
    unsigned char *bytes = to;

    (void)flags;
    for (size_t i = 0; i < n; i++) {
        unsigned long long x = atomic_fetch_add(&drawn, 0x9e3779b97f4a7c15u);

        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
        bytes[i] = (unsigned char)(x >> 37);
    }
    return (ssize_t)n;
}
