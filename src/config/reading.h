/* Inside config: one reading of a file, which libconfuse's callbacks share. */
#ifndef CONFIG_READING_H
#define CONFIG_READING_H

#include <stdbool.h>
#include <stddef.h>

#include <confuse.h>

#include "base/error.h"
#include "config/config.h"

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
    struct exec_block *execs;
    size_t n_execs, cap_execs;
    const char **loads;
    size_t n_loads, cap_loads;
    const cfg_t *section; /* the one that `given` speaks of */
    const char *given[MOST_OPTIONS];
    size_t n_given;
    unsigned place_line; /* of the glob, list or catalog within the section */
};

/* libconfuse's callbacks carry no pointer of ours. Set while config_parse runs on this thread. */
extern _Thread_local struct reading *reading;

/* parse.c: the first error, at a line of the file; E_INVALID, E_NOMEM. */
int config_fail(unsigned line, const char *message, const char *hint);
int config_fail_oom(void);
unsigned config_line(const cfg_t *cfg);
/* Notes that this option was given; false when it was before (a list goes on with more values). */
bool config_first_time(const cfg_t *cfg, cfg_opt_t *opt);

/* section.c: what stands in sections, and what they make when they close. */
int config_on_section_value(cfg_t *cfg, cfg_opt_t *opt, const char *text, void *keep);
int config_on_source(cfg_t *cfg, cfg_opt_t *opt);
int config_on_server(cfg_t *cfg, cfg_opt_t *opt);
int config_on_exec(cfg_t *cfg, cfg_opt_t *opt); /* exec.c */
const char **config_copy_list(cfg_t *section, const char *name);
int config_add_source(const char *title, enum source_kind kind, const char *place, unsigned line);
/* At the end: every source that names a server or an external migrator names one that there is. */
int config_check_names(void);

#endif
