#include "source/option.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/str.h"

static const struct option {
    const char *name;
    enum { OPTION_OFF, OPTION_DURATION } kind;
    size_t at; /* in struct script: a bool, or milliseconds */
} options[SCRIPT_OPTIONS] = {
    {"foreign-keys", OPTION_OFF, offsetof(struct script, foreign_keys_off)},
    {"transaction", OPTION_OFF, offsetof(struct script, transaction_off)},
    {"lock-timeout", OPTION_DURATION, offsetof(struct script, lock_timeout_ms)},
    {"statement-timeout", OPTION_DURATION, offsetof(struct script, statement_timeout_ms)},
};

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

int option_set(int option, const struct sql_piece *directive, struct script *script,
               struct error *e)
{
    const struct option *o = &options[option];
    char value[32];
    bool fits = short_text(directive->value, directive->value_len, value, sizeof value);

    if (o->kind == OPTION_OFF) {
        if (!fits || strcmp(value, "off") != 0) {
            error_set(e, E_INVALID, "%s can only be off", o->name);
            error_hint(e, "write \"-- lockstep:%s off\", or leave it out", o->name);
            return E_INVALID;
        }
        *(bool *)place(o, script) = true;
        return E_OK;
    }
    *(int64_t *)place(o, script) = fits ? clock_parse_duration_ms(value) : -1;
    if (*(int64_t *)place(o, script) > 0)
        return E_OK;
    error_set(e, E_INVALID, "%s needs a time above zero", o->name);
    error_hint(e, "write \"-- lockstep:%s 5s\"; units are ms, s, m and h", o->name);
    return E_INVALID;
}

bool option_text(int option, const struct script *script, struct str *out)
{
    const struct option *o = &options[option];
    const char *at = (const char *)script + o->at;

    if (o->kind == OPTION_OFF) {
        if (!*(const bool *)at)
            return false;
        str_addf(out, "%s off", o->name);
        return true;
    }
    if (*(const int64_t *)(const void *)at == 0)
        return false;
    str_addf(out, "%s %lldms", o->name, (long long)*(const int64_t *)(const void *)at);
    return true;
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
