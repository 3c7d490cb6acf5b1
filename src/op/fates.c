#include "op/fates.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/index.h"
#include "core/run.h"
#include "op/job.h"

static enum fate fate_of(const struct group *g, const struct member *m, enum fate before)
{
    if (m->state == MEMBER_DOUBT || (g->undoes && m->state == MEMBER_REFUSED))
        return FATE_DOUBT;
    if (m->state == MEMBER_COMMITTED)
        return g->undoes ? FATE_BACK : FATE_KEPT;
    if (g->undoes)
        return g->state == GROUP_ABORTED ? FATE_DOUBT : before;
    return FATE_BACK;
}

static void read_group(struct fates *f, const struct group *g)
{
    for (uint32_t i = 0; i < g->n; i++) {
        const struct member *m = &g->members[i];

        f->of[m->branch] = (uint8_t)fate_of(g, m, f->of[m->branch]);
        if (m->state == MEMBER_COMMITTED && !g->undoes)
            f->guarantees[m->branch] = m->guarantee;
    }
}

/* --- a tenant of several segments has a branch each --- */

static bool is_segmented(const struct job *job)
{
    for (uint32_t i = 0; i < job->n; i++)
        if (job->from[i])
            return true;
    return false;
}

/* The worst fate and the weakest guarantee of its segments speak for the tenant. */
static void merge(struct fates *f, uint32_t into, uint32_t i)
{
    if (f->of[i] > f->of[into])
        f->of[into] = f->of[i];
    if (f->guarantees[i] > f->guarantees[into])
        f->guarantees[into] = f->guarantees[i];
    f->of[i] = FATE_UNTOUCHED;
}

static int merge_segments(struct fates *f, const struct job *job)
{
    CLEANUP_INDEX struct index firsts = INDEX_INIT; /* branches, by path */

    for (uint32_t i = 0; i < job->n; i++) {
        const char *path = job->branches[i].path;
        const uint32_t *first = index_find(&firsts, path, strlen(path));

        if (first)
            merge(f, *first, i);
        else if (index_add(&firsts, path, strlen(path), i) != E_OK)
            return E_NOMEM;
    }
    return E_OK;
}

int fates_read(struct fates *f, const struct job *job, const struct run *run)
{
    size_t n = job->n ? job->n : 1;

    *f = (struct fates){.of = calloc(n, 1), .guarantees = calloc(n, 1)};
    if (!f->of || !f->guarantees)
        return E_NOMEM;
    for (size_t i = 0; i < run->n_groups; i++)
        read_group(f, run->groups[i]);
    return is_segmented(job) ? merge_segments(f, job) : E_OK;
}

void fates_free(struct fates *f)
{
    free(f->of);
    free(f->guarantees);
    *f = (struct fates){0};
}
