/* The link to a MySQL or MariaDB server (engine/link.h). */
#ifndef ENGINE_MYSQL_LINK_H
#define ENGINE_MYSQL_LINK_H

#include "engine/link.h"
#include "engine/mysql/pool.h"

struct link *my_link_new(const struct server *server); /* NULL: out of memory */

/* Inside engine/mysql. */
struct my_link {
    struct link base;
    struct my_pool pool;
    atomic_uint at_work; /* tenants; never more than width */
    bool asked;          /* what follows is known */
    bool mariadb;
    bool xa;    /* a prepared XA transaction outlives the session that prepared it */
    bool exact; /* names of databases that differ in case are different databases */
    uint32_t width;
    int64_t answer_us; /* the quickest of a few answers */
};

/* Limits and width, once. */
int my_link_ask(struct my_link *l, struct error *e);
/* Waits until fewer than `width` tenants are worked on. */
void my_link_enter(struct my_link *l);
void my_link_leave(struct my_link *l);

int my_survey(struct link *link, const struct place *places, uint32_t n, const struct each *each,
              struct sight *sights, struct room *room, struct error *e);
struct participant *my_join(struct link *link, const struct link_run *run,
                            const struct link_group *group);
int my_rehearse(struct link *link, const struct link_run *run, uint32_t branch, struct error *e);
int my_strays(struct link *link, int (*visit)(void *arg, const struct stray *stray), void *arg,
              struct error *e);

#endif
