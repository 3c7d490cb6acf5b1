#include "base/json.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/str.h"

static __thread bool ran_out;

static void *watched_malloc(size_t n)
{
    void *p = malloc(n);

    ran_out = ran_out || !p;
    return p;
}

/*
 * jansson has one pair of functions a process. Where it is libc's, ours takes its place: whatever
 * it gives, libc's free takes, so it may stay, and threads may do this at once. The functions of an
 * embedding program are left alone.
 */
static void watch(void)
{
    json_malloc_t take;
    json_free_t drop;

    json_get_alloc_funcs(&take, &drop);
    if (take == malloc)
        json_set_alloc_funcs(watched_malloc, free);
    ran_out = false;
}

/* What json_dumps returned belongs to those functions. */
static void drop_text(char *text)
{
    json_malloc_t take;
    json_free_t drop;

    json_get_alloc_funcs(&take, &drop);
    drop(text);
}

int json_read(const char *text, size_t len, size_t flags, json_t **value, json_error_t *where)
{
    watch();
    *value = json_loadb(text, len, flags, where);
    if (!ran_out)
        return *value ? E_OK : E_INVALID;
    json_drop(value);
    return E_NOMEM;
}

int json_write(const json_t *value, size_t flags, struct str *out)
{
    char *text;

    watch();
    text = json_dumps(value, flags);
    if (text && !ran_out)
        str_add(out, text);
    ran_out = ran_out || !text;
    drop_text(text);
    return !ran_out && str_ok(out) ? E_OK : E_NOMEM;
}

void json_drop(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}
