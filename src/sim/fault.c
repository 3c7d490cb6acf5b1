/*
 * What befalls calls, whatever they are about: their participant dies, their answer is lost, or it
 * never comes. When an answer is lost "nobody knows" arrives in its place, as a runtime says it
 * that waited long enough; what the participant had said may come all the same, much later.
 */
#include "sim/life.h"

void fault_draw(struct life *l)
{
    for (uint32_t p = 0; p < SIM_PARTICIPANTS; p++) {
        struct item death = {.kind = ITEM_DEATH};

        if (!prng_chance(l->prng, l->weather->dies))
            continue;
        l->down_from[p] = prng_range(l->prng, 0, 150);
        l->down_until[p] = INT64_MAX; /* it never comes back, or it does: */
        if (prng_chance(l->prng, 600))
            l->down_until[p] = l->down_from[p] + prng_range(l->prng, 1, 300);
        death.at = l->down_from[p];
        death.seq = l->seq++;
        death.action.participant = (uint16_t)p;
        queue_add(&l->queue, &death);
    }
}

static bool meets_death(const struct life *l, const struct item *item)
{
    uint16_t p = item->action.participant;

    return l->down_from[p] <= item->at && l->now < l->down_until[p];
}

static void cut_settle(const struct life *l, struct item *item, uint32_t reached)
{
    uint32_t n = run_group(l->run, item->action.group)->n;

    for (uint32_t i = reached; i < n; i++)
        if (item->slots[i] != SLOT_NOT_MINE)
            item->slots[i] = SETTLE_NOT_YET;
    item->event.outcome = E_BUSY;
}

static bool is_transaction(enum guarantee g)
{
    return g == GUARANTEE_PREPARED || g == GUARANTEE_LOGGED;
}

/* One that was dead before it was called does nothing, and that is known. */
static void cut_by_death(struct life *l, struct item *item)
{
    bool alive = l->now < l->down_from[item->action.participant];
    uint32_t reached = alive ? prng_below(l->prng, item->steps + 1) : 0;

    if (item->action.kind == ACT_SETTLE) {
        cut_settle(l, item, reached);
        return;
    }
    item->steps = reached;
    if (item->action.kind == ACT_ASK)
        item->steps = 0; /* it looks unknown */
    else
        item->event.outcome = alive ? E_DOUBT : E_REFUSED;
    if (item->action.kind == ACT_PREPARE && is_transaction(item->event.guarantee))
        item->steps = 0; /* gone with it */
}

static void lose(struct life *l, struct item *item)
{
    item->truth = item->event;
    item->lost = prng_chance(l->prng, 600);
    if (!item->lost)
        item->steps = prng_below(l->prng, item->steps + 1);
    item->event.outcome = E_DOUBT;
}

void fault_cut(struct life *l, struct item *item)
{
    bool logs = item->action.kind == ACT_LOG, settles = item->action.kind == ACT_SETTLE;

    if (!logs && meets_death(l, item))
        cut_by_death(l, item);
    else if (!logs && item->event.outcome == E_OK && prng_chance(l->prng, l->weather->answer_lost))
        lose(l, item);
    if (settles && l->lie == LIE_HEALING && l->weather == weather_clear())
        cut_settle(l, item, 0);
    item->silent = prng_chance(l->prng, l->weather->silent);
}
