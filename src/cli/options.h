/*
 * The options, in one table: the parser, the help, the manual page and the completions are derived
 * from it. A command names the options it takes; the global ones are taken by all.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "plan/plan.h"

struct error;

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    const char *dir, *config, *tenants, *migrations; /* NULL: not given */
    const char *select, *at, *row, *tenant, *completion;
    int64_t jobs; /* 0: configured */
    int64_t wait_ms, deadline_ms, max_hold_ms;
    unsigned color;  /* enum color */
    unsigned scope;  /* enum plan_scope */
    unsigned accept; /* enum plan_accept */
    bool json, quiet, yes, help, version, manual;
    bool exit_code, dry_run, verify, allow_irreversible, skip_unusable;
};

enum option_id {
    OPTION_DIR,
    OPTION_CONFIG,
    OPTION_TENANTS,
    OPTION_MIGRATIONS,
    OPTION_JOBS,
    OPTION_JSON,
    OPTION_QUIET,
    OPTION_COLOR,
    OPTION_YES,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_SELECT,
    OPTION_SCOPE,
    OPTION_ACCEPT,
    OPTION_ALLOW_IRREVERSIBLE,
    OPTION_SKIP_UNUSABLE,
    OPTION_MAX_HOLD,
    OPTION_WAIT,
    OPTION_DEADLINE,
    OPTION_EXIT_CODE,
    OPTION_AT,
    OPTION_ROW,
    OPTION_TENANT,
    OPTION_DRY_RUN,
    OPTION_VERIFY,
    OPTION_PRINT_MANUAL,
    OPTION_PRINT_COMPLETION,
    OPTIONS
};

enum option_kind {
    KIND_FLAG,     /* bool */
    KIND_TEXT,     /* const char *, not empty */
    KIND_NUMBER,   /* int64_t, least to most */
    KIND_DURATION, /* int64_t milliseconds, least or more */
    KIND_WORD,     /* unsigned: the position among the choices */
    KIND_WORDS,    /* unsigned: a bit a choice; a list with commas, and repeatable */
};

#define OPTION_CHOICES 4

struct option_row {
    const char *name;
    const char *argument; /* NULL: none */
    const char *summary;
    size_t at; /* in struct options */
    enum option_kind kind;
    char letter; /* 0: none */
    bool global, hidden;
    int64_t least, most;
    const char *choices[OPTION_CHOICES]; /* NULL-terminated */
};

#define TAKES(name) (UINT64_C(1) << OPTION_##name)
/* what every command that moves tenants takes */
#define TAKES_RUN (TAKES(WAIT) | TAKES(DEADLINE))
#define TAKES_PLAN                                                                                 \
    (TAKES(SELECT) | TAKES(SCOPE) | TAKES(ACCEPT) | TAKES(ALLOW_IRREVERSIBLE) |                    \
     TAKES(SKIP_UNUSABLE) | TAKES(MAX_HOLD))

const struct option_row *option_row(enum option_id id);
/* Does a command that takes these (a bit set) know this option? Global ones always. */
bool option_taken(enum option_id id, uint64_t takes);
/* The option of this long name (up to len) or letter; OPTIONS when there is none. */
enum option_id option_by_name(const char *name, size_t len);
enum option_id option_by_letter(char letter);
/* E_INVALID names the option and what it takes. */
int option_take(enum option_id id, const char *value, struct options *options, struct error *e);

#endif
