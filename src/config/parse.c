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

#include "base/error.h"
#include "base/str.h"
#include "config/closed.h"
#include "config/option.h"
#include "config/reading.h"

/* libconfuse's callbacks carry no pointer of ours. Set while config_parse runs on this thread. */
_Thread_local struct reading *reading;

static void reading_free(struct reading *r)
{
    free(r->sources);
    free(r->servers);
    free(r->execs);
    free(r->loads);
    error_clear(&r->error);
}

int config_fail(unsigned line, const char *message, const char *hint)
{
    error_set(&reading->error, E_INVALID, "%s", message);
    error_hint(&reading->error, "%s", hint);
    error_at(&reading->error, reading->config->file, line);
    return E_INVALID;
}

int config_fail_oom(void)
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

unsigned config_line(const cfg_t *cfg)
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
        config_fail_oom();
        return;
    }
    error_set(&reading->error, E_INVALID, "%s", str_text(&message));
    error_at(&reading->error, reading->config->file, config_line(cfg));
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
bool config_first_time(const cfg_t *cfg, cfg_opt_t *opt)
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

static int add_load(const char *text)
{
    struct reading *r = reading;
    const char *name;

    if (!array_room(&r->loads, r->n_loads, &r->cap_loads, sizeof *r->loads))
        return config_fail_oom();
    name = strchr(text, '/') ? config_path(&r->config->arena, r->dir, text)
                             : arena_copy(&r->config->arena, text);
    /* the loader looks up names without a slash; this one was a path */
    if (name && strchr(text, '/') && !strchr(name, '/'))
        name = config_path(&r->config->arena, "./", name);
    if (!name)
        return config_fail_oom();
    r->loads[r->n_loads++] = name;
    return E_OK;
}

static int apply(const struct option *o, const char *text, unsigned line)
{
    int r;

    if (option_is_list(o) && !text[0])
        return config_fail(line, "an empty name in a list", "give a name, or leave the entry out");
    if (o->kind == OPTION_GLOBS)
        return config_add_source(o->name, SOURCE_GLOB, text, line);
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

    if (!config_first_time(cfg, opt))
        return config_fail(config_line(cfg), "this option is given twice",
                           "leave one of the two out");
    *(const char **)keep = text;
    return apply(o, text, config_line(cfg));
}

static cfg_opt_t source_options[] = {
    CFG_STR_LIST_CB("glob", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("list", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("catalog", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("query", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("labels", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("rows", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("rows_role", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("rows_setting", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("shared", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("server", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("databases", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("schemas", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("database", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("exec", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_END()};
static cfg_opt_t exec_options[] = {
    CFG_STR_LIST_CB("up", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("down", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("current", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("revisions", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("revision_pattern", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("current_pattern", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("base", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("directory", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_LIST_CB("environment", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("timeout", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("max_parallel", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_END()};
static cfg_opt_t server_options[] = {
    CFG_STR_CB("url", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("password_file", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("password_env", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("defaults_file", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("online_ddl", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("max_parallel", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_STR_CB("max_connections", NULL, CFGF_NODEFAULT, config_on_section_value),
    CFG_END()};

/* Every option as libconfuse wants it; returns NULL when out of memory. */
static cfg_t *make_parser(void)
{
    cfg_opt_t opts[MOST_OPTIONS] = {
        CFG_SEC("source", source_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("server", server_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("exec", exec_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES)};
    size_t n = 3;
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
    cfg_set_validate_func(cfg, "source", config_on_source);
    cfg_set_validate_func(cfg, "server", config_on_server);
    cfg_set_validate_func(cfg, "exec", config_on_exec);
    return cfg;
}

static int parse_text(const char *text)
{
    cfg_t *cfg = make_parser();
    int done;

    if (!cfg)
        return config_fail_oom();
    errno = 0;
    done = cfg_parse_buf(cfg, text);
    if (done != CFG_SUCCESS && errno == ENOMEM && !reading->error.code)
        config_fail_oom(); /* of that alone libconfuse says nothing */
    cfg_free(cfg);
    if (reading->error.code)
        return reading->error.code;
    return done == CFG_SUCCESS ? E_OK : config_fail(0, "the file cannot be parsed", "");
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
        config_add_source("tenants", SOURCE_GLOB, option_named("tenants")->fallback, 0) != E_OK)
        return r->error.code;
    c->sources = arena_array(&c->arena, r->n_sources, sizeof *c->sources);
    c->extensions = arena_array(&c->arena, r->n_loads + 1, sizeof *c->extensions);
    c->servers = arena_array(&c->arena, r->n_servers, sizeof *c->servers);
    c->execs = arena_array(&c->arena, r->n_execs, sizeof *c->execs);
    if (!c->sources || !c->extensions || !c->servers || !c->execs)
        return config_fail_oom();
    if (r->n_execs > 0)
        memcpy(c->execs, r->execs, r->n_execs * sizeof *c->execs);
    c->n_execs = r->n_execs;
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
        return config_fail(line, "a brace opens here and is never closed", "close it with }");
    case '*':
        return config_fail(line, "a comment begins here and never ends",
                           "close it with */, or put the glob in quotes");
    }
    return config_fail(line, "a quote opens here and is never closed", "close it");
}

/* There libconfuse has put the environment's variables by the time we see the value. */
static int check_templates(const char *text)
{
    unsigned line;

    if (!config_eaten_template(text, &line))
        return E_OK;
    return config_fail(line,
                       "a template within double quotes: ${..} means a variable of the "
                       "environment there",
                       "put it in single quotes: '${id}'");
}

int config_parse(const char *dir, const struct str *text, struct config *config, struct error *e)
{
    __attribute__((cleanup(reading_free))) struct reading r = {.config = config, .dir = dir};
    int result;

    reading = &r;
    result = apply_defaults();
    if (result == E_OK && text && memchr(str_text(text), '\0', text->len))
        result = config_fail(0, "a NUL byte in the configuration", "save the file as text");
    if (result == E_OK && text)
        result = check_closed(str_text(text));
    if (result == E_OK && text)
        result = check_templates(str_text(text));
    if (result == E_OK && text)
        result = parse_text(str_text(text));
    if (result == E_OK)
        result = config_check_names();
    if (result == E_OK)
        result = finish();
    reading = NULL;
    if (result != E_OK)
        error_move(e, &r.error);
    return result;
}
