/*
 * libconfuse parses the file and knows the line; each value comes to us while it stands there, as
 * text (every option is a string to libconfuse), so that all errors have file and line and one
 * table (option.c) says what is right.
 */
#include "config/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "base/engine.h"
#include "base/error.h"
#include "base/number.h"
#include "base/str.h"
#include "config/closed.h"
#include "config/option.h"

enum { MOST_OPTIONS = 32 };

/* One reading of a file. */
struct reading {
    struct config *config;
    const char *dir;
    struct error error; /* the first one */
    struct tenant_source *sources;
    size_t n_sources, cap_sources;
    struct server_block *servers;
    size_t n_servers, cap_servers;
    const char **loads;
    size_t n_loads, cap_loads;
    const cfg_t *section; /* the one that `given` speaks of */
    const char *given[MOST_OPTIONS];
    size_t n_given;
    unsigned place_line; /* of the glob, list or catalog within the section */
};

/* libconfuse's callbacks carry no pointer of ours. Set while config_parse runs on this thread. */
static _Thread_local struct reading *reading;

static void reading_free(struct reading *r)
{
    free(r->sources);
    free(r->servers);
    free(r->loads);
    error_clear(&r->error);
}

static int fail(unsigned line, const char *message, const char *hint)
{
    error_set(&reading->error, E_INVALID, "%s", message);
    error_hint(&reading->error, "%s", hint);
    error_at(&reading->error, reading->config->file, line);
    return E_INVALID;
}

static int fail_oom(void)
{
    return error_oom(&reading->error);
}

/* What stands in quotes in libconfuse's message, if it is no name we know, was mistyped. */
static void hint_name(const char *message)
{
    const char *open = strchr(message, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
    char name[64] = "";
    const char *meant;

    if (!close || (size_t)(close - open) > sizeof name)
        return;
    memcpy(name, open + 1, (size_t)(close - open - 1));
    meant = option_meant(name);
    if (meant && strcmp(meant, name) != 0)
        error_hint(&reading->error, "did you mean \"%s\"?", meant);
}

static unsigned line_of(const cfg_t *cfg)
{
    return cfg->line > 0 ? (unsigned)cfg->line : 0;
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
    CLEANUP_STR struct str message = STR_INIT;

    if (reading->error.code)
        return;
    str_addv(&message, format, args);
    if (!str_ok(&message)) {
        fail_oom();
        return;
    }
    error_set(&reading->error, E_INVALID, "%s", str_text(&message));
    error_at(&reading->error, reading->config->file, line_of(cfg));
    hint_name(str_text(&message));
    error_hint(&reading->error, "\"lockstep init\" in an empty folder writes a file with every "
                                "option to compare with");
}

/* A source section begins: what was given in the last one does not count for it. */
static void enter_section(const cfg_t *section)
{
    struct reading *r = reading;

    r->section = section;
    r->place_line = 0;
    for (size_t i = 0; i < r->n_given;) {
        if (option_named(r->given[i]))
            i++;
        else
            r->given[i] = r->given[--r->n_given];
    }
}

/* Notes that this option was given; false when it was before (a list goes on with more values). */
static bool first_time(const cfg_t *cfg, cfg_opt_t *opt)
{
    struct reading *r = reading;

    if (cfg != r->section && !option_named(opt->name))
        enter_section(cfg);
    if (opt->flags & CFGF_LIST && cfg_opt_size(opt) > 1)
        return true;
    for (size_t i = 0; i < r->n_given; i++)
        if (strcmp(r->given[i], opt->name) == 0)
            return false;
    if (r->n_given < MOST_OPTIONS)
        r->given[r->n_given++] = opt->name;
    return true;
}

static int add_source(const char *title, enum source_kind kind, const char *place, unsigned line)
{
    struct reading *r = reading;
    struct arena *arena = &r->config->arena;
    struct tenant_source *s;

    if (!array_room(&r->sources, r->n_sources, &r->cap_sources, sizeof *r->sources))
        return fail_oom();
    s = &r->sources[r->n_sources];
    *s = (struct tenant_source){.title = arena_copy(arena, title), .kind = kind, .line = line};
    s->place = kind == SOURCE_GLOB        ? config_glob(arena, r->dir, place)
               : kind >= SOURCE_DATABASES ? arena_copy(arena, place)
                                          : config_path(arena, r->dir, place);
    s->labels = arena_array(arena, 1, sizeof *s->labels);
    if (!s->title || !s->place || !s->labels)
        return fail_oom();
    r->n_sources++;
    return E_OK;
}

static int add_load(const char *text)
{
    struct reading *r = reading;
    const char *name;

    if (!array_room(&r->loads, r->n_loads, &r->cap_loads, sizeof *r->loads))
        return fail_oom();
    name = strchr(text, '/') ? config_path(&r->config->arena, r->dir, text)
                             : arena_copy(&r->config->arena, text);
    /* the loader looks up names without a slash; this one was a path */
    if (name && strchr(text, '/') && !strchr(name, '/'))
        name = config_path(&r->config->arena, "./", name);
    if (!name)
        return fail_oom();
    r->loads[r->n_loads++] = name;
    return E_OK;
}

static int apply(const struct option *o, const char *text, unsigned line)
{
    int r;

    if (option_is_list(o) && !text[0])
        return fail(line, "an empty name in a list", "give a name, or leave the entry out");
    if (o->kind == OPTION_GLOBS)
        return add_source(o->name, SOURCE_GLOB, text, line);
    if (o->kind == OPTION_LOADS)
        return add_load(text);
    r = option_apply(o, reading->dir, text, reading->config, &reading->error);
    if (r != E_OK)
        error_at(&reading->error, reading->config->file, line);
    return r;
}

/* Every value comes through here once, its slot already made; keep is what libconfuse copies. */
static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *keep)
{
    const struct option *o = option_named(opt->name);

    if (!first_time(cfg, opt))
        return fail(line_of(cfg), "this option is given twice", "leave one of the two out");
    *(const char **)keep = text;
    return apply(o, text, line_of(cfg));
}

static bool is_label(const char *text)
{
    const char *equals = strchr(text, '=');

    return equals && equals > text && !str_starts(text, "id=") && !str_starts(text, "path=");
}

/* The same inside a source section, which on_source looks at as a whole. */
static int on_source_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *keep)
{
    bool labels = strcmp(opt->name, "labels") == 0, query = strcmp(opt->name, "query") == 0;

    if (!first_time(cfg, opt))
        return fail(line_of(cfg), "this option is given twice", "leave one of the two out");
    if (!text[0])
        return fail(line_of(cfg), "an empty value", "give a value, or leave the option out");
    if (labels && !is_label(text))
        return fail(line_of(cfg), "this is not a label",
                    "a label is written \"key=value\"; id and path are not among them");
    if (!labels && !query && !reading->place_line)
        reading->place_line = line_of(cfg);
    *(const char **)keep = text;
    return E_OK;
}

/* The entries of a list in a section, NULL-terminated, in the arena; NULL: out of memory. */
static const char **copy_list(cfg_t *section, const char *name)
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

/* What a section gives beside its place, given to the sources it made: those from `first` on. */
static int finish_sources(cfg_t *section, size_t first)
{
    struct arena *arena = &reading->config->arena;
    const char *names = cfg_size(section, "schemas") ? "schemas" : "databases";
    struct tenant_source with = {.labels = copy_list(section, "labels"),
                                 .patterns = copy_list(section, names),
                                 .query = arena_copy(arena, cfg_getstr(section, "query")),
                                 .database = arena_copy(arena, cfg_getstr(section, "database"))};

    if (!with.labels || !with.patterns || (!with.query && cfg_getstr(section, "query")) ||
        (!with.database && cfg_getstr(section, "database")))
        return fail_oom();
    for (size_t i = first; i < reading->n_sources; i++) {
        reading->sources[i].labels = with.labels;
        reading->sources[i].patterns = with.patterns;
        reading->sources[i].query = with.query;
        reading->sources[i].database = with.database;
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
        return fail(line, "a source on a server is one of databases, schemas and query",
                    "give exactly one of them; database = .. goes with schemas or query alone");
    if (cfg_size(section, "databases") || cfg_size(section, "schemas") ||
        cfg_size(section, "database"))
        return fail(line, "this source does not say on which server it is",
                    "give server = \"NAME\", the title of a server block");
    if ((cfg_size(section, "glob") > 0) + (cfg_size(section, "list") > 0) +
            (cfg_size(section, "catalog") > 0) ==
        1)
        return fail(line, "a catalog and its query belong together",
                    "give both: catalog = \"catalog.db\" query = \"SELECT id, path FROM ..\"");
    return fail(line, "a source is one of glob, list and catalog",
                "give exactly one of them; open another section for another");
}

/* A source section has just been closed. */
static int on_source(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    unsigned line = line_of(cfg), place_line;
    size_t first = reading->n_sources;
    int r = E_OK;

    place_line = reading->section == section ? reading->place_line : line;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        const struct form *form = &forms[i];

        if (!fits(section, form))
            continue;
        for (unsigned k = 0; k < cfg_size(section, form->place) && r == E_OK; k++)
            r = add_source(cfg_title(section), form->kind, cfg_getnstr(section, form->place, k),
                           place_line);
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
        return fail(line, "max_parallel and max_connections are whole numbers up to 10000",
                    "0, or leaving it out, works it out from the server");
    *n = (int32_t)value;
    return E_OK;
}

static int check_server(const struct server_block *s)
{
    if (!s->url)
        return fail(s->line, "a server needs a url",
                    "url = \"postgres://USER@HOST:PORT/DATABASE\"");
    if (engine_of_url(s->url) != ENGINE_POSTGRES)
        return fail(s->line, "this is not the url of a PostgreSQL server",
                    "it begins with postgres:// or postgresql://");
    if (s->password_file && s->password_env)
        return fail(s->line, "a password comes from a file or from the environment, not from both",
                    "leave one of the two out");
    return E_OK;
}

/* A server section has just been closed. */
static int on_server(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    struct arena *arena = &reading->config->arena;
    const char *file = cfg_getstr(section, "password_file");
    struct server_block *s;

    if (!array_room(&reading->servers, reading->n_servers, &reading->cap_servers, sizeof *s))
        return fail_oom();
    s = &reading->servers[reading->n_servers];
    *s = (struct server_block){.name = arena_copy(arena, cfg_title(section)),
                               .url = arena_copy(arena, cfg_getstr(section, "url")),
                               .password_env =
                                   arena_copy(arena, cfg_getstr(section, "password_env")),
                               .line = line_of(cfg)};
    if (file && !(s->password_file = config_path(arena, reading->dir, file)))
        return fail_oom();
    if (!s->name)
        return fail_oom();
    if (read_count(section, "max_parallel", &s->max_parallel, s->line) != E_OK ||
        read_count(section, "max_connections", &s->max_connections, s->line) != E_OK)
        return E_INVALID;
    reading->n_servers++;
    return check_server(s);
}

/* Every source that names a server names one that there is. */
static int check_names(void)
{
    for (size_t i = 0; i < reading->n_sources; i++) {
        const struct tenant_source *source = &reading->sources[i];
        size_t k = 0;

        if (source->kind < SOURCE_DATABASES)
            continue;
        while (k < reading->n_servers && !str_same(reading->servers[k].name, source->place))
            k++;
        if (k == reading->n_servers)
            return fail(source->line, "there is no server of this name",
                        "write a block for it: server \"NAME\" { url = \"postgres://..\" }");
    }
    return E_OK;
}

/* Every option as libconfuse wants it; returns NULL when out of memory. */
static cfg_t *make_parser(void)
{
    static cfg_opt_t source[] = {
        CFG_STR_LIST_CB("glob", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("list", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("catalog", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("query", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_LIST_CB("labels", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("server", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_LIST_CB("databases", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_LIST_CB("schemas", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("database", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_END()};
    static cfg_opt_t server[] = {
        CFG_STR_CB("url", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("password_file", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("password_env", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("max_parallel", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_STR_CB("max_connections", NULL, CFGF_NODEFAULT, on_source_value),
        CFG_END()};
    cfg_opt_t opts[MOST_OPTIONS] = {
        CFG_SEC("source", source, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("server", server, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)};
    size_t n = 2;
    cfg_t *cfg;

    for (size_t i = 0; i < config_options_n; i++) {
        const struct option *o = &config_options[i];
        cfg_opt_t single = CFG_STR_CB(o->name, NULL, CFGF_NODEFAULT, on_value);
        cfg_opt_t list = CFG_STR_LIST_CB(o->name, NULL, CFGF_NODEFAULT, on_value);

        opts[n++] = option_is_list(o) ? list : single;
    }
    opts[n] = (cfg_opt_t)CFG_END();
    cfg = cfg_init(opts, CFGF_NONE);
    if (!cfg)
        return NULL;
    cfg_set_error_function(cfg, on_error);
    cfg_set_validate_func(cfg, "source", on_source);
    cfg_set_validate_func(cfg, "server", on_server);
    return cfg;
}

static int parse_text(const char *text)
{
    cfg_t *cfg = make_parser();
    int done;

    if (!cfg)
        return fail_oom();
    errno = 0;
    done = cfg_parse_buf(cfg, text);
    if (done != CFG_SUCCESS && errno == ENOMEM && !reading->error.code)
        fail_oom(); /* of that alone libconfuse says nothing */
    cfg_free(cfg);
    if (reading->error.code)
        return reading->error.code;
    return done == CFG_SUCCESS ? E_OK : fail(0, "the file cannot be parsed", "");
}

static int apply_defaults(void)
{
    for (size_t i = 0; i < config_options_n; i++)
        if (!option_is_list(&config_options[i]) &&
            apply(&config_options[i], config_options[i].fallback, 0) != E_OK)
            return reading->error.code;
    return E_OK;
}

/* Hands what was collected over to the arena. */
static int finish(void)
{
    struct reading *r = reading;
    struct config *c = r->config;

    if (r->n_sources == 0 &&
        add_source("tenants", SOURCE_GLOB, option_named("tenants")->fallback, 0) != E_OK)
        return r->error.code;
    c->sources = arena_array(&c->arena, r->n_sources, sizeof *c->sources);
    c->extensions = arena_array(&c->arena, r->n_loads + 1, sizeof *c->extensions);
    c->servers = arena_array(&c->arena, r->n_servers, sizeof *c->servers);
    if (!c->sources || !c->extensions || !c->servers)
        return fail_oom();
    if (r->n_servers > 0)
        memcpy(c->servers, r->servers, r->n_servers * sizeof *c->servers);
    c->n_servers = r->n_servers;
    memcpy(c->sources, r->sources, r->n_sources * sizeof *c->sources);
    if (r->n_loads > 0)
        memcpy(c->extensions, r->loads, r->n_loads * sizeof *c->extensions);
    c->n_sources = r->n_sources;
    return E_OK;
}

/* libconfuse takes the end of the file for the end of whatever is open, so that is looked at first.
 */
static int check_closed(const char *text)
{
    unsigned line;
    char open = config_open(text, &line);

    switch (open) {
    case '\0':
        return E_OK;
    case '{':
        return fail(line, "a brace opens here and is never closed", "close it with }");
    case '*':
        return fail(line, "a comment begins here and never ends",
                    "close it with */, or put the glob in quotes");
    }
    return fail(line, "a quote opens here and is never closed", "close it");
}

int config_parse(const char *dir, const struct str *text, struct config *config, struct error *e)
{
    __attribute__((cleanup(reading_free))) struct reading r = {.config = config, .dir = dir};
    int result;

    reading = &r;
    result = apply_defaults();
    if (result == E_OK && text && memchr(str_text(text), '\0', text->len))
        result = fail(0, "a NUL byte in the configuration", "save the file as text");
    if (result == E_OK && text)
        result = check_closed(str_text(text));
    if (result == E_OK && text)
        result = parse_text(str_text(text));
    if (result == E_OK)
        result = check_names();
    if (result == E_OK)
        result = finish();
    reading = NULL;
    if (result != E_OK)
        error_move(e, &r.error);
    return result;
}
