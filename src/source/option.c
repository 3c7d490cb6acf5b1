#include "source/option.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/str.h"

static const struct option {
    const char *name;
    enum { OPTION_OFF, OPTION_DURATION, OPTION_SHARING, OPTION_ROWS } kind;
    size_t at; /* in struct script: a bool, milliseconds, an enum sharing, rows */
} options[SCRIPT_OPTIONS] = {
    {"foreign-keys", OPTION_OFF, offsetof(struct script, foreign_keys_off)},
    {"transaction", OPTION_OFF, offsetof(struct script, transaction_off)},
    {"lock-timeout", OPTION_DURATION, offsetof(struct script, lock_timeout_ms)},
    {"statement-timeout", OPTION_DURATION, offsetof(struct script, statement_timeout_ms)},
    {"shared", OPTION_SHARING, offsetof(struct script, sharing)},
    {"rows", OPTION_ROWS, offsetof(struct script, rows)},
};

static const char *const sharings[] = {
    [SHARED_TOGETHER] = "", [SHARED_BEFORE] = "before", [SHARED_AFTER] = "after"};

static void *place(const struct option *o, struct script *script)
{
    return (char *)script + o->at;
}

int option_find(const struct sql_piece *directive)
{
    for (int i = 0; i < SCRIPT_OPTIONS; i++)
        if (strlen(options[i].name) == directive->len &&
            memcmp(options[i].name, directive->text, directive->len) == 0)
            return i;
    return -1;
}

/* Copies a short text; false when it does not fit (then it is no value of ours). */
static bool short_text(const char *from, size_t len, char *to, size_t room)
{
    if (len >= room)
        return false;
    memcpy(to, from, len);
    to[len] = '\0';
    return true;
}

static int set_off(const struct option *o, const char *value, struct script *script,
                   struct error *e)
{
    if (!str_same(value, "off")) {
        error_set(e, E_INVALID, "%s can only be off", o->name);
        error_hint(e, "write \"-- lockstep:%s off\", or leave it out", o->name);
        return E_INVALID;
    }
    *(bool *)place(o, script) = true;
    return E_OK;
}

static int set_duration(const struct option *o, const char *value, struct script *script,
                        struct error *e)
{
    int64_t *ms = place(o, script);

    *ms = value ? clock_parse_duration_ms(value) : -1;
    if (*ms > 0)
        return E_OK;
    error_set(e, E_INVALID, "%s needs a time above zero", o->name);
    error_hint(e, "write \"-- lockstep:%s 5s\"; units are ms, s, m and h", o->name);
    return E_INVALID;
}

static int set_sharing(const struct option *o, const char *value, struct script *script,
                       struct error *e)
{
    for (enum sharing i = SHARED_TOGETHER; i <= SHARED_AFTER; i++) {
        if (!str_same(value, sharings[i]))
            continue;
        *(enum sharing *)place(o, script) = i;
        return E_OK;
    }
    error_set(e, E_INVALID, "shared can only be before or after");
    error_hint(e, "\"-- lockstep:shared before\" is committed before the tenants' later "
                  "migrations run; without a value it is decided together with them");
    return E_INVALID;
}

/* "", "500", "500 100ms" */
static bool read_rows(const char *value, struct for_rows *rows)
{
    uint64_t batch = 0;

    *rows = (struct for_rows){.on = true};
    if (!value[0])
        return true;
    if (!number_read(&value, &batch) || batch == 0 || batch > INT32_MAX)
        return false;
    rows->batch = (uint32_t)batch;
    if (value[0] == ' ')
        rows->pause_ms = clock_parse_duration_ms(value + strspn(value, " "));
    return value[0] == ' ' ? rows->pause_ms > 0 : !value[0];
}

static int set_rows(const struct option *o, const char *value, struct script *script,
                    struct error *e)
{
    if (value && read_rows(value, place(o, script)))
        return E_OK;
    error_set(e, E_INVALID, "rows takes nothing, or the size of a batch and a pause");
    error_hint(e, "\"-- lockstep:rows 500 100ms\" commits 500 row tenants at a time");
    return E_INVALID;
}

int option_set(int option, const struct sql_piece *directive, struct script *script,
               struct error *e)
{
    const struct option *o = &options[option];
    char text[32];
    const char *value =
        short_text(directive->value, directive->value_len, text, sizeof text) ? text : NULL;

    switch (o->kind) {
    case OPTION_OFF:
        return set_off(o, value, script, e);
    case OPTION_DURATION:
        return set_duration(o, value, script, e);
    case OPTION_ROWS:
        return set_rows(o, value, script, e);
    case OPTION_SHARING:
        break;
    }
    return set_sharing(o, value, script, e);
}

static bool duration_text(const struct option *o, int64_t ms, struct str *out)
{
    if (ms > 0)
        str_addf(out, "%s %lldms", o->name, (long long)ms);
    return ms > 0;
}

static bool sharing_text(const struct option *o, enum sharing sharing, struct str *out)
{
    if (sharing == SHARED_NOT)
        return false;
    str_addf(out, "%s%s%s", o->name, sharing == SHARED_TOGETHER ? "" : " ", sharings[sharing]);
    return true;
}

static bool rows_text(const struct option *o, const struct for_rows *rows, struct str *out)
{
    if (rows->on)
        str_add(out, o->name);
    if (rows->on && rows->batch)
        str_addf(out, " %u", rows->batch);
    if (rows->on && rows->pause_ms)
        str_addf(out, " %lldms", (long long)rows->pause_ms);
    return rows->on;
}

bool option_text(int option, const struct script *script, struct str *out)
{
    const struct option *o = &options[option];
    const void *at = (const char *)script + o->at;

    switch (o->kind) {
    case OPTION_DURATION:
        return duration_text(o, *(const int64_t *)at, out);
    case OPTION_SHARING:
        return sharing_text(o, *(const enum sharing *)at, out);
    case OPTION_ROWS:
        return rows_text(o, at, out);
    case OPTION_OFF:
        break;
    }
    if (*(const bool *)at)
        str_addf(out, "%s off", o->name);
    return *(const bool *)at;
}

const char *option_nearest(const struct sql_piece *directive)
{
    enum { OTHERS = 4 };
    const char *names[SCRIPT_OPTIONS + OTHERS] = {"up", "down", "check", "values"};
    char wrong[64];

    for (int i = 0; i < SCRIPT_OPTIONS; i++)
        names[i + OTHERS] = options[i].name;
    if (!short_text(directive->text, directive->len, wrong, sizeof wrong))
        return NULL;
    return name_nearest(wrong, names, SCRIPT_OPTIONS + OTHERS);
}
