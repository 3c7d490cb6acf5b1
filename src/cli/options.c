#include "cli/options.h"

#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/nearest.h"
#include "base/number.h"
#include "base/str.h"

#define IN(field) offsetof(struct options, field)

/* clang-format off */
static const struct option_row rows[OPTIONS] = {
    [OPTION_DIR] = {"directory", "DIR", "work in DIR instead of the current folder",
        IN(dir), KIND_TEXT, 'C', .global = true},
    [OPTION_CONFIG] = {"config", "FILE", "read FILE instead of lockstep.conf",
        IN(config), KIND_TEXT, 'c', .global = true},
    [OPTION_TENANTS] = {"tenants", "GLOB", "the fleet is what GLOB finds",
        IN(tenants), KIND_TEXT, 0, .global = true},
    [OPTION_MIGRATIONS] = {"migrations", "DIR", "the folder of the migrations",
        IN(migrations), KIND_TEXT, 0, .global = true},
    [OPTION_JOBS] = {"jobs", "N", "work on N tenants at once",
        IN(jobs), KIND_NUMBER, 'j', .least = 1, .most = 1024, .global = true},
    [OPTION_JSON] = {"json", NULL, "print one JSON document (watch and log: a line an event)",
        IN(json), KIND_FLAG, 0, .global = true},
    [OPTION_QUIET] = {"quiet", NULL, "show no progress",
        IN(quiet), KIND_FLAG, 'q', .global = true},
    [OPTION_COLOR] = {"color", "WHEN", "color the output",
        IN(color), KIND_WORD, 0, .choices = {"auto", "always", "never"}, .global = true},
    [OPTION_YES] = {"yes", NULL, "answer every question with yes",
        IN(yes), KIND_FLAG, 'y', .global = true},
    [OPTION_HELP] = {"help", NULL, "show help, with a command the help of that command",
        IN(help), KIND_FLAG, 'h', .global = true},
    [OPTION_VERSION] = {"version", NULL, "print the version",
        IN(version), KIND_FLAG, 0, .global = true},
    [OPTION_SELECT] = {"select", "EXPR",
        "only tenants whose labels match, such as region=eu,tier!=free",
        IN(select), KIND_TEXT, 's'},
    [OPTION_SCOPE] = {"scope", "SCOPE",
        "what is all or none (default: the fleet)",
        IN(scope), KIND_WORD, 0, .choices = {"fleet", "group", "tenant"}},
    [OPTION_ACCEPT] = {"accept", "WHAT",
        "go on although a migration is one of these, several with commas",
        IN(accept), KIND_WORDS, 0, .choices = {"late", "changed", "missing"}},
    [OPTION_ALLOW_IRREVERSIBLE] = {"allow-irreversible", NULL,
        "go on although something that might have to be undone cannot be",
        IN(allow_irreversible), KIND_FLAG, 0},
    [OPTION_SKIP_UNUSABLE] = {"skip-unusable", NULL,
        "leave out the tenants that cannot be used, and list them (exit 7)",
        IN(skip_unusable), KIND_FLAG, 0},
    [OPTION_MAX_HOLD] = {"max-hold", "TIME", "hold no tenant longer than TIME, such as 30s",
        IN(max_hold_ms), KIND_DURATION, 0, .least = 1},
    [OPTION_WAIT] = {"wait", "TIME", "wait up to TIME for another run to end, such as 10m",
        IN(wait_ms), KIND_DURATION, 0},
    [OPTION_DEADLINE] = {"deadline", "TIME", "give up what is not decided after TIME",
        IN(deadline_ms), KIND_DURATION, 0, .least = 1},
    [OPTION_EXIT_CODE] = {"exit-code", NULL, "exit with 3 unless every tenant is at head",
        IN(exit_code), KIND_FLAG, 0},
    [OPTION_AT] = {"at", "VERSION", "the version the tenants are at", IN(at), KIND_TEXT, 0},
    [OPTION_ROW] = {"row", "ID", "only this row tenant of it", IN(row), KIND_TEXT, 0},
    [OPTION_TENANT] = {"tenant", "ID", "only this tenant", IN(tenant), KIND_TEXT, 't'},
    [OPTION_DRY_RUN] = {"dry-run", NULL, "show what would be done and do nothing",
        IN(dry_run), KIND_FLAG, 'n'},
    [OPTION_VERIFY] = {"verify", NULL, "check the chain of the log and the tenants' heads",
        IN(verify), KIND_FLAG, 0},
    [OPTION_PRINT_MANUAL] = {"print-manual", NULL, "print the manual page for scdoc",
        IN(manual), KIND_FLAG, 0, .global = true, .hidden = true},
    [OPTION_PRINT_COMPLETION] = {"print-completion", "SHELL", "print completions for a shell",
        IN(completion), KIND_TEXT, 0, .global = true, .hidden = true},
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
    char takes[64];
    int64_t n;

    if (!number_parse(value, &n) || n < row->least || n > row->most) {
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
