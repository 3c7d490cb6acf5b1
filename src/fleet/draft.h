/* Inside fleet: the tenants while the sources give them, one after the other. */
#ifndef FLEET_DRAFT_H
#define FLEET_DRAFT_H

#include <stdint.h>

#include "fleet/fleet.h"

struct tenant_source;

struct draft {
    struct arena *arena; /* the fleet's */
    struct fleet *fleet; /* has the configuration's servers already */
    struct tenant *list; /* growing, owned */
    size_t n, cap;
    const struct tenant_source *source; /* the one that gives now */
    struct label *labels;               /* its labels, by key */
    size_t n_labels;
};

/* On which server a row says that its tenant is; NULL or "": not said. */
struct where {
    const char *server, *url, *database, *schema;
    uint32_t otherwise;             /* for who says neither server nor url; NO_SERVER: a fault */
    const char *database_otherwise; /* there, for a schema */
};

#define NO_SERVER UINT32_MAX

bool where_is_said(const struct where *where);
/* Adds a tenant on a server: id, origin and labels are the row's. E_INVALID: it does not say
 * enough, or names what is not there. A server that only a url leads to becomes one of the fleet's.
 */
int where_add(struct draft *draft, const struct tenant *row, const struct where *where,
              struct error *e);

/* Begins a source. */
int draft_source(struct draft *draft, const struct tenant_source *source, struct error *e);
/* Takes over a tenant whose strings are in the arena; its own labels win over the source's. */
int draft_add(struct draft *draft, const struct tenant *tenant, struct error *e);
/*
 * The same for a line of a list: checks id and path, which is relative to the folder of the
 * source's file. What is given is copied, but for the labels' array and its strings. E_INVALID
 * names no file and line.
 */
int draft_row(struct draft *draft, const struct tenant *row, const struct where *where,
              struct error *e);
void draft_free(struct draft *draft);

/* Is this the name of a file that SQLite or lockstep keeps beside a database? */
bool is_side_file(const char *name);
int side_file_refused(const char *path, struct error *e); /* E_INVALID */

/* The sources; errors name file and line where there are such. */
int glob_tenants(struct draft *draft, struct error *e);
int list_tenants(struct draft *draft, struct error *e);
int json_tenants(struct draft *draft, const char *text, size_t len, struct error *e);
int csv_tenants(struct draft *draft, const char *text, size_t len, struct error *e);
int catalog_tenants(struct draft *draft, struct error *e);
int place_tenants(struct draft *draft, struct error *e); /* on a server; E_INVALID also when down */

/* The fleet's servers, before the first source is read. */
int make_servers(struct fleet *fleet, const struct config *config, struct error *e);

/* exec.c: external migrators as servers; a tenant that has just been added becomes such a one's;
 * what templates may ask of tenants, when all are there. E_INVALID: they ask for more, or the fleet
 * is a mix. */
int exec_add_servers(struct fleet *fleet, const struct config *config, struct error *e);
int exec_take(struct draft *draft, struct tenant *tenant, struct error *e);
int exec_finish(struct fleet *fleet, const struct config *config, struct error *e);

/* Which columns a list has: where id, path and the parts of struct where are (SIZE_MAX: nowhere),
 * and the labels' names for the rest. The parts of a row with a path are labels. */
struct columns {
    const char **names; /* in the arena */
    size_t n, id, path;
    size_t server, url, database, schema;
};
/* E_INVALID when id or path is missing, a name is empty or there twice. names are copied. */
int columns_take(struct draft *draft, const char *const *names, size_t n, struct columns *columns,
                 struct error *e);
/* One row of values (NULL: absent) by these columns. */
int columns_row(struct draft *draft, const struct columns *columns, const char *const *values,
                const char *origin, struct error *e);

/* The deepest folder common to all tenants. */
int find_root(struct fleet *fleet, struct error *e);

#endif
