#include "op/links.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/str.h"
#include "db/server.h"
#include "op/job.h"
#include "op/session.h"

static int gone(const struct job_server *server, struct error *e)
{
    error_set(e, E_INVALID, "server %s (%s) is not in the configuration any more", server->name,
              server->shown);
    error_hint(e, "bring its block back: it says how to get into the server");
    return E_INVALID;
}

static int find(struct session *s, const struct job_server *server, struct link **link,
                struct error *e)
{
    for (uint32_t i = 0; i < s->fleet.n_servers; i++)
        if (str_same(s->fleet.servers[i].name, server->name) &&
            s->fleet.servers[i].engine == server->engine)
            return session_link(s, i, link, e);
    return gone(server, e);
}

int links_for(struct session *s, const struct job *job, struct link ***links, struct error *e)
{
    int r = E_OK;

    *links = calloc(job->n_servers + 1, sizeof **links);
    if (!*links)
        return error_oom(e);
    for (uint16_t p = job->files; p < job->participants && r == E_OK; p++) {
        uint32_t server = job->server_of[p];

        r = find(s, &job->servers[server], &(*links)[server], e);
    }
    if (r == E_OK)
        return E_OK;
    free(*links);
    *links = NULL;
    return r;
}
