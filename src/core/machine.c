/* What the files of the machine share: state moves, the queue of actions, groups and failures. */
#include "core/machine.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void tell(const struct run *run, struct move move)
{
    if (run->watch)
        run->watch(run->watch_ctx, &move);
}

void set_run(struct run *run, enum run_state state)
{
    tell(run, (struct move){.machine = MACHINE_RUN, .from = run->state, .to = state});
    assert(run_state_row(run->state)->next & (1u << state));
    run->state = state;
}

void set_group(struct run *run, struct group *g, enum group_state state)
{
    tell(run,
         (struct move){.machine = MACHINE_GROUP, .group = g->id, .from = g->state, .to = state});
    assert(group_state_row(g->state)->next & (1u << state));
    g->state = state;
}

void set_member(struct run *run, struct group *g, struct member *m, enum member_state state)
{
    tell(run, (struct move){.machine = MACHINE_MEMBER,
                            .group = g->id,
                            .slot = (uint32_t)(m - g->members),
                            .from = m->state,
                            .to = state});
    assert(member_state_row((enum member_state)m->state)->next & (1u << state));
    g->refused += state == MEMBER_REFUSED;
    m->state = (uint8_t)state;
}

void act(struct run *run, struct action action)
{
    if (run->first_action == run->n_actions)
        run->first_action = run->n_actions = 0;
    if (!array_room(&run->actions, run->n_actions, &run->cap_actions, sizeof action)) {
        run->out_of_memory = true;
        return;
    }
    run->actions[run->n_actions++] = action;
}

bool run_next(struct run *run, struct action *action)
{
    if (run->first_action == run->n_actions)
        return false;
    *action = run->actions[run->first_action++];
    return true;
}

void act_log(struct run *run, const struct group *g, enum record_kind record)
{
    act(run, (struct action){.kind = ACT_LOG, .group = g ? g->id : 0, .record = record});
}

void act_refused(struct run *run, struct group *g, const struct member *m)
{
    act(run, (struct action){.kind = ACT_LOG,
                             .group = g->id,
                             .record = RECORD_REFUSED,
                             .slot = (uint32_t)(m - g->members)});
}

void act_one(struct run *run, struct group *g, uint16_t participant, enum action_kind kind,
             enum verdict verdict)
{
    g->shares[participant].awaits = AWAITS_ANSWER;
    act(run, (struct action){.kind = kind,
                             .group = g->id,
                             .participant = participant,
                             .attempt = g->shares[participant].tries,
                             .verdict = verdict});
}

/* Participant 0 is asked also when no member is its: it may have the decision files. */
void act_all(struct run *run, struct group *g, enum action_kind kind, enum verdict verdict)
{
    g->pending = 0;
    for (uint16_t p = 0; p < g->participants; p++) {
        struct share *share = &g->shares[p];

        *share = (struct share){.members = share->members};
        if (p > 0 && !share->members)
            continue;
        g->pending++;
        act_one(run, g, p, kind, verdict);
    }
}

void act_timer(struct run *run, const struct group *g, enum timer timer, uint32_t slot, int64_t ms)
{
    act(run,
        (struct action){
            .kind = ACT_TIMER, .group = g ? g->id : 0, .timer = timer, .slot = slot, .ms = ms});
}

void act_wait(struct run *run, struct group *g, uint16_t participant, enum timer timer)
{
    struct share *share = &g->shares[participant];
    int64_t ms = backoff_ms(share->tries++);

    share->waited_ms += (uint32_t)ms;
    share->awaits = AWAITS_TIMER;
    act(run, (struct action){.kind = ACT_TIMER,
                             .group = g->id,
                             .participant = participant,
                             .timer = timer,
                             .ms = ms});
}

int64_t backoff_ms(uint16_t tries)
{
    return tries >= 6 ? 250 : 5 << tries;
}

bool has_patience(const struct run *run, uint32_t waited_ms, uint16_t tries)
{
    return waited_ms + backoff_ms(tries) <= run->policy.lock_timeout_ms;
}

bool is_stopping(const struct run *run, const struct group *g)
{
    return run->stop && !g->undoes;
}

struct failure *failure_add(struct run *run, uint32_t group, uint32_t branch, struct error *cause)
{
    struct failure *f;

    if (!array_room(&run->failures, run->n_failures, &run->cap_failures, sizeof *f)) {
        run->out_of_memory = true;
        return NULL;
    }
    f = &run->failures[run->n_failures++];
    *f = (struct failure){.group = group, .branch = branch};
    if (cause)
        error_move(&f->cause, cause);
    return f;
}

/* Room in both lists; ids may skip numbers after a crash, so by_id grows to fit. */
static bool room_for_group(struct run *run, uint32_t id)
{
    size_t old = run->cap_by_id;

    if (!array_room(&run->groups, run->n_groups, &run->cap_groups, sizeof(struct group *)))
        return false;
    while (run->cap_by_id <= id)
        if (!array_room(&run->by_id, run->cap_by_id, &run->cap_by_id, sizeof(struct group *)))
            return false;
    if (run->cap_by_id > old)
        memset(run->by_id + old, 0, (run->cap_by_id - old) * sizeof(struct group *));
    return true;
}

static struct group *group_new(const struct run *run, uint32_t id, uint32_t n)
{
    struct group *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    g->id = id;
    g->n = n;
    g->participants = run->policy.participants ? run->policy.participants : 1;
    g->members = calloc(n ? n : 1, sizeof *g->members);
    g->shares = calloc(g->participants, sizeof *g->shares);
    if (g->members && g->shares)
        return g;
    group_free(g);
    return NULL;
}

void group_free(struct group *g)
{
    if (!g)
        return;
    free(g->members);
    free(g->shares);
    free(g);
}

struct group *group_add(struct run *run, size_t at, uint32_t id, uint32_t n)
{
    struct group *g = group_new(run, id, n);

    if (!g || !room_for_group(run, id)) {
        group_free(g);
        run->out_of_memory = true;
        return NULL;
    }
    run->by_id[id] = g;
    if (id > run->last_id)
        run->last_id = id;
    memmove(run->groups + at + 1, run->groups + at, (run->n_groups - at) * sizeof(struct group *));
    run->groups[at] = g;
    run->n_groups++;
    return g;
}

void member_init(const struct run *run, struct group *g, uint32_t slot, uint32_t branch,
                 uint8_t guarantee)
{
    struct member *m = &g->members[slot];

    *m = (struct member){.branch = branch, .guarantee = guarantee};
    m->participant = run->policy.placed ? run->policy.placed[branch] : 0;
    g->shares[m->participant].members++;
}

struct group *run_group(const struct run *run, uint32_t id)
{
    return id < run->cap_by_id ? run->by_id[id] : NULL;
}
