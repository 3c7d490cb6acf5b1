#include "base/json.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/str.h"

static __thread bool ran_out;
static __thread json_malloc_t given; /* what was set before us: an embedding program's own */
static __thread json_free_t given_free;

static void *watched_malloc(size_t n)
{
    void *p = given ? given(n) : malloc(n);

    ran_out = ran_out || !p;
    return p;
}

/* jansson has one pair of functions a process: it is borrowed for a call, and given back. */
static void watch(void)
{
    json_malloc_t before;

    json_get_alloc_funcs(&before, &given_free);
    if (before != watched_malloc) /* else another thread of ours is at it */
        given = before;
    json_set_alloc_funcs(watched_malloc, given_free);
    ran_out = false;
}

static void unwatch(void)
{
    json_set_alloc_funcs(given ? given : malloc, given_free);
}

int json_read(const char *text, size_t len, size_t flags, json_t **value, json_error_t *where)
{
    watch();
    *value = json_loadb(text, len, flags, where);
    unwatch();
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
    unwatch();
    if (text && !ran_out)
        str_add(out, text);
    ran_out = ran_out || !text;
    given_free(text);
    return !ran_out && str_ok(out) ? E_OK : E_NOMEM;
}

void json_drop(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}
