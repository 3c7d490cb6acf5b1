#include "op/learn.h"

#include <fcntl.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "core/run.h"
#include "engine/past.h"
#include "engine/sqlite/look.h"
#include "op/execute.h"
#include "op/fates.h"
#include "op/job.h"
#include "op/session.h"
#include "op/survey.h"
#include "store/cache.h"

/* A past and what was done on top of it; the tenants of a fleet share few of them. */
struct lesson {
    const struct lineage *before;
    uint32_t recipe;
    uint32_t after; /* the cache's id of the new past */
};

struct learning {
    const struct plan *plan;
    const struct survey *survey;
    struct lesson *lessons;
    size_t n, cap;
};

static const struct step *step_of(const struct recipe *recipe, uint64_t version)
{
    for (size_t i = 0; i < recipe->n; i++)
        if (recipe->steps[i].version == version)
            return &recipe->steps[i];
    return NULL;
}

static void add_step(struct str *past, const struct step *step)
{
    if (!step->down)
        past_add(past, &(struct past_row){step->version, step->checksum, step->name,
                                          step->inverse ? step->inverse->text : NULL});
}

static void add_applied(struct str *past, const struct applied *a)
{
    past_add(past, &(struct past_row){a->version, a->checksum, a->name, a->down_sql});
}

/* The next version of the new past above `version`: an applied one, or a step's; 0: no more. */
static uint64_t next_version(const struct lineage *before, const struct recipe *recipe,
                             uint64_t version)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < before->n; i++)
        if (before->applied[i].version > version && before->applied[i].version < next)
            next = before->applied[i].version;
    for (size_t i = 0; i < recipe->n; i++)
        if (recipe->steps[i].version > version && recipe->steps[i].version < next)
            next = recipe->steps[i].version;
    return next == UINT64_MAX ? 0 : next;
}

static void write_past(struct str *past, const struct lineage *before, const struct recipe *recipe)
{
    uint64_t version = 0;

    while ((version = next_version(before, recipe, version)) != 0) {
        const struct step *step = step_of(recipe, version);

        if (step)
            add_step(past, step);
        else
            add_applied(past, lineage_find(before, version));
    }
}

/* 0: out of memory. */
static uint32_t past_after(struct learning *l, const struct lineage *before, uint32_t recipe)
{
    CLEANUP_STR struct str past = STR_INIT;
    uint32_t id;

    for (size_t i = 0; i < l->n; i++)
        if (l->lessons[i].before == before && l->lessons[i].recipe == recipe)
            return l->lessons[i].after;
    write_past(&past, before, &l->plan->recipes[recipe]);
    id = str_ok(&past) ? cache_lineage(l->survey->cache, str_text(&past)) : 0;
    if (!id || !array_room(&l->lessons, l->n, &l->cap, sizeof *l->lessons))
        return 0;
    l->lessons[l->n++] = (struct lesson){before, recipe, id};
    return id;
}

/* The cache goes by when a stamp was seen: still there now is seen now. */
static bool is_still(const char *path, const struct file_stamp *left)
{
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct file_stamp now;

    return fd >= 0 && stamp_take(fd, &now) == 0 && stamp_same(&now, left);
}

static void learn_one(struct learning *l, const struct plan_branch *b,
                      const struct file_stamp *left, int64_t now_us)
{
    struct cache_look look = {.stamp = *left, .flags = LOOK_HISTORY};
    const char *path = l->survey->paths[b->tenant];

    if (!left->ino || (l->survey->facts[b->tenant].wal && !is_still(path, left)))
        return;
    look.lineage = past_after(l, l->survey->facts[b->tenant].lineage, b->recipe);
    if (look.lineage)
        cache_put(l->survey->cache, &look, now_us);
}

/* In one segment: only then is a branch all that its tenant went through. */
static bool is_whole(const struct plan *plan, const struct plan_branch *b)
{
    return b->from == 0 && b->to == plan->recipes[b->recipe].n;
}

void learn(struct session *s, const struct planned *planned, const struct job *job,
           const struct execution *x)
{
    struct learning l = {.plan = planned->plan, .survey = planned->survey};
    int64_t now_us = clock_wall_us();
    struct fates fates = {0};

    if (x->left && x->machine->outcome == RUN_DONE && fates_read(&fates, job, x->machine) == E_OK)
        for (size_t i = 0; i < l.plan->n_branches; i++)
            if (fates.of[i] == FATE_KEPT && is_whole(l.plan, &l.plan->branches[i]))
                learn_one(&l, &l.plan->branches[i], &x->left[i], now_us);
    cache_save(s->store, l.survey->cache, NULL);
    fates_free(&fates);
    free(l.lessons);
}
