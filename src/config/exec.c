/* Sections exec "NAME" { .. }: external migrators. What their templates name is judged when it is
 * known which tenants there are (fleet/exec.c). */
#include <regex.h>
#include <string.h>

#include "base/clock.h"
#include "base/number.h"
#include "base/str.h"
#include "config/option.h"
#include "config/reading.h"

static int64_t day_ms(void)
{
    return (int64_t)24 * 3600 * 1000;
}

static int read_timeout(cfg_t *section, struct exec_block *b)
{
    const char *text = cfg_getstr(section, "timeout");

    b->timeout_ms = clock_parse_duration_ms(text ? text : "10m");
    if (b->timeout_ms >= 1 && b->timeout_ms <= day_ms())
        return E_OK;
    return config_fail(b->line, "timeout is a time between 1ms and 24h",
                       "how long one command may run for one tenant, such as \"10m\"");
}

static int read_parallel(cfg_t *section, struct exec_block *b)
{
    const char *text = cfg_getstr(section, "max_parallel");
    int64_t n = 4;

    if (text && (!number_parse(text, &n) || n < 1 || n > 1000))
        return config_fail(b->line, "max_parallel is a whole number from 1 to 1000",
                           "how many commands run at once");
    b->max_parallel = (uint32_t)n;
    return E_OK;
}

static int check_pattern(const struct exec_block *b, const char *pattern, size_t most)
{
    regex_t regex;
    size_t groups;

    if (!pattern)
        return E_OK;
    if (regcomp(&regex, pattern, REG_EXTENDED) != 0)
        return config_fail(b->line, "a pattern that is no extended regular expression",
                           "as `grep -E` takes them");
    groups = regex.re_nsub;
    regfree(&regex);
    if (groups >= 1 && groups <= most)
        return E_OK;
    return config_fail(b->line, "a pattern with the wrong number of groups",
                       "one group: the revision. revision_pattern may have two: the revision "
                       "before it, and the revision");
}

static int check(const struct exec_block *b)
{
    if (!b->up[0] || !b->current[0] || !b->revisions[0])
        return config_fail(b->line, "an exec section needs up, current and revisions",
                           "commands as lists: current = {'alembic', 'current'}");
    for (size_t i = 0; b->environment[i]; i++)
        if (!strchr(b->environment[i], '=') || b->environment[i][0] == '=')
            return config_fail(b->line, "an entry of environment is written 'NAME=value'",
                               "give each variable like that");
    if (check_pattern(b, b->revision_pattern, 2) != E_OK)
        return E_INVALID;
    return check_pattern(b, b->current_pattern, 1);
}

static bool read_lists(cfg_t *section, struct exec_block *b)
{
    b->up = config_copy_list(section, "up");
    b->down = config_copy_list(section, "down");
    b->current = config_copy_list(section, "current");
    b->revisions = config_copy_list(section, "revisions");
    b->environment = config_copy_list(section, "environment");
    return b->up && b->down && b->current && b->revisions && b->environment;
}

static bool read_texts(cfg_t *section, struct exec_block *b)
{
    struct arena *arena = &reading->config->arena;
    const char *base = cfg_getstr(section, "base"), *dir = cfg_getstr(section, "directory");
    const char *revision = cfg_getstr(section, "revision_pattern");
    const char *current = cfg_getstr(section, "current_pattern");

    b->name = arena_copy(arena, cfg_title(section));
    b->base = arena_copy(arena, base ? base : "base");
    b->directory = config_path(arena, reading->dir, dir ? dir : ".");
    b->revision_pattern = arena_copy(arena, revision);
    b->current_pattern = arena_copy(arena, current);
    b->file = reading->config->file;
    return b->name && b->base && b->directory && (b->revision_pattern || !revision) &&
           (b->current_pattern || !current);
}

/* An exec section has just been closed. */
int config_on_exec(cfg_t *cfg, cfg_opt_t *opt)
{
    cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
    struct exec_block *b;

    if (!array_room(&reading->execs, reading->n_execs, &reading->cap_execs, sizeof *b))
        return config_fail_oom();
    b = &reading->execs[reading->n_execs];
    *b = (struct exec_block){.line = config_line(cfg)};
    if (!read_lists(section, b) || !read_texts(section, b))
        return config_fail_oom();
    if (read_timeout(section, b) != E_OK || read_parallel(section, b) != E_OK)
        return E_INVALID;
    reading->n_execs++;
    return check(b);
}
