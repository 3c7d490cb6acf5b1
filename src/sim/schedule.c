/* Lives one after the other, and what must hold when one ends. */
#include <string.h>

#include "sim/life.h"

enum { MAX_LIVES = 12 };

static bool is_named(const struct run *run)
{
    if (run->n_failures || run->log_dead)
        return true;
    for (size_t i = 0; i < run->n_groups; i++)
        if (run->groups[i]->state == GROUP_DOUBT)
            return true;
    return false;
}

static void check_end(struct life *l)
{
    struct run *run = l->run;

    if (run->state == RUN_DOUBT && !is_named(run))
        world_wrong(l->world, PROMISE_OUTCOME, "in doubt, and nothing says why");
    if (run->state != RUN_DOUBT && !run->log_dead) {
        world_check_clean(l->world);
        if (!l->world->ended)
            world_wrong(l->world, PROMISE_RECORD, "the end is not in the run log");
    }
    world_crash(l->world); /* the process is gone */
    world_check_end(l->world, run->state);
}

static bool same_member(const struct member *live, const struct member *replayed)
{
    /* the end of an undo may be durable and not yet told, or told and not durable */
    return live->state == replayed->state ||
           (live->state == MEMBER_COMMITTED && replayed->state == MEMBER_BACK) ||
           (live->state == MEMBER_BACK && replayed->state == MEMBER_COMMITTED);
}

/* What the log says of settled groups is what the machine that lived thought of them. */
static void compare(struct life *l)
{
    struct life twin = {.trace = &(const struct sim_trace){0}, .cover = l->cover};
    struct prng unused = {0};

    life_init(&twin, l->world, &unused, weather_clear(), false);
    for (size_t i = 0; i < l->run->n_groups; i++) {
        const struct group *live = l->run->groups[i], *other = run_group(twin.run, live->id);

        if (live->state != GROUP_COMMITTED && live->state != GROUP_ABORTED)
            continue;
        if (!other || (other->state != GROUP_COMMITTED && other->state != GROUP_ABORTED))
            continue; /* its end was not recorded */
        if (other->state != live->state)
            world_wrong(l->world, PROMISE_RECORD, "group %u is another one after a replay",
                        live->id);
        for (uint32_t m = 0; m < live->n; m++)
            if (!same_member(&live->members[m], &other->members[m]))
                world_wrong(l->world, PROMISE_RECORD,
                            "slot %u of group %u is another one after a replay", m, live->id);
    }
    life_free(&twin);
}

static bool live(struct life *l, struct sim_result *result)
{
    bool over = life_run(l);

    result->events += l->events;
    result->outcome = l->run->state;
    compare(l);
    if (over && !l->world->broken)
        check_end(l);
    else
        world_crash(l->world);
    return over;
}

static const struct weather *weather_of(const struct script *s, uint32_t number, struct prng *p)
{
    return number + 1 == MAX_LIVES || (number && prng_chance(p, 300)) ? weather_clear()
                                                                      : s->weather;
}

static void run_lives(struct world *w, struct prng *p, const struct sim_task *task,
                      struct sim_cover *cover, struct sim_result *result)
{
    for (uint32_t i = 0; i < MAX_LIVES && !w->ended && !w->broken; i++) {
        struct life l = {.trace = &task->trace, .cover = cover, .lie = task->lie};
        const struct weather *weather = weather_of(w->script, i, p);

        life_init(&l, w, p, weather, i == 0);
        trace_text(&l, "--- life %u, weather: %s", i + 1, weather->name);
        live(&l, result);
        life_free(&l);
        result->lives++;
        if (weather == weather_clear() && !w->ended)
            world_wrong(w, PROMISE_FINISH, "everything has healed, and the run is still open");
    }
    if (w->ended) {
        world_check_clean(w);
        world_check_finished(w);
        world_check_end(w, w->outcome);
    }
}

static void trace_script(const struct sim_task *task, const struct script *s)
{
    static const char *const scopes[] = {"fleet", "group", "tenant"};
    CLEANUP_STR struct str line = STR_INIT;

    if (!task->trace.line)
        return;
    str_addf(&line, "seed %llu: ", (unsigned long long)task->seed);
    sim_cell_name(sim_cell(task->seed), &line);
    str_addf(&line, "; %u tenants, %u groups, %u participants, scope %s%s%s", s->tenants, s->groups,
             s->policy.participants, scopes[s->policy.scope], s->policy.undoable ? "" : ", no undo",
             s->policy.files ? ", decision files" : "");
    task->trace.line(task->trace.ctx, str_text(&line));
}

void sim_run(const struct sim_task *task, struct sim_cover *cover, struct sim_result *result)
{
    struct prng prng = {.state = task->seed, .tape = task->tape};
    struct script script;
    struct world world;

    memset(result, 0, sizeof *result);
    if (task->tape)
        task->tape->at = 0;
    script_draw(&script, sim_cell(task->seed), &prng);
    trace_script(task, &script);
    world_init(&world, &script);
    run_lives(&world, &prng, task, cover, result);
    result->broken = world.broken;
    result->how = world.how;
    result->wrong = world.wrong;
    world.wrong = (struct str){0};
    world_free(&world);
}
