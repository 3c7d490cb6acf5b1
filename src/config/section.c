/*
 * Sections: source "NAME" { .. } and server "NAME" { .. }. Their values are noted while they come;
 * when a section closes it is judged as a whole. Each way of saying where tenants are is a row of
 * one table.
 */
#include <string.h>

#include "base/engine.h"
#include "base/number.h"
#include "base/str.h"
#include "config/option.h"
#include "config/reading.h"

int config_add_source(const char *title, enum source_kind kind, const char *place, unsigned line)
{
    struct reading *r = reading;
    struct arena *arena = &r->config->arena;
    struct tenant_source *s;

    if (!array_room(&r->sources, r->n_sources, &r->cap_sources, sizeof *r->sources))
        return config_fail_oom();
    s = &r->sources[r->n_sources];
    *s = (struct tenant_source){.title = arena_copy(arena, title), .kind = kind, .line = line};
    s->place = kind == SOURCE_GLOB        ? config_glob(arena, r->dir, place)
               : kind >= SOURCE_DATABASES ? arena_copy(arena, place)
                                          : config_path(arena, r->dir, place);
    s->labels = arena_array(arena, 1, sizeof *s->labels);
    if (!s->title || !s->place || !s->labels)
        return config_fail_oom();
    r->n_sources++;
    return E_OK;
}

static bool is_label(const char *text)
{
    const char *equals = strchr(text, '=');

    return equals && equals > text && !str_starts(text, "id=") && !str_starts(text, "path=");
}

/* A value inside a section, which is looked at as a whole when it closes. */
int config_on_section_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *keep)
{
    bool labels = str_same(opt->name, "labels");
    bool beside = labels || str_same(opt->name, "query") || str_same(opt->name, "shared") ||
                  str_same(opt->name, "exec") || str_starts(opt->name, "rows");

    if (!config_first_time(cfg, opt))
        return config_fail(config_line(cfg), "this option is given twice",
                           "leave one of the two out");
    if (!text[0])
        return config_fail(config_line(cfg), "an empty value",
                           "give a value, or leave the option out");
    if (labels && !is_label(text))
        return config_fail(config_line(cfg), "this is not a label",
                           "a label is written \"key=value\"; id and path are not among them");
    if (!beside && !reading->place_line)
        reading->place_line = config_line(cfg);
    *(const char **)keep = text;
    return E_OK;
}

/* The entries of a list in a section, NULL-terminated, in the arena; NULL: out of memory. */
const char **config_copy_list(cfg_t *section, const char *name)
{
    struct arena *arena = &reading->config->arena;
    size_t n = cfg_size(section, name);
    const char **list = arena_array(arena, n + 1, sizeof *list);

    for (size_t i = 0; i < n && list; i++) {
        list[i] = arena_copy(arena, cfg_getnstr(section, name, (unsigned)i));
        if (!list[i])
            return NULL;
    }
    return list;
}

static int read_shared(cfg_t *section, bool *shared)
{
    const char *text = cfg_getstr(section, "shared");

    if (text && !str_same(text, "true") && !str_same(text, "false"))
        return config_fail(config_line(section), "shared is true or false",
                           "true: databases that the tenants share, which take the migrations "
                           "marked `-- lockstep:shared` and no others");
    *shared = str_same(text, "true");
    return E_OK;
}

static int read_rows(cfg_t *section, struct row_tenants *rows)
{
    struct arena *arena = &reading->config->arena;
    const char *setting = cfg_getstr(section, "rows_setting");

    *rows = (struct row_tenants){.query = arena_copy(arena, cfg_getstr(section, "rows")),
                                 .role = arena_copy(arena, cfg_getstr(section, "rows_role")),
                                 .setting = arena_copy(arena, setting)};
    if (!rows->query && !rows->role && !rows->setting)
        return E_OK;
    if (!rows->query || !rows->role || !rows->setting)
        return config_fail(config_line(section), "rows, rows_role and rows_setting belong together",
                           "who the row tenants are, as which role their rows are changed, and "
                           "by which setting the policies know the tenant");
    if (!strchr(setting, '.'))
        return config_fail(config_line(section), "rows_setting is no setting of your own",
                           "such a one has a dot in its name: \"app.tenant_id\"");
    return E_OK;
}

/* What a section gives beside its place, given to the sources it made: those from `first` on. */
static int finish_sources(cfg_t *section, size_t first)
{
    struct arena *arena = &reading->config->arena;
    const char *names = cfg_size(section, "schemas") ? "schemas" : "databases";
    struct tenant_source with = {.labels = config_copy_list(section, "labels"),
                                 .patterns = config_copy_list(section, names),
                                 .query = arena_copy(arena, cfg_getstr(section, "query")),
                                 .database = arena_copy(arena, cfg_getstr(section, "database")),
                                 .exec = arena_copy(arena, cfg_getstr(section, "exec"))};

    if (!with.labels || !with.patterns || (!with.query && cfg_getstr(section, "query")) ||
        (!with.database && cfg_getstr(section, "database")) ||
        (!with.exec && cfg_getstr(section, "exec")))
        return config_fail_oom();
    if (read_shared(section, &with.shared) != E_OK || read_rows(section, &with.rows) != E_OK)
        return E_INVALID;
    if (with.exec && (with.shared || with.rows.query))
        return config_fail(config_line(section), "an external migrator knows tenants and no others",
                           "leave shared and rows out of a source with exec");
    for (size_t i = first; i < reading->n_sources; i++) {
        reading->sources[i].shared = with.shared;
        reading->sources[i].rows = with.rows;
        reading->sources[i].labels = with.labels;
        reading->sources[i].patterns = with.patterns;
        reading->sources[i].query = with.query;
        reading->sources[i].database = with.database;
        reading->sources[i].exec = with.exec;
    }
    return E_OK;
}

/* One way of saying where tenants are: a section has the options of exactly one. */
struct form {
    enum source_kind kind;
    const char *place; /* the option whose value is the place */
    const char *also;  /* comes with it; NULL: nothing */
    const char *may;   /* may come with it */
};

static const struct form forms[] = {
    {SOURCE_GLOB, "glob", NULL, NULL},
    {SOURCE_LIST, "list", NULL, NULL},
    {SOURCE_CATALOG, "catalog", "query", NULL},
    {SOURCE_DATABASES, "server", "databases", NULL},
    {SOURCE_SCHEMAS, "server", "schemas", "database"},
    {SOURCE_PLACES, "server", "query", "database"},
};

static bool is_named(const char *name, const struct form *form)
{
    return str_same(name, form->place) || str_same(name, form->also) || str_same(name, form->may);
}

/* Has the section what this form needs, and nothing that it does not know? */
static bool fits(cfg_t *section, const struct form *form)
{
    static const char *const all[] = {"glob",   "list",      "catalog", "query",
                                      "server", "databases", "schemas", "database"};

    if (!cfg_size(section, form->place) || (form->also && !cfg_size(section, form->also)))
        return false;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (cfg_size(section, all[i]) && !is_named(all[i], form))
            return false;
    return true;
}

static int misfit(cfg_t *section, unsigned line)
{
    if (cfg_size(section, "server"))
        return config_fail(
            line, "a source on a server is one of databases, schemas and query",
            "give exactly one of them; database = .. goes with schemas or query alone");
    if (cfg_size(section, "databases") || cfg_size(section, "schemas") ||
        cfg_size(section, "database"))
        return config_fail(line, "this source does not say on which server it is",
                           "give server = \"NAME\", the title of a server block");
    if ((cfg_size(section, "glob") > 0) + (cfg_size(section, "list") > 0) +
            (cfg_size(section, "catalog") > 0) ==
        1)
        return config_fail(
            line, "a catalog and its query belong together",
            "give both: catalog = \"catalog.db\" query = \"SELECT id, path FROM ..\"");
    return config_fail(line, "a source is one of glob, list and catalog",
                       "give exactly one of them; open another section for another");
}

/* A source section has just been closed. */
int config_on_source(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    unsigned line = config_line(cfg), place_line;
    size_t first = reading->n_sources;
    int r = E_OK;

    place_line = reading->section == section ? reading->place_line : line;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *form = &forms[i];

        if (!fits(section, form))
            continue;
        if (cfg_size(section, "rows") && form->kind < SOURCE_DATABASES)
            return config_fail(line, "row tenants are for PostgreSQL servers",
                               "leave rows out of a source of files");
        for (unsigned k = 0; k < cfg_size(section, form->place) && r == E_OK; k++)
            r = config_add_source(cfg_title(section), form->kind,
                                  cfg_getnstr(section, form->place, k), place_line);
        return r == E_OK ? finish_sources(section, first) : r;
    }
    return misfit(section, line);
}

/* --- servers --- */

static int read_count(cfg_t *section, const char *name, int32_t *n, unsigned line)
{
    const char *text = cfg_getstr(section, name);
    int64_t value = 0;

    if (text && (!number_parse(text, &value) || value < 0 || value > 10000))
        return config_fail(line, "max_parallel and max_connections are whole numbers up to 10000",
                           "0, or leaving it out, works it out from the server");
    *n = (int32_t)value;
    return E_OK;
}

static int read_online(cfg_t *section, bool *as_written, unsigned line)
{
    const char *text = cfg_getstr(section, "online_ddl");

    if (text && !str_same(text, "auto") && !str_same(text, "off"))
        return config_fail(line, "online_ddl is auto or off",
                           "off: ALTER TABLE runs as it is written, and may copy the table");
    *as_written = text && str_same(text, "off");
    return E_OK;
}

static int check_server(const struct server_block *s)
{
    bool mysql = s->url && engine_of_url(s->url) == ENGINE_MYSQL;

    if (!s->url)
        return config_fail(s->line, "a server needs a url",
                           "url = \"postgres://USER@HOST:PORT/DATABASE\", or mysql://..");
    if (!mysql && engine_of_url(s->url) != ENGINE_POSTGRES)
        return config_fail(s->line, "this is not the url of a PostgreSQL or MySQL server",
                           "it begins with postgres://, postgresql://, mysql:// or mariadb://");
    if (!mysql && (s->defaults_file || s->as_written))
        return config_fail(s->line, "defaults_file and online_ddl are for MySQL servers",
                           "leave them out");
    if (s->password_file && s->password_env)
        return config_fail(s->line,
                           "a password comes from a file or from the environment, not from both",
                           "leave one of the two out");
    return E_OK;
}

/* A server section has just been closed. */
int config_on_server(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    struct arena *arena = &reading->config->arena;
    const char *file = cfg_getstr(section, "password_file");
    const char *defaults = cfg_getstr(section, "defaults_file");
    struct server_block *s;

    if (!array_room(&reading->servers, reading->n_servers, &reading->cap_servers, sizeof *s))
        return config_fail_oom();
    s = &reading->servers[reading->n_servers];
    *s = (struct server_block){.name = arena_copy(arena, cfg_title(section)),
                               .url = arena_copy(arena, cfg_getstr(section, "url")),
                               .password_env =
                                   arena_copy(arena, cfg_getstr(section, "password_env")),
                               .line = config_line(cfg)};
    if (file && !(s->password_file = config_path(arena, reading->dir, file)))
        return config_fail_oom();
    if (defaults && !(s->defaults_file = config_path(arena, reading->dir, defaults)))
        return config_fail_oom();
    if (!s->name)
        return config_fail_oom();
    if (read_online(section, &s->as_written, s->line) != E_OK)
        return E_INVALID;
    if (read_count(section, "max_parallel", &s->max_parallel, s->line) != E_OK ||
        read_count(section, "max_connections", &s->max_connections, s->line) != E_OK)
        return E_INVALID;
    reading->n_servers++;
    return check_server(s);
}

static bool has_server(const char *name)
{
    for (size_t k = 0; k < reading->n_servers; k++)
        if (str_same(reading->servers[k].name, name))
            return true;
    return false;
}

static bool has_exec(const char *name)
{
    for (size_t k = 0; k < reading->n_execs; k++)
        if (str_same(reading->execs[k].name, name))
            return true;
    return false;
}

/* Every source that names a server, or an external migrator, names one that there is. */
int config_check_names(void)
{
    for (size_t i = 0; i < reading->n_sources; i++) {
        const struct tenant_source *source = &reading->sources[i];

        if (source->exec && !has_exec(source->exec))
            return config_fail(source->line, "there is no external migrator of this name",
                               "write a block for it: exec \"NAME\" { up = {..} .. }");
        if (source->kind >= SOURCE_DATABASES && !has_server(source->place))
            return config_fail(source->line, "there is no server of this name",
                               "write a block for it: server \"NAME\" { url = \"postgres://..\" }");
    }
    return E_OK;
}
