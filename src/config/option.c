#include "config/option.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/str.h"

#define AT(field) offsetof(struct config, field)

static const int64_t day = 24 * 3600 * 1000, tebibyte = (int64_t)1 << 40;

const struct option config_options[] = {
    {"tenants", OPTION_GLOBS, "tenants/*.db", 0, 0, 0,
     "# Where the tenants are. The id of a tenant is its path behind the fixed part of the glob,\n"
     "# without extension: tenants/acme.db is \"acme\". More than globs: see source below.\n"},
    {"migrations", OPTION_PATH, "migrations", AT(migrations), 0, 0,
     "# The folder of migrations: NNN_name.sql, or NNN_name.up.sql and NNN_name.down.sql.\n"},
    {"state", OPTION_PATH, ".lockstep", AT(state), 0, 0, "# Where lockstep keeps its run log.\n"},
    {"decisions", OPTION_PATH, "", AT(decisions), 0, 0,
     "# Where the files lie that decide a run while it goes on. Empty: in the deepest folder that\n"
     "# all tenants have in common. Whoever opens a tenant must see it under the same path.\n"},
    {"jobs", OPTION_NUMBER, "16", AT(jobs), 1, 1024, "# How many tenants are worked on at once.\n"},
    {"lock_timeout", OPTION_DURATION, "5s", AT(lock_timeout_ms), 0, day,
     "# How long to wait for a tenant that an application holds. Units: ms, s, m, h.\n"},
    {"statement_timeout", OPTION_DURATION, "0s", AT(statement_timeout_ms), 0, day,
     "# How long one statement may run in one tenant. 0s: without bound.\n"},
    {"max_hold", OPTION_DURATION, "30s", AT(max_hold_ms), 1, day,
     "# How long a run may hold a tenant. A fleet that needs longer is cut into groups.\n"},
    {"held_pages", OPTION_SIZE, "256", AT(held_bytes), 4096, tebibyte,
     "# Memory for changed pages that wait for the decision: MiB, or a size such as \"64kB\".\n"},
    {"group_size", OPTION_NUMBER, "0", AT(group_size), 0, INT32_MAX,
     "# The most tenants in one group. 0: without bound.\n"},
    {"durability", OPTION_DURABILITY, "auto", AT(durability), 0, 0,
     "# How writes are made durable: auto, syncfs (one call for a file system), fsync (one for\n"
     "# each file).\n"},
    {"extensions", OPTION_LOADS, NULL, 0, 0, 0,
     "# SQLite extensions that the schema needs, loaded into every connection to a tenant. A name\n"
     "# without a slash is looked up by the system.\n"},
};
const size_t config_options_n = sizeof config_options / sizeof config_options[0];

const struct option *option_named(const char *name)
{
    for (size_t i = 0; i < config_options_n; i++)
        if (strcmp(config_options[i].name, name) == 0)
            return &config_options[i];
    return NULL;
}

bool option_is_list(const struct option *o)
{
    return o->kind == OPTION_GLOBS || o->kind == OPTION_LOADS;
}

const char *option_meant(const char *wrong)
{
    static const char *const inner[] = {
        "source",
        "glob",
        "list",
        "catalog",
        "query",
        "labels",
        "server",
        "database",
        "databases",
        "schemas",
        "url",
        "max_parallel",
        "max_connections",
        "password_file",
        "password_env",
        "defaults_file",
        "online_ddl",
        "exec",
        "up",
        "down",
        "current",
        "revisions",
        "directory",
        "environment",
        "timeout",
        "base",
        "revision_pattern",
        "current_pattern",
    };
    const char *nearest = name_nearest(wrong, inner, sizeof inner / sizeof inner[0]);
    const char *names[sizeof config_options / sizeof config_options[0]], *other;

    for (size_t i = 0; i < config_options_n; i++)
        names[i] = config_options[i].name;
    other = name_nearest(wrong, names, config_options_n);
    if (!nearest || (other && name_distance(wrong, other) < name_distance(wrong, nearest)))
        return other;
    return nearest;
}

char *config_path(struct arena *arena, const char *dir, const char *path)
{
    CLEANUP_STR struct str joined = STR_INIT;

    path_join(&joined, dir, path);
    return str_copy(&joined, arena);
}

char *config_glob(struct arena *arena, const char *dir, const char *glob)
{
    CLEANUP_STR struct str escaped = STR_INIT;

    for (; *dir; dir++) {
        if (strchr("*?[\\", *dir))
            str_addc(&escaped, '\\');
        str_addc(&escaped, *dir);
    }
    return str_ok(&escaped) ? config_path(arena, str_text(&escaped), glob) : NULL;
}

static bool parse_size(const char *text, int64_t *bytes)
{
    static const struct {
        const char *unit;
        int64_t bytes;
    } units[] = {
        {"", 1 << 20},      {"B", 1},         {"kB", 1000},     {"MB", 1000000},
        {"GB", 1000000000}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30},
    };
    const char *unit = text;
    uint64_t n;

    if (!number_read(&unit, &n) || n > INT64_MAX)
        return false;
    *bytes = (int64_t)n;
    unit += *unit == ' ';
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(unit, units[i].unit) != 0)
            continue;
        return !__builtin_mul_overflow(*bytes, units[i].bytes, bytes);
    }
    return false;
}

static int wrong(const struct option *o, const char *text, const char *wanted, struct error *e)
{
    error_set(e, E_INVALID, "%s cannot be \"%s\"", o->name, text);
    error_hint(e, "%s", wanted);
    return E_INVALID;
}

static int check_range(const struct option *o, const char *text, int64_t value, const char *unit,
                       struct error *e)
{
    if (value >= o->least && value <= o->most)
        return E_OK;
    error_set(e, E_INVALID, "%s cannot be \"%s\"", o->name, text);
    error_hint(e, "it goes from %lld to %lld%s", (long long)o->least, (long long)o->most, unit);
    return E_INVALID;
}

static int apply_number(const struct option *o, const char *text, void *to, struct error *e)
{
    int64_t n;

    if (!number_parse(text, &n))
        return wrong(o, text, "give a whole number", e);
    if (check_range(o, text, n, "", e) != E_OK)
        return E_INVALID;
    *(int32_t *)to = (int32_t)n;
    return E_OK;
}

static int apply_duration(const struct option *o, const char *text, void *to, struct error *e)
{
    int64_t ms = clock_parse_duration_ms(text);

    if (ms < 0)
        return wrong(o, text, "give a time such as \"250ms\", \"30s\", \"10m\" or \"2h\"", e);
    if (check_range(o, text, ms, " ms", e) != E_OK)
        return E_INVALID;
    *(int64_t *)to = ms;
    return E_OK;
}

static int apply_size(const struct option *o, const char *text, void *to, struct error *e)
{
    int64_t bytes;

    if (!parse_size(text, &bytes))
        return wrong(o, text, "give MiB, or a size such as \"64kB\" or \"256MiB\"", e);
    if (check_range(o, text, bytes, " bytes", e) != E_OK)
        return E_INVALID;
    *(uint64_t *)to = (uint64_t)bytes;
    return E_OK;
}

static int apply_durability(const struct option *o, const char *text, void *to, struct error *e)
{
    static const char *const names[] = {
        [DURABILITY_AUTO] = "auto", [DURABILITY_SYNCFS] = "syncfs", [DURABILITY_FSYNC] = "fsync"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *(enum durability *)to = (enum durability)i;
            return E_OK;
        }
    }
    return wrong(o, text, "it is one of auto, syncfs and fsync", e);
}

/* An empty path is none: only where that is the default. */
static int apply_path(const struct option *o, const char *dir, const char *text,
                      struct config *config, void *to, struct error *e)
{
    const char **path = to;

    *path = NULL;
    if (!text[0])
        return o->fallback[0] ? wrong(o, text, "give a folder", e) : E_OK;
    *path = config_path(&config->arena, dir, text);
    return *path ? E_OK : error_oom(e);
}

int option_apply(const struct option *o, const char *dir, const char *text, struct config *config,
                 struct error *e)
{
    void *to = (char *)config + o->at;

    switch (o->kind) {
    case OPTION_GLOBS:
    case OPTION_LOADS:
        break;
    case OPTION_PATH:
        return apply_path(o, dir, text, config, to, e);
    case OPTION_NUMBER:
        return apply_number(o, text, to, e);
    case OPTION_DURATION:
        return apply_duration(o, text, to, e);
    case OPTION_SIZE:
        return apply_size(o, text, to, e);
    case OPTION_DURABILITY:
        return apply_durability(o, text, to, e);
    }
    return E_OK;
}
