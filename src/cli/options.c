#include "cli/options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/str.h"

#define IN(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[OPTIONS] = {
    [OPTION_DIR] = {"directory", 'C', "DIR", "work in DIR instead of the current folder",
        KIND_TEXT, IN(dir), .global = true},
    [OPTION_CONFIG] = {"config", 'c', "FILE", "read FILE instead of lockstep.conf",
        KIND_TEXT, IN(config), .global = true},
    [OPTION_TENANTS] = {"tenants", 0, "GLOB", "the fleet is what GLOB finds",
        KIND_TEXT, IN(tenants), .global = true},
    [OPTION_MIGRATIONS] = {"migrations", 0, "DIR", "the folder of the migrations",
        KIND_TEXT, IN(migrations), .global = true},
    [OPTION_JOBS] = {"jobs", 'j', "N", "work on N tenants at once",
        KIND_NUMBER, IN(jobs), .least = 1, .most = 1024, .global = true},
    [OPTION_JSON] = {"json", 0, NULL, "print one JSON document (watch and log: a line an event)",
        KIND_FLAG, IN(json), .global = true},
    [OPTION_QUIET] = {"quiet", 'q', NULL, "show no progress",
        KIND_FLAG, IN(quiet), .global = true},
    [OPTION_COLOR] = {"color", 0, "WHEN", "color the output",
        KIND_WORD, IN(color), .choices = {"auto", "always", "never"}, .global = true},
    [OPTION_YES] = {"yes", 'y', NULL, "answer every question with yes",
        KIND_FLAG, IN(yes), .global = true},
    [OPTION_HELP] = {"help", 'h', NULL, "show help, with a command the help of that command",
        KIND_FLAG, IN(help), .global = true},
    [OPTION_VERSION] = {"version", 0, NULL, "print the version",
        KIND_FLAG, IN(version), .global = true},
    [OPTION_SELECT] = {"select", 's', "EXPR",
        "only tenants whose labels match, such as region=eu,tier!=free",
        KIND_TEXT, IN(select)},
    [OPTION_SCOPE] = {"scope", 0, "SCOPE",
        "what is all or none (default: the fleet)",
        KIND_WORD, IN(scope), .choices = {"fleet", "group", "tenant"}},
    [OPTION_ACCEPT] = {"accept", 0, "WHAT",
        "go on although a migration is one of these, several with commas",
        KIND_WORDS, IN(accept), .choices = {"late", "changed", "missing"}},
    [OPTION_ALLOW_IRREVERSIBLE] = {"allow-irreversible", 0, NULL,
        "go on although something that might have to be undone cannot be",
        KIND_FLAG, IN(allow_irreversible)},
    [OPTION_SKIP_UNUSABLE] = {"skip-unusable", 0, NULL,
        "leave out the tenants that cannot be used, and list them (exit 7)",
        KIND_FLAG, IN(skip_unusable)},
    [OPTION_MAX_HOLD] = {"max-hold", 0, "TIME", "hold no tenant longer than TIME, such as 30s",
        KIND_DURATION, IN(max_hold_ms), .least = 1},
    [OPTION_WAIT] = {"wait", 0, "TIME", "wait up to TIME for another run to end, such as 10m",
        KIND_DURATION, IN(wait_ms)},
    [OPTION_DEADLINE] = {"deadline", 0, "TIME", "give up what is not decided after TIME",
        KIND_DURATION, IN(deadline_ms), .least = 1},
    [OPTION_EXIT_CODE] = {"exit-code", 0, NULL, "exit with 3 unless every tenant is at head",
        KIND_FLAG, IN(exit_code)},
    [OPTION_AT] = {"at", 0, "VERSION", "the version the tenants are at", KIND_TEXT, IN(at)},
    [OPTION_TENANT] = {"tenant", 't', "ID", "only this tenant", KIND_TEXT, IN(tenant)},
    [OPTION_DRY_RUN] = {"dry-run", 'n', NULL, "show what would be done and do nothing",
        KIND_FLAG, IN(dry_run)},
    [OPTION_VERIFY] = {"verify", 0, NULL, "check the chain of the log and the tenants' heads",
        KIND_FLAG, IN(verify)},
    [OPTION_PRINT_MANUAL] = {"print-manual", 0, NULL, "print the manual page for scdoc",
        KIND_FLAG, IN(manual), .global = true, .hidden = true},
    [OPTION_PRINT_COMPLETION] = {"print-completion", 0, "SHELL", "print completions for a shell",
        KIND_TEXT, IN(completion), .global = true, .hidden = true},
};
/* clang-format on */

const struct option_row *option_row(enum option_id id)
{
    return &rows[id];
}

bool option_taken(enum option_id id, uint64_t takes)
{
    return rows[id].global || (takes & (UINT64_C(1) << id)) != 0;
}

enum option_id option_by_name(const char *name, size_t len)
{
    unsigned id = 0;

    while (id < OPTIONS && (strlen(rows[id].name) != len || memcmp(rows[id].name, name, len) != 0))
        id++;
    return (enum option_id)id;
}

enum option_id option_by_letter(char letter)
{
    unsigned id = 0;

    while (id < OPTIONS && rows[id].letter != letter)
        id++;
    return (enum option_id)id;
}

static size_t choice_count(const struct option_row *row)
{
    size_t n = 0;

    while (n < OPTION_CHOICES && row->choices[n])
        n++;
    return n;
}

static int wrong(const struct option_row *row, const char *value, const char *takes,
                 struct error *e)
{
    return error_set(e, E_INVALID, "--%s takes %s, not '%s'", row->name, takes, value);
}

static int wrong_choice(const struct option_row *row, const char *word, struct error *e)
{
    CLEANUP_STR struct str takes = STR_INIT;
    size_t n = choice_count(row);
    const char *near = name_nearest(word, row->choices, n);

    for (size_t i = 0; i < n; i++)
        str_addf(&takes, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", row->choices[i]);
    wrong(row, word, str_text(&takes), e);
    if (near)
        error_hint(e, "did you mean %s?", near);
    return E_INVALID;
}

static int find_choice(const struct option_row *row, const char *word, size_t len)
{
    for (size_t i = 0; i < choice_count(row); i++)
        if (strlen(row->choices[i]) == len && memcmp(row->choices[i], word, len) == 0)
            return (int)i;
    return -1;
}

static int take_words(const struct option_row *row, const char *value, unsigned *mask,
                      struct error *e)
{
    for (const char *word = value;;) {
        size_t len = strcspn(word, ",");
        int choice = find_choice(row, word, len);

        if (choice < 0) {
            CLEANUP_STR struct str name = STR_INIT;

            str_addn(&name, word, len);
            return wrong_choice(row, str_text(&name), e);
        }
        *mask |= 1U << choice;
        if (!word[len])
            return E_OK;
        word += len + 1;
    }
}

static int take_word(const struct option_row *row, const char *value, unsigned *to, struct error *e)
{
    int choice = find_choice(row, value, strlen(value));

    if (choice < 0)
        return wrong_choice(row, value, e);
    *to = (unsigned)choice;
    return E_OK;
}

static int take_number(const struct option_row *row, const char *value, int64_t *to,
                       struct error *e)
{
    char *end, takes[64];
    long long n;

    errno = 0;
    n = strtoll(value, &end, 10);
    if (errno || end == value || *end || n < row->least || n > row->most) {
        snprintf(takes, sizeof takes, "a number from %lld to %lld", (long long)row->least,
                 (long long)row->most);
        return wrong(row, value, takes, e);
    }
    *to = n;
    return E_OK;
}

static int take_duration(const struct option_row *row, const char *value, int64_t *to,
                         struct error *e)
{
    int64_t ms = clock_parse_duration_ms(value);

    if (ms < row->least)
        return wrong(row, value, "a time such as 250ms, 30s, 10m or 2h", e);
    *to = ms;
    return E_OK;
}

static int take_text(const struct option_row *row, const char *value, const char **to,
                     struct error *e)
{
    if (!*value)
        return error_set(e, E_INVALID, "--%s needs %s, which is empty", row->name, row->argument);
    *to = value;
    return E_OK;
}

int option_take(enum option_id id, const char *value, struct options *options, struct error *e)
{
    const struct option_row *row = &rows[id];
    void *to = (char *)options + row->at;

    switch (row->kind) {
    case KIND_FLAG:
        *(bool *)to = true;
        return E_OK;
    case KIND_TEXT:
        return take_text(row, value, to, e);
    case KIND_NUMBER:
        return take_number(row, value, to, e);
    case KIND_DURATION:
        return take_duration(row, value, to, e);
    case KIND_WORD:
        return take_word(row, value, to, e);
    default:
        return take_words(row, value, to, e);
    }
}
