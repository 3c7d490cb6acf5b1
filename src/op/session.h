/*
 * A session: what one command works on. Configuration, fleet, selection, migrations, store, crew;
 * each opened when first needed. Owns all of it. One thread.
 */
#ifndef OP_SESSION_H
#define OP_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "fleet/fleet.h"
#include "source/migration.h"

struct cache;
struct crew;
struct error;
struct hold;
struct link;
struct progress;
struct store;

struct session_options {
    const char *config_file; /* -c; NULL: lockstep.conf or the defaults */
    const char *tenants;     /* --tenants GLOB, or NULL */
    const char *migrations;  /* --migrations DIR, or NULL */
    const char *select;      /* --select EXPR, or NULL */
    int jobs;                /* --jobs; 0: configured */
};

struct session {
    struct config config;
    struct fleet fleet;
    bool *selected; /* one a tenant; all true without --select */
    size_t n_selected;
    struct source sources[ENGINES]; /* of the engines that the fleet has tenants on */
    const char *select;             /* borrowed */
    bool has_fleet, has_source;
    struct store *store;
    struct hold *hold;
    struct crew *crew;
    struct link **links; /* one a server of the fleet; NULL where it was not needed yet */
    int jobs;
    void (*progress)(void *ctx, const struct progress *progress); /* of a survey; NULL: nobody */
    void *progress_ctx;
};

/* Reads the configuration. E_INVALID with file:line. */
int session_open(const struct session_options *options, struct session **session, struct error *e);
void session_close(struct session *session);

/* The fleet and the selection. E_INVALID when no tenant is found or selected. */
int session_fleet(struct session *s, struct error *e);
/* The migrations, as each engine of the fleet takes them; before session_fleet: SQLite's alone. */
int session_source(struct session *s, struct error *e);
/* One of those read: for versions and names, which are the same in all. Empty when none was. */
const struct source *session_names(const struct session *s);
/* Are its tenants an external migrator's? All are, or none. */
bool session_is_exec(const struct session *s);
/* For reading; no store at all is fine: s->store stays NULL and E_OK is returned. */
int session_store_read(struct session *s, struct error *e);
/* For a run: made when missing, and held. E_HELD names the holder; waits up to wait_ms. */
int session_store_run(struct session *s, const char *command, int64_t wait_ms, struct error *e);
int session_crew(struct session *s, struct error *e);
/* The link to a server of the fleet, by its index. The session's own. */
int session_link(struct session *s, uint32_t server, struct link **link, struct error *e);

#endif
