#include "db/exec.h"

#include <stdlib.h>
#include <string.h>

bool exec_is_own_name(const char *name, size_t len)
{
    return (len == 6 && memcmp(name, "target", 6) == 0) ||
           (len == 8 && memcmp(name, "revision", 8) == 0);
}

static int compare(const void *key, const void *item)
{
    return strcmp(key, ((const struct exec_tenant *)item)->id);
}

const struct exec_tenant *exec_find(const struct exec *exec, const char *id)
{
    return exec->n ? bsearch(id, exec->tenants, exec->n, sizeof *exec->tenants, compare) : NULL;
}
