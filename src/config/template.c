/* The commented file that `init` writes: every option with its default, all switched off. */
#include "base/str.h"
#include "config/option.h"

static const char head[] =
    "# lockstep.conf: what lockstep works on, and how. Every option stands here with its default.\n"
    "# Paths are relative to the folder of this file.\n";

static const char tail[] =
    "\n"
    "# Tenants from other places than globs, any number of them. A source has one of glob, list "
    "and\n"
    "# catalog. A list is a CSV file with the header id,path (further columns are labels) or "
    "JSON:\n"
    "# [{\"id\": .., \"path\": .., \"labels\": {..}}]. A catalog is an SQLite database, and its "
    "query\n"
    "# gives the columns id and path (further ones are labels). On servers: server or url, "
    "database and\n"
    "# schema in place of path.\n"
    "#source \"eu\" {\n"
    "#    list = \"eu.csv\"\n"
    "#    labels = {\"region=eu\"}\n"
    "#}\n"
    "#source \"us\" {\n"
    "#    catalog = \"catalog.db\"\n"
    "#    query = \"SELECT id, path, tier FROM tenants WHERE region = 'us'\"\n"
    "#    labels = {\"region=us\"}\n"
    "#}\n"
    "\n"
    "# Tenants on a PostgreSQL server: a database each, a schema each, or what a query in the\n"
    "# database of the url gives as id and database or schema (further columns are labels).\n"
    "# Passwords: in a file, in an environment variable, in ~/.pgpass or a service file.\n"
    "# max_parallel 0: as suits the server. max_connections 0: under half of what it allows.\n"
    "#server \"eu-1\" {\n"
    "#    url = \"postgres://lockstep@db1.example/postgres\"\n"
    "#    password_file = \"db1.secret\"\n"
    "#    max_parallel = 0\n"
    "#    max_connections = 0\n"
    "#}\n"
    "#source \"eu-1\" {\n"
    "#    server = \"eu-1\"\n"
    "#    databases = {\"tenant_*\"}\n"
    "#    labels = {\"region=eu\"}\n"
    "#}\n"
    "#source \"app\" {\n"
    "#    server = \"eu-1\"\n"
    "#    query = \"SELECT id, database, schema, tier FROM tenants\"\n"
    "#}\n"
    "\n"
    "# Tenants may be rows of shared tables, told apart by row security: who they are, as which\n"
    "# role (without BYPASSRLS) and under which setting `-- lockstep:rows` changes their rows.\n"
    "#source \"rows\" {\n"
    "#    server = \"eu-1\"\n"
    "#    databases = {\"pooled\"}\n"
    "#    rows = \"SELECT id FROM customers\"\n"
    "#    rows_role = \"app_customer\"\n"
    "#    rows_setting = \"app.customer_id\"\n"
    "#}\n"
    "\n"
    "# Databases that the tenants share take the migrations marked `-- lockstep:shared`, no "
    "others.\n"
    "#source \"plans\" {\n"
    "#    server = \"eu-1\"\n"
    "#    databases = {\"plans\"}\n"
    "#    shared = true\n"
    "#}\n"
    "\n"
    "# Tenants on a MySQL or MariaDB server: a database each. Passwords also from an option file.\n"
    "# online_ddl off: ALTER TABLE runs as written, without INSTANT or INPLACE asked for first.\n"
    "#server \"db-1\" {\n"
    "#    url = \"mysql://lockstep@db1.example/\"\n"
    "#    defaults_file = \"db1.cnf\"\n"
    "#    online_ddl = \"auto\"\n"
    "#}\n"
    "\n"
    "# What changes these tenants is another program's, run for each of them: doc/external.md.\n"
    "# Templates stand in single quotes.\n"
    "#exec \"alembic\" {\n"
    "#    up = {'alembic', 'upgrade', '${target}'}\n"
    "#    down = {'alembic', 'downgrade', '${target}'}\n"
    "#    current = {'alembic', 'current'}\n"
    "#    revisions = {'alembic', 'history'}\n"
    "#    revision_pattern = '^([^ ]+) -> ([^ ,]+)'\n"
    "#    environment = {'DATABASE_URL=${url}'}\n"
    "#    timeout = \"10m\"\n"
    "#    max_parallel = 4\n"
    "#}\n"
    "#source \"others\" {\n"
    "#    exec = \"alembic\"\n"
    "#    glob = {\"others/*.db\"}\n"
    "#}\n";

static void add_value(const struct option *o, struct str *out)
{
    const char *quote = o->fallback ? "\"" : "";

    if (option_is_list(o))
        str_addf(out, "{%s%s%s}", quote, o->fallback ? o->fallback : "", quote);
    else if (o->kind == OPTION_NUMBER || o->kind == OPTION_SIZE)
        str_add(out, o->fallback);
    else
        str_addf(out, "\"%s\"", o->fallback);
}

const char *config_template(struct arena *arena)
{
    CLEANUP_STR struct str out = STR_INIT;

    str_add(&out, head);
    for (size_t i = 0; i < config_options_n; i++) {
        const struct option *o = &config_options[i];

        str_addf(&out, "\n%s#%s = ", o->about, o->name);
        add_value(o, &out);
        str_addc(&out, '\n');
    }
    str_add(&out, tail);
    return str_copy(&out, arena);
}
