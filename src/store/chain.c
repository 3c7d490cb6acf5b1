#include "store/chain.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

void chain_start(char hash[HASH_TEXT])
{
    memset(hash, '0', HASH_TEXT - 1);
    hash[HASH_TEXT - 1] = '\0';
}

/* "LENGTH:BYTES": no two lists of fields look alike. */
static void add_field(struct hash *h, const char *bytes, size_t n)
{
    char length[24];

    hash_add(h, length, (size_t)snprintf(length, sizeof length, "%zu:", n));
    hash_add(h, bytes, n);
}

static void add_number(struct hash *h, int64_t n)
{
    char text[24];

    add_field(h, text, (size_t)snprintf(text, sizeof text, "%lld", (long long)n));
}

int chain_hash(const char *before, const struct log_event *event, char hash[HASH_TEXT])
{
    struct hash *h = hash_begin();

    if (!h)
        return E_NOMEM;
    add_field(h, before, strlen(before));
    add_number(h, event->seq);
    add_field(h, event->run, strlen(event->run));
    add_number(h, event->at_us);
    add_field(h, event->kind, strlen(event->kind));
    add_number(h, event->format);
    add_field(h, event->body, event->body_len);
    hash_end(h, hash);
    return E_OK;
}

struct check {
    struct log_verdict *verdict;
    char before[HASH_TEXT];
};

static int broken(struct check *check, int64_t seq, const char *why)
{
    check->verdict->broken_seq = seq;
    snprintf(check->verdict->why, sizeof check->verdict->why, "%s", why);
    return E_CHANGED; /* ends the reading */
}

static int check_event(void *arg, const struct log_event *event)
{
    struct check *check = arg;
    int64_t expected = check->verdict->events + 1;
    char hash[HASH_TEXT];

    if (event->seq != expected)
        return broken(check, expected, "the event is not there");
    if (chain_hash(check->before, event, hash) != E_OK)
        return E_NOMEM;
    if (strcmp(hash, event->hash) != 0)
        return broken(check, event->seq, "the event is not as it was written, or not in its place");
    memcpy(check->before, hash, sizeof hash);
    check->verdict->events++;
    return E_OK;
}

int log_verify(struct store *store, struct log_verdict *verdict, struct error *e)
{
    struct check check = {.verdict = verdict};
    int r;

    memset(verdict, 0, sizeof *verdict);
    chain_start(check.before);
    r = log_read(store, NULL, INT64_MIN, check_event, &check, e);
    if (r == E_NOMEM)
        return error_set(e, E_FATAL, "out of memory");
    return r == E_CHANGED ? E_OK : r;
}
