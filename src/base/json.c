#include "base/json.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

static __thread bool ran_out;

static void *watched_malloc(size_t n)
{
    void *p = malloc(n);

    ran_out = ran_out || !p;
    return p;
}

int json_read(const char *text, size_t len, size_t flags, json_t **value, json_error_t *where)
{
    /* again and again the same two: nobody has to remember to do it first */
    json_set_alloc_funcs(watched_malloc, free);
    ran_out = false;
    *value = json_loadb(text, len, flags, where);
    if (!ran_out)
        return *value ? E_OK : E_INVALID;
    json_drop(value);
    return E_NOMEM;
}

void json_drop(json_t **value)
{
    json_decref(*value);
    *value = NULL;
}
