#include "engine/link.h"

#include <stddef.h>

#include "db/server.h"
#include "engine/exec/link.h"
#include "engine/mysql/link.h"
#include "engine/postgres/link.h"

struct link *link_new(const struct server *server)
{
    if (server->engine == ENGINE_EXEC)
        return exec_link_new(server);
    if (server->engine == ENGINE_MYSQL)
        return my_link_new(server);
    return server->engine == ENGINE_POSTGRES ? pg_link_new(server) : NULL;
}

void link_free(struct link *l)
{
    if (l)
        l->ops->free(l);
}
