#include "engine/link.h"

#include <stddef.h>

#include "engine/postgres/link.h"

struct link *link_new(const struct server *server)
{
    return server->engine == ENGINE_POSTGRES ? pg_link_new(server) : NULL;
}

void link_free(struct link *l)
{
    if (l)
        l->ops->free(l);
}
