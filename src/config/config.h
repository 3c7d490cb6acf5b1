/*
 * The configuration: lockstep.conf (libconfuse), every option with its default in one table.
 *
 * Paths in it are relative to the folder the file lies in; what comes out is relative to the
 * working folder. Without a file the defaults hold: tenants/<name>.db, migrations/, .lockstep/.
 * Errors are E_INVALID with file:line.
 *
 *   tenants       = {"tenants/<name>.db"}   globs; a tenant's id is the path after the fixed prefix
 *   source "eu" { glob = {...} | list = "eu.csv" |
 *                 catalog = "catalog.db" query = "select id, path, region from tenants"
 *                 labels = {"region=eu"} shared = false }  any number of them
 *   server "eu-1" { url = "postgres://lockstep@db1/postgres" password_file = "db1.secret" |
 *                   password_env = "DB1_PASSWORD" max_parallel = 0 max_connections = 0 }
 *   server "db-1" { url = "mysql://lockstep@db1/" defaults_file = "db1.cnf" online_ddl = "auto" }
 *   source "eu"   { server = "eu-1" labels = {..}
 *                   databases = {"tenant_*"} | schemas = {"tenant_*"} [database = "app"] |
 *                   query = "select id, database, region from tenants"
 *                   rows = "select id from customers" rows_role = "app" rows_setting = "app.id" }
 *   exec "alembic" { up = {'alembic', 'upgrade', '${target}'} down = {..} current = {..}
 *                    revisions = {..} revision_pattern = '..' current_pattern = '..' base = 'base'
 *                    directory = "." environment = {'DATABASE_URL=${url}'} timeout = "10m"
 *                    max_parallel = 4 }
 *   source "eu"   { exec = "alembic" ...as above... }   what changes its tenants is that tool's
 *   migrations    = "migrations"
 *   state         = ".lockstep"
 *   decisions     = ""                      folder of decision files; empty: deepest common one
 *   jobs          = 16
 *   lock_timeout  = "5s"
 *   statement_timeout = "0s"                none
 *   max_hold      = "30s"
 *   held_pages    = 256                     MiB; a size such as "64kB" is also taken
 *   group_size    = 0                       most tenants in one group; 0: no bound
 *   durability    = "auto"                  auto | syncfs | fsync
 *   extensions    = {"./regexp.so"}         loaded into every tenant connection
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/mem.h"
#include "base/row_tenants.h"
#include "db/exec.h"

struct error;

enum durability { DURABILITY_AUTO, DURABILITY_SYNCFS, DURABILITY_FSYNC };
enum source_kind {
    SOURCE_GLOB,
    SOURCE_LIST,
    SOURCE_CATALOG,   /* a query against an SQLite database, for files */
    SOURCE_DATABASES, /* of a server, by patterns */
    SOURCE_SCHEMAS,   /* of one database of a server, by patterns */
    SOURCE_PLACES,    /* a query against a server, for databases or schemas of it */
};

/* As it stands in the file; fleet makes a struct server of it. */
struct server_block {
    const char *name, *url;
    const char *password_file, *password_env; /* NULL: not given */
    const char *defaults_file;                /* MySQL; NULL: not given */
    bool as_written;                          /* MySQL: online_ddl = "off" */
    int32_t max_parallel, max_connections;    /* 0: worked out */
    unsigned line;
};

struct tenant_source {
    const char *title; /* of its section, or "tenants" */
    enum source_kind kind;
    const char *place;       /* the glob, the list file, the catalog database, the server's name */
    const char *query;       /* catalog and places only */
    const char **patterns;   /* databases and schemas only; NULL-terminated */
    const char *database;    /* schemas, and places that name schemas; NULL: the url's */
    struct row_tenants rows; /* within each; query NULL: none */
    const char *exec;        /* the external migrator of its tenants; NULL: none */
    bool shared;             /* databases that the tenants share, not tenants */
    const char **labels;     /* "key=value", NULL-terminated; a tenant's own of that key wins */
    unsigned line;           /* in file, 0 for defaults and the command line */
};

struct config {
    struct arena arena;
    const char *file; /* NULL when the defaults hold */
    struct tenant_source *sources;
    size_t n_sources;
    struct server_block *servers;
    size_t n_servers;
    struct exec_block *execs;
    size_t n_execs;
    const char *migrations, *state, *decisions; /* decisions: NULL when not set */
    const char **extensions;                    /* NULL-terminated */
    int jobs;
    int64_t lock_timeout_ms, statement_timeout_ms, max_hold_ms;
    uint64_t held_bytes;
    uint32_t group_size;
    enum durability durability;
};

/* path NULL: lockstep.conf when it exists, otherwise the defaults. A named file must exist. */
int config_read(const char *path, struct config *config, struct error *e);
/* --tenants GLOB and --migrations DIR replace what the file says. */
int config_override(struct config *config, const char *tenants, const char *migrations,
                    struct error *e);
void config_free(struct config *config);
/* The commented file that `init` writes; generated from the same table of options. */
const char *config_template(struct arena *arena); /* NULL when out of memory */

#endif
