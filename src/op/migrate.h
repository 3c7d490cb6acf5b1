/*
 * The use cases that run: up, down, undo, retry, adopt, rehearse. Each resolves the fleet, surveys
 * it, plans, and carries the plan out under the fleet's hold.
 */
#ifndef OP_MIGRATE_H
#define OP_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

#include "op/survey.h"
#include "plan/plan.h"

struct error;
struct session;

struct progress {
    const char *phase;    /* "survey", "prepare", "seal", "finish", "undo", "settle" */
    uint64_t done, total; /* tenants */
    uint32_t group, groups;
    uint64_t failed;
};

struct migrate_options {
    enum plan_direction direction;
    const char *target;
    enum plan_scope scope;
    unsigned accept; /* enum plan_accept */
    bool allow_irreversible, skip_unusable;
    int64_t wait_ms, deadline_ms;
    int64_t max_hold_ms; /* 0: configured */
    /* Asked before anything is changed, with the plan; false ends with E_REFUSED "not confirmed".
     * NULL: go. */
    bool (*confirm)(void *ctx, const struct session *s, const struct plan *plan);
    void (*progress)(void *ctx, const struct progress *progress);
    void *ctx;
};

struct report_failure {
    char *tenant; /* id, or NULL: the run or a group */
    struct error why;
};

/* A tenant that had to be content with less than the engine's best: logged or compensated. */
struct report_weaker {
    char *tenant;
    enum guarantee guarantee;
};

struct report {
    char command[16];
    char run[40]; /* "" when there was nothing to do */
    char undoes[40];
    int exit; /* enum exit_code */
    uint64_t target;
    const char *target_digits; /* "" for base; points into the arena */
    struct arena arena;
    size_t tenants;   /* with something to do */
    size_t at_target; /* selected tenants that are at the target now */
    size_t done;      /* tenants this run moved and that kept it */
    struct report_failure *failures;
    size_t n_failures;
    struct report_failure *skipped; /* --skip-unusable */
    size_t n_skipped;
    char **in_doubt; /* ids */
    size_t n_in_doubt;
    uint32_t groups, decisions;
    struct {
        uint32_t groups;   /* so many were given up while they prepared, and cut */
        uint32_t from, to; /* the tenants of the largest of them, and of the largest that stayed */
        int64_t max_hold_ms;
    } cut;
    size_t by_guarantee[GUARANTEES]; /* given, of those done */
    struct report_weaker *weaker;    /* of those done */
    size_t n_weaker;
    size_t unrehearsed; /* rehearse: their engine cannot run it and take it back */
    size_t foreign;     /* tables but no history: counted as at base */
    double seconds;
    double hold_writers_s, hold_readers_s; /* longest of any tenant */
    char log_head[65];
    bool as_it_was; /* nothing is left of the run */
    bool recovered; /* an earlier run was settled first; `recovered_run` names it */
    char recovered_run[40];
};

void report_free(struct report *r);

/* up and down. E_OK: the report says how it ended (report.exit). Errors: before anything began. */
int migrate(struct session *s, const struct migrate_options *options, struct report *report,
            struct error *e);

/* The plan alone. survey and plan are the caller's to free. problems may be NULL. */
int migrate_plan(struct session *s, const struct migrate_options *options, struct survey *survey,
                 struct plan *plan, struct problems *problems, struct error *e);

/* Every tenant up to its vote, and back. report.failures lists all that would fail. */
int rehearse(struct session *s, const struct migrate_options *options, struct report *report,
             struct error *e);

/* Marks the selected tenants as being at version; runs nothing of the migrations. */
int adopt(struct session *s, const char *version, const struct migrate_options *options,
          struct report *report, struct error *e);

/* Takes a run back, on exactly its tenants, or on one of them. */
int undo_run(struct session *s, const char *run, const char *tenant,
             const struct migrate_options *options, struct report *report, struct error *e);

/* The same digest again, on the tenants that are not at its target. */
int retry_run(struct session *s, const char *run, const struct migrate_options *options,
              struct report *report, struct error *e);

#endif
