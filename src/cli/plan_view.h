/* A plan, for people and as JSON. */
#ifndef CLI_PLAN_VIEW_H
#define CLI_PLAN_VIEW_H

#include <stdint.h>

#include "plan/plan.h"

struct cli;
struct session;
struct source;
struct str;

/* "003", as the migration's file spells it; "base" for 0. */
void version_words(struct str *out, const struct source *source, uint64_t version);

void plan_text(struct cli *cli, const struct plan *plan);
void plan_doc(struct cli *cli, const struct plan *plan);
/* What a refused plan found: every problem. */
void problems_text(struct cli *cli, const struct problems *problems);
void problems_doc(struct cli *cli, const struct problems *problems);
/* Before `down` and `undo`: what will be undone, on how many tenants, what is lost. */
void plan_question(const struct session *s, const struct plan *plan, struct str *out);

/* The different steps of a plan with how many tenants take them, in the order they run. */
struct step_use {
    const struct step *step;
    size_t tenants;
};
struct step_uses {
    struct step_use *list; /* owned */
    size_t n;
};
/* The first tenant that takes this step. */
uint32_t step_example(const struct plan *plan, const struct step *step);
int step_uses_make(const struct plan *plan, struct step_uses *uses); /* E_OK or E_NOMEM */
void step_uses_free(struct step_uses *uses);

#define CLEANUP_STEP_USES __attribute__((cleanup(step_uses_free)))

#endif
