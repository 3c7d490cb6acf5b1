/*
 * A trail where the history is an external migrator's and tells of no runs: what the run was to do
 * stands in the run log, and where the tenant is now says whether that still stands.
 */
#include <stdio.h>

#include "base/str.h"
#include "op/job.h"
#include "op/trail.h"
#include "plan/facts.h"
#include "source/revision.h"

static int add_rows(struct trail *t, const struct recipe *recipe)
{
    for (size_t i = 0; i < recipe->n; i++) {
        const struct step *step = &recipe->steps[i];
        struct trail_row *row;

        if (!array_room(&t->rows, t->n, &t->cap, sizeof *t->rows))
            return error_oom(&t->why);
        row = &t->rows[t->n++];
        *row = (struct trail_row){.version = step->version, .balance = step->down ? -1 : 1};
        if (step->inverse)
            snprintf(row->down_hash, sizeof row->down_hash, "%s", step->inverse->hash);
    }
    return E_OK;
}

static void judge(struct trail *t, const struct job *job, const struct recipe *recipe,
                  const char *now)
{
    char from[REVISION_MAX], to[REVISION_MAX], ignored[REVISION_MAX];
    const struct script *first = recipe->steps[0].script,
                        *last = recipe->steps[recipe->n - 1].script;

    if (revision_read(first->text, from, ignored, &t->why) != E_OK ||
        revision_read(last->text, ignored, to, &t->why) != E_OK)
        return;
    if (str_same(now, to))
        add_rows(t, recipe);
    else if (!str_same(now, from))
        error_set(&t->why, E_POLICY,
                  "is at %.80s, and run %s left it at %.80s: something lies on top of that run",
                  now, job->run, to);
}

void trail_of_revision(struct trail *trail, const struct job *job, const char *tenant,
                       const struct lineage *now)
{
    for (uint32_t b = 0; b < job->n; b++) {
        const struct recipe *recipe = &job->recipes[job->recipe_of[b]];

        if (!str_same(job->branches[b].id, tenant) || job->from[b] || !recipe->n)
            continue;
        judge(trail, job, recipe, now->n ? now->applied[now->n - 1].name : REVISION_BASE);
        return;
    }
}
