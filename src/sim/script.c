#include "sim/script.h"

#include <string.h>

#include "sim/sim.h"

static const struct weather weathers[SIM_WEATHERS] = {
    {.name = "nothing fails"},
    {.name = "tenants refuse", .vote_no = 120, .undo_no = 30, .open_no = 30, .vote_lost = 20},
    {.name = "tenants are held",
     .vote_no = 20,
     .vote_busy = 400,
     .seal_busy = 400,
     .settle_busy = 200,
     .hold = 500},
    {.name = "somebody stops it",
     .vote_busy = 200,
     .seal_busy = 200,
     .asked_to_stop = 700,
     .deadline = 300,
     .crash = 150},
    {.name = "crashes",
     .vote_no = 40,
     .vote_busy = 100,
     .hold = 200,
     .forward_no = 60,
     .crash = 800},
    {.name = "the log dies", .vote_no = 50, .log_dies = 120, .crash = 200},
    {.name = "doubt",
     .vote_no = 20,
     .vote_lost = 50,
     .seal_no = 50,
     .decide_no = 100,
     .decide_doubt = 250,
     .settle_busy = 100,
     .settle_stuck = 100,
     .close_no = 150,
     .ask_no = 200,
     .crash = 250},
    {.name = "everything",
     .vote_no = 50,
     .vote_busy = 100,
     .vote_lost = 20,
     .undo_no = 60,
     .forward_no = 100,
     .open_no = 20,
     .seal_no = 20,
     .seal_busy = 100,
     .decide_no = 50,
     .decide_doubt = 100,
     .settle_busy = 100,
     .settle_stuck = 50,
     .close_no = 50,
     .ask_no = 100,
     .log_dies = 20,
     .crash = 600,
     .asked_to_stop = 150,
     .deadline = 100,
     .hold = 300,
     .repeat = 100,
     .answer_lost = 15,
     .silent = 5,
     .dies = 60},
    {.name = "answers are lost",
     .vote_busy = 200,
     .vote_lost = 40,
     .seal_busy = 200,
     .settle_busy = 200,
     .crash = 200,
     .repeat = 300,
     .answer_lost = 50,
     .silent = 15},
    {.name = "participants die",
     .vote_busy = 100,
     .forward_no = 100,
     .seal_busy = 200,
     .crash = 150,
     .asked_to_stop = 50,
     .dies = 400},
};

static const char *const fleets[SIM_FLEETS] = {"atomic", "prepared", "logged", "compensated",
                                               "mixed"};

const struct weather *weather_clear(void)
{
    static const struct weather clear = {.name = "healed"};

    return &clear;
}

uint32_t sim_cell(uint64_t seed)
{
    return (uint32_t)(seed % SIM_CELLS);
}

void sim_cell_name(uint32_t cell, struct str *name)
{
    str_addf(name, "%s fleet: %s", fleets[cell % SIM_FLEETS], weathers[cell / SIM_FLEETS].name);
}

/* Here and below as many numbers are drawn for a small fleet as for a large one: a shrunk tape can
 * then make the fleet smaller, and all that follows on it means what it meant. */
static void draw_groups(struct script *s, struct prng *p)
{
    uint32_t several = prng_below(p, 20);

    s->groups = several < 11 ? 1 : 2 + (several - 11) / (SIM_GROUPS - 1);
    for (uint32_t i = 0; i < SIM_GROUPS; i++) {
        uint32_t n = 1 + prng_below(p, 5);

        if (i < s->groups) {
            uint32_t left = SIM_TENANTS - s->first[i] - (s->groups - i - 1);

            s->first[i + 1] = s->first[i] + (n < left ? n : left);
        }
    }
    s->tenants = s->first[s->groups];
}

/* Between the run's tenants lie others, which it must leave alone. */
static void draw_branches(struct script *s, struct prng *p)
{
    uint32_t others = SIM_BRANCHES - SIM_TENANTS, branch = 0;

    for (uint32_t i = 0; i < SIM_TENANTS; i++) {
        uint32_t drawn = prng_below(p, 12), skip = drawn < 9 ? 0 : drawn - 8;

        skip = skip < others ? skip : others;
        others -= skip;
        branch += skip;
        s->branch[i] = branch;
        s->ours[branch++] = i < s->tenants;
    }
    for (branch = 0; branch < SIM_BRANCHES; branch++)
        s->there[branch] = !s->ours[branch] && branch % 2;
}

/* Only participant 0 has decision files, so what is atomic is placed there. */
static void draw_tenants(struct script *s, uint32_t fleet, struct prng *p)
{
    s->policy.participants = (uint16_t)(1 + prng_below(p, SIM_PARTICIPANTS));
    for (uint32_t i = 0; i < SIM_TENANTS; i++) {
        uint32_t guarantee = prng_below(p, GUARANTEES), branch = s->branch[i];
        uint16_t placed = (uint16_t)prng_below(p, s->policy.participants);

        if (i >= s->tenants)
            continue;
        s->guarantee[branch] = (uint8_t)(fleet < GUARANTEES ? fleet : guarantee);
        if (s->guarantee[branch] == GUARANTEE_ATOMIC)
            s->policy.files = true;
        else
            s->placed[branch] = placed;
    }
    s->policy.placed = s->placed;
}

void script_draw(struct script *s, uint32_t cell, struct prng *p)
{
    struct run_policy *policy = &s->policy;

    memset(s, 0, sizeof *s);
    s->weather = &weathers[cell / SIM_FLEETS];
    draw_groups(s, p);
    draw_branches(s, p);
    draw_tenants(s, cell % SIM_FLEETS, p);
    policy->scope = prng_chance(p, 600) ? RUN_SCOPE_FLEET : (enum run_scope)prng_below(p, 3);
    policy->undoable = prng_chance(p, 850);
    policy->window = 1 + prng_below(p, 6);
    policy->lock_timeout_ms = prng_chance(p, 200) ? 0 : prng_range(p, 5, 600);
    if (prng_chance(p, s->weather->hold))
        policy->max_hold_ms = prng_range(p, 1, 60);
    if (prng_chance(p, s->weather->deadline))
        policy->deadline_ms = prng_range(p, 1, 300);
    for (uint16_t i = 0; i < policy->participants; i++)
        s->widths[i] = prng_below(p, 4);
    policy->widths = s->widths;
}
