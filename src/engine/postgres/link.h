/* The link to a PostgreSQL server (engine/link.h). */
#ifndef ENGINE_POSTGRES_LINK_H
#define ENGINE_POSTGRES_LINK_H

#include "engine/link.h"
#include "engine/postgres/pool.h"

struct link *pg_link_new(const struct server *server); /* NULL: out of memory */

/* Inside engine/postgres. */
struct pg_link {
    struct link base;
    struct pool pool;
    bool asked;     /* what follows is known */
    bool two_phase; /* max_prepared_transactions > 0 */
    uint32_t prepared_slots, connections, lock_room, width;
    int64_t answer_us;   /* the quickest of a few answers */
    atomic_bool cleared; /* recovery made sure that nobody else works for the run */
};

/* Limits and width, once. */
int pg_link_ask(struct pg_link *l, struct error *e);

int pg_survey(struct link *link, const struct place *places, uint32_t n, const struct each *each,
              struct sight *sights, struct room *room, struct error *e);
struct participant *pg_join(struct link *link, const struct link_run *run,
                            const struct link_group *group);
int pg_rehearse(struct link *link, const struct link_run *run, uint32_t branch, struct error *e);
int pg_history(struct link *link, const struct place *place, history_visit visit, void *arg,
               struct error *e);
int pg_strays(struct link *link, int (*visit)(void *arg, const struct stray *stray), void *arg,
              struct error *e);

#endif
