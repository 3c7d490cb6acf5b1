/*
 * The survey: one look at every tenant of the fleet, in parallel, cached. It changes no content; it
 * settles only what any reader would (a hot journal that a crashed application left). Tenants of an
 * open group are not opened.
 */
#ifndef OP_SURVEY_H
#define OP_SURVEY_H

#include "base/mem.h"
#include "plan/facts.h"

struct cache;
struct error;
struct room;
struct session;

enum { LOOK_FOREIGN = 1, LOOK_HISTORY = 2 }; /* flags of a look in the cache */

struct survey {
    struct arena arena;
    struct facts *facts; /* one a tenant of the fleet */
    char **paths;        /* absolute, links resolved; one a tenant; NULL when unusable */
    const char **heads;  /* struct branch_spec's head; one a tenant */
    size_t n;
    struct room *rooms;  /* one a server of the fleet; zero where no tenant of it was looked at */
    struct cache *cache; /* of looks; interns pasts */
    const struct lineage **lineages; /* by the cache's id */
    size_t cap_lineages;
    int64_t began_us; /* wall clock */
};

/* Looks at the selected tenants only (facts of the others stay zero, USABLE_YES with lineage NULL
 * is never handed out for them: do not read them). */
int survey_fleet(struct session *s, struct survey *survey, struct error *e);
/* Inside: the tenants on servers; and the lineage of an id of the cache (NULL: out of memory). */
int survey_servers(struct session *s, struct survey *survey, struct error *e);
const struct lineage *survey_lineage(struct survey *survey, uint32_t id);
void survey_free(struct survey *survey);

/* What `status` says. */
struct status_version {
    uint64_t version; /* 0: base */
    size_t tenants;
    const char *example; /* the id of one of them */
};
struct status_tenant {
    const char *id;
    uint64_t version;
    const struct error *why; /* unusable: the reason */
};
struct status_stray { /* what a run of lockstep left prepared on a server */
    const char *server, *database, *name;
    int64_t age_s;
};
struct status {
    struct arena arena;
    size_t selected, at_head, pending, never, unusable, in_doubt;
    size_t under_way; /* in an open group of a run that is live: not looked at, not in doubt */
    uint64_t head;    /* highest migration; 0: none */
    const char *head_digits;
    struct status_version *versions; /* ascending */
    size_t n_versions;
    struct status_tenant *laggards; /* not at head, by version, then id */
    size_t n_laggards;
    struct status_tenant *unusables;
    size_t n_unusables;
    struct status_tenant *doubtful;
    size_t n_doubtful;
    struct status_stray *strays; /* oldest first on each server; none while a run is under way */
    size_t n_strays, cap_strays;
    char live_run[40]; /* a run that holds the fleet right now, "" when none */
    bool changed;      /* some tenant has a migration whose file has changed or is gone */
};
int status_make(struct session *s, struct status *status, struct error *e);
void status_free(struct status *status);

#endif
