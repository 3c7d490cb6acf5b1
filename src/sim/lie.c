/*
 * Lies of the simulator, each of which must break one promise. A check that never fires proves
 * nothing; with a lie it has to, and the shrinker has something to shrink.
 */
#include "sim/life.h"

static const struct {
    const char *name;
    enum promise breaks;
} lies[SIM_LIES] = {
    [LIE_NONE] = {"none", PROMISE_KEPT},         [LIE_LOG] = {"log", PROMISE_DECISION},
    [LIE_DECISION] = {"decision", PROMISE_ONCE}, [LIE_HEALING] = {"healing", PROMISE_FINISH},
    [LIE_UNDO] = {"undo", PROMISE_UNDO},         [LIE_LOST_VOTE] = {"lost-vote", PROMISE_LOST},
};

const char *sim_lie_name(enum sim_lie lie)
{
    return lies[lie].name;
}

enum promise sim_lie_breaks(enum sim_lie lie)
{
    return lies[lie].breaks;
}

void lie_answer(const struct life *l, struct item *item)
{
    struct event *e = &item->event;

    if (l->lie == LIE_LOST_VOTE && e->kind == EV_VOTED && e->outcome == E_DOUBT)
        e->outcome = E_OK;
    else if (l->lie == LIE_DECISION && e->kind == EV_DECIDED && e->outcome == E_OK)
        e->outcome = E_REFUSED;
}

static uint32_t foreign_tenant(const struct script *s)
{
    for (uint32_t i = 0; i < SIM_BRANCHES; i++)
        if (!s->ours[i])
            return i;
    return 0;
}

void lie_record(const struct life *l, struct item *item, uint32_t *branches)
{
    bool decides =
        item->record.kind == RECORD_DECIDED && !l->world->script->policy.files && !l->log_dead;

    if (l->lie == LIE_LOG && decides) {
        item->event.outcome = E_OK;
        item->steps = 0;
    } else if (l->lie == LIE_UNDO && item->record.kind == RECORD_GROUP && item->record.undoes) {
        branches[0] = foreign_tenant(l->world->script);
    }
}
