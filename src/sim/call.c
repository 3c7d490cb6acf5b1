/*
 * Participants and the run log: what a call will answer is drawn when it begins, what it does
 * happens when it ends, step by step, so that a crash can cut it anywhere.
 */
#include "sim/life.h"

static const struct group *group_of(const struct life *l, const struct item *item)
{
    return run_group(l->run, item->action.group);
}

static int no_or(struct life *l, uint32_t per_mille, int otherwise)
{
    return prng_chance(l->prng, per_mille) ? E_REFUSED : otherwise;
}

/* Of a call that fails, any number of steps has happened. */
static void fail_some(struct life *l, struct item *item, int outcome)
{
    item->event.outcome = outcome;
    item->steps = prng_below(l->prng, item->steps + 1);
}

static void begin_open(struct life *l, struct item *item)
{
    item->event.kind = EV_OPENED;
    item->steps = l->world->script->policy.files && item->action.participant == 0 ? 2 : 0;
    if (prng_chance(l->prng, l->weather->open_no))
        fail_some(l, item, E_REFUSED);
}

/* An application may have connected since the plan: what was to be atomic is then logged. */
static enum guarantee vote_of(struct life *l, uint32_t branch)
{
    enum guarantee planned = (enum guarantee)l->world->script->guarantee[branch];

    if (planned == GUARANTEE_ATOMIC && prng_chance(l->prng, 60))
        return GUARANTEE_LOGGED;
    return planned;
}

static int vote(struct life *l, const struct group *g, uint32_t branch)
{
    if (l->loses[branch])
        return E_DOUBT;
    if (l->busy[branch]) {
        l->busy[branch]--;
        return E_BUSY;
    }
    return (g->undoes ? l->refuses_undo : l->refuses)[branch] ? E_REFUSED : E_OK;
}

/* Effects that show before the decision come after all votes that do not. */
static void check_turn(struct life *l, const struct group *g, const struct member *m)
{
    if (m->guarantee != GUARANTEE_COMPENSATED)
        return;
    for (uint32_t i = 0; i < g->n; i++)
        if (g->members[i].guarantee != GUARANTEE_COMPENSATED &&
            (g->members[i].state == MEMBER_IDLE || g->members[i].state == MEMBER_PREPARING ||
             g->members[i].state == MEMBER_WAITING))
            world_wrong(l->world, PROMISE_DECISION,
                        "group %u shows effects before slot %u has voted", g->id, i);
}

static void begin_prepare(struct life *l, struct item *item)
{
    const struct group *g = group_of(l, item);
    uint32_t branch = g->members[item->action.slot].branch;

    check_turn(l, g, &g->members[item->action.slot]);
    item->event.kind = EV_VOTED;
    item->event.guarantee = vote_of(l, branch);
    item->event.outcome = vote(l, g, branch);
    item->steps = item->event.outcome == E_OK;
    if (item->event.outcome != E_DOUBT)
        return;
    item->steps = prng_below(l->prng, 2);
    item->truth = item->event;
    item->truth.outcome = item->steps ? E_OK : E_REFUSED;
    item->lost = prng_chance(l->prng, 500);
}

static void begin_seal(struct life *l, struct item *item)
{
    item->event.kind = EV_SEALED;
    item->steps = group_of(l, item)->n;
    if (prng_chance(l->prng, l->weather->seal_busy))
        fail_some(l, item, E_BUSY);
    else if (prng_chance(l->prng, l->weather->seal_no))
        fail_some(l, item, E_REFUSED);
}

static void begin_decide(struct life *l, struct item *item)
{
    item->event.kind = EV_DECIDED;
    item->steps = 1;
    if (prng_chance(l->prng, l->weather->decide_doubt)) {
        fail_some(l, item, prng_chance(l->prng, 900) ? E_DOUBT : E_NOMEM);
    } else if (prng_chance(l->prng, l->weather->decide_no)) {
        item->event.outcome = E_REFUSED;
        item->steps = 0;
    }
}

static enum settled settle(struct life *l, const struct item *item, uint32_t slot)
{
    uint32_t branch = group_of(l, item)->members[slot].branch;

    if (l->stuck[branch] || prng_chance(l->prng, l->weather->settle_busy))
        return SETTLE_NOT_YET;
    if (item->action.verdict == VERDICT_COMMIT && l->refuses_forward[branch] &&
        world_may_refuse(l->world, item->action.group, slot))
        return SETTLE_REFUSED;
    return SETTLE_DONE;
}

static void begin_settle(struct life *l, struct item *item)
{
    const struct group *g = group_of(l, item);

    item->event.kind = EV_SETTLED;
    item->steps = g->n;
    item->slots = arena_alloc(&l->arena, g->n);
    group_slots(g, item->action.participant, item->slots);
    for (uint32_t i = 0; i < g->n; i++) {
        if (item->slots[i] == SETTLE_DONE) {
            item->slots[i] = SLOT_NOT_MINE;
            continue;
        }
        item->slots[i] = (uint8_t)settle(l, item, i);
        if (item->slots[i] == SETTLE_NOT_YET)
            item->event.outcome = E_BUSY;
        else if (item->slots[i] == SETTLE_REFUSED && item->event.outcome == E_OK)
            item->event.outcome = E_REFUSED;
    }
}

static void begin_close(struct life *l, struct item *item)
{
    item->event.kind = EV_CLOSED;
    item->steps = item->action.verdict == VERDICT_COMMIT ? 1 : 2;
    if (prng_chance(l->prng, l->weather->close_no))
        fail_some(l, item, E_REFUSED);
}

static void begin_ask(struct life *l, struct item *item)
{
    item->event.kind = EV_FOUND;
    item->event.outcome = no_or(l, l->weather->ask_no / 2, E_OK);
    item->steps = prng_chance(l->prng, l->weather->ask_no / 2) ? 0 : 1; /* 0: cannot be read */
    item->event.found = FOUND_UNKNOWN;
}

static bool is_listed(const struct member *m, enum record_kind kind)
{
    return kind == RECORD_GROUP ||
           ((kind == RECORD_DECIDING || kind == RECORD_SETTLED) && m->state == MEMBER_REFUSED);
}

static void write_record(struct life *l, const struct group *g, struct item *item)
{
    struct replayed *r = &item->record;
    uint32_t *branches = arena_array(&l->world->arena, g->n + 1, sizeof *branches);
    uint8_t *guarantees = arena_alloc(&l->world->arena, g->n + 1);

    for (uint32_t i = 0; i < g->n; i++) {
        if (!is_listed(&g->members[i], r->kind))
            continue;
        guarantees[r->n] = g->members[i].guarantee;
        branches[r->n++] = g->members[i].branch;
    }
    r->undoes = g->undoes;
    r->branches = branches;
    r->guarantees = guarantees;
    lie_record(l, item, branches);
}

static void begin_log(struct life *l, struct item *item)
{
    const struct group *g = group_of(l, item);

    item->event.kind = EV_LOGGED;
    item->event.record = item->action.record;
    item->record.kind = item->action.record;
    item->record.group = item->action.group;
    item->steps = 1;
    if (l->log_dead) {
        item->event.outcome = E_FATAL;
        item->steps = 0;
    } else if (prng_chance(l->prng, l->weather->log_dies)) {
        fail_some(l, item, E_FATAL); /* it may be durable all the same */
        l->log_dead = prng_chance(l->prng, 700);
    }
    if (g)
        write_record(l, g, item);
}

void call_begin(struct life *l, const struct action *action, struct item *item)
{
    static void (*const begin[])(struct life *, struct item *) = {
        [ACT_LOG] = begin_log,     [ACT_OPEN] = begin_open,     [ACT_PREPARE] = begin_prepare,
        [ACT_SEAL] = begin_seal,   [ACT_DECIDE] = begin_decide, [ACT_SETTLE] = begin_settle,
        [ACT_CLOSE] = begin_close, [ACT_ASK] = begin_ask,
    };

    *item = (struct item){.kind = ITEM_EFFECT, .action = *action};
    item->event.group = action->group;
    item->event.slot = action->slot;
    item->event.participant = action->participant;
    item->event.attempt = action->attempt;
    begin[action->kind](l, item);
}

static void effect_settle(struct life *l, const struct item *item, uint32_t slot)
{
    const struct action *a = &item->action;

    if (item->slots[slot] == SETTLE_REFUSED)
        world_refuse(l->world, a->group, slot);
    else if (item->slots[slot] == SETTLE_DONE && a->verdict == VERDICT_COMMIT)
        world_commit(l->world, a->group, slot);
    else if (item->slots[slot] == SETTLE_DONE)
        world_roll_back(l->world, a->group, slot);
}

static bool is_to_seal(const struct life *l, const struct item *item, uint32_t slot)
{
    const struct member *m = &group_of(l, item)->members[slot];

    return m->participant == item->action.participant && m->state == MEMBER_PREPARED;
}

/* A participant that died in between cannot vouch for the votes it had. */
static bool votes_are_there(const struct life *l, const struct item *item)
{
    for (uint32_t slot = 0; slot < group_of(l, item)->n; slot++)
        if (is_to_seal(l, item, slot) && !world_may_seal(l->world, item->action.group, slot))
            return false;
    return true;
}

static void effect_seal(struct life *l, const struct item *item, uint32_t slot)
{
    if (is_to_seal(l, item, slot))
        world_seal(l->world, item->action.group, slot);
}

static void effect_step(struct life *l, const struct item *item, uint32_t step)
{
    const struct action *a = &item->action;
    bool files = l->world->script->policy.files && a->participant == 0;

    if (a->kind != ACT_LOG && !l->world->facts[a->group].branches) {
        world_wrong(l->world, PROMISE_RECORD, "group %u is touched before it is recorded",
                    a->group);
        return;
    }
    if (a->kind == ACT_LOG && a->record == RECORD_END)
        l->world->outcome = l->run->outcome;
    if (a->kind == ACT_LOG)
        world_log(l->world, &item->record);
    else if (a->kind == ACT_OPEN)
        world_open(l->world, a->group, step);
    else if (a->kind == ACT_PREPARE)
        world_vote(l->world, a->group, a->slot, item->event.guarantee);
    else if (a->kind == ACT_SEAL)
        effect_seal(l, item, step);
    else if (a->kind == ACT_DECIDE)
        world_decide(l->world, a->group);
    else if (a->kind == ACT_SETTLE)
        effect_settle(l, item, step);
    else if (a->kind == ACT_CLOSE && files)
        world_close(l->world, a->group, a->verdict, step);
}

static void answer_slots(const struct life *l, struct item *item)
{
    for (uint32_t i = 0; i < group_of(l, item)->n; i++)
        if (item->slots[i] == SLOT_NOT_MINE)
            item->slots[i] = SETTLE_DONE;
    item->truth.slots = item->slots;
    item->event.slots = item->event.outcome == E_DOUBT ? NULL : item->slots;
}

void call_end(struct life *l, struct item *item)
{
    const struct action *a = &item->action;

    if (a->kind == ACT_SEAL && item->event.outcome == E_OK && !votes_are_there(l, item))
        item->event.outcome = E_REFUSED;
    call_effect(l, item, item->steps);
    if (a->kind == ACT_ASK && item->steps && a->participant == 0)
        item->event.found = item->truth.found = world_ask(l->world, a->group);
    if (item->slots)
        answer_slots(l, item);
    item->says_yes = item->event.kind == EV_VOTED && item->event.outcome == E_OK;
    lie_answer(l, item);
}

void call_effect(struct life *l, const struct item *item, uint32_t steps)
{
    for (uint32_t step = 0; step < steps; step++)
        effect_step(l, item, step);
}
