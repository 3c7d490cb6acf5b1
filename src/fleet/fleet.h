/*
 * The fleet: all tenants that one configuration resolves to, before any of them is opened.
 *
 * Sources are globs, list files (CSV with header id,path and further label columns, or JSON
 * [{"id","path","labels"}]) and queries against a catalog database (columns id, path, labels). A
 * row without a path says on which server its tenant is (where.c). Side files (-wal, -journal,
 * -shm, lockstep's decision files) are never tenants. Two tenants of one id, or of one path
 * spelling, are E_INVALID that names both origins; two names of one file (links) show when the
 * files are looked at (engine), by device and inode. Order: sources in order of the configuration,
 * by id within one.
 */
#ifndef FLEET_FLEET_H
#define FLEET_FLEET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/engine.h"
#include "base/mem.h"

struct config;
struct error;
struct server; /* db/server.h */

struct label {
    const char *key, *value;
};

/* Known for plain files that a wildcard found; 0 then means: neither was there. */
enum beside { BESIDE_UNKNOWN = 1, BESIDE_WAL = 2, BESIDE_JOURNAL = 4 };

struct tenant {
    const char *id;
    enum engine_kind engine; /* ENGINE_SQLITE: a file */
    const char *path;        /* of a file: relative to the working folder, or absolute; on a server:
                                what is shown of its place, "eu-1/acme" or "eu-1/app/acme" */
    uint32_t server;         /* index into the fleet's servers; a file has none */
    const char *database;    /* on its server */
    const char *schema;      /* PostgreSQL: the tenant is this schema alone; NULL: the database */
    uint32_t lives_on;       /* of an external migrator: 1 + index of its server; 0: a file, or.. */
    bool placeless;          /* ..it is not said where it lives */
    bool shared;             /* what tenants share: takes the migrations marked so, and no others */
    const struct row_tenants *rows; /* within it; NULL: none; the configuration's */
    const char *origin;             /* "the glob", "eu.csv:17", "catalog catalog.db" */
    struct label *labels;           /* by key; without id, which selects as a label all the same */
    size_t n_labels;
    unsigned beside; /* enum beside: what the folder's listing showed next to it (globs only) */
};

struct fleet {
    struct arena arena;
    struct tenant *tenants;
    size_t n;
    struct server *servers; /* those of the configuration, then those that rows named */
    size_t n_servers, cap_servers;
    const char *root; /* absolute: deepest folder common to all files (not to a selection); the
                         working folder when there is none */
    const struct tenant **by_id; /* for fleet_find; NULL in a fleet not made by fleet_resolve */
};

/* E_INVALID: a source that cannot be read or holds a bad line (named). An empty fleet is fine. */
int fleet_resolve(const struct config *config, struct fleet *fleet, struct error *e);
void fleet_free(struct fleet *fleet);

/*
 * Selection: "region=eu,tier!=free" (comma = and; `id` is a label; values may be globs; != also
 * matches absent). E_INVALID for a malformed expression. Then fleet_selected tells.
 */
struct selection;
int selection_parse(const char *text, struct selection **selection, struct error *e);
bool selection_takes(const struct selection *selection,
                     const struct tenant *tenant); /* NULL: all */
void selection_free(struct selection *selection);

/* A label's value; "id" is one, too. NULL: it has none of this name. */
const char *tenant_value(const struct tenant *tenant, const char *name);

/* NULL when there is none of that id. O(log n). */
const struct tenant *fleet_find(const struct fleet *fleet, const char *id);

#endif
