#include "engine/exec/link.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "db/server.h"
#include "engine/past.h"

/* --- survey: one command a tenant --- */

struct surveying {
    struct exec_link *link;
    const struct place *places;
    struct sight *sights;
};

/* All revisions up to where it is: that they are is the tool's promise. */
static int write_past(const struct exec_link *l, const char *revision, struct str *past)
{
    bool base = str_same(revision, REVISION_BASE);

    for (size_t i = 0; i < l->n && !base; i++) {
        CLEANUP_STR struct str down = STR_INIT;
        char checksum[CHECKSUM_TEXT];

        str_addf(&down, "%s -> %s", l->revisions[i], i ? l->revisions[i - 1] : REVISION_BASE);
        if (!str_ok(&down) || revision_checksum(l->revisions[i], checksum) != E_OK)
            return E_NOMEM;
        past_add(past, &(struct past_row){i + 1, checksum, l->revisions[i],
                                          l->exec->block.down[0] ? str_text(&down) : NULL});
        if (str_same(l->revisions[i], revision))
            break;
    }
    return str_ok(past) ? E_OK : E_NOMEM;
}

static void survey_one(void *arg, uint32_t i)
{
    struct surveying *s = arg;
    struct sight *sight = &s->sights[i];
    struct exec_call call = {
        .link = s->link, .id = s->places[i].tenant, .lock = -1, .revision = REVISION_BASE};

    sight->guarantee = GUARANTEE_COMPENSATED;
    sight->history = true;
    if (exec_probe(&call, NULL, NULL, &sight->why) == E_OK &&
        write_past(s->link, call.revision, &sight->past) != E_OK)
        error_oom(&sight->why);
}

int exec_survey(struct link *link, const struct place *places, uint32_t n, const struct each *each,
                struct sight *sights, struct room *room, struct error *e)
{
    struct surveying s = {(struct exec_link *)link, places, sights};
    int r = exec_link_ask(s.link, e);

    *room = (struct room){.width = s.link->exec->block.max_parallel};
    if (r == E_OK)
        each->run(each->ctx, n, survey_one, &s);
    return r;
}

/* --- what it cannot do --- */

static int rehearse(struct link *link, const struct link_run *run, uint32_t branch, struct error *e)
{
    (void)link;
    (void)run;
    (void)branch;
    return error_set(e, E_MISSING, "what a command does cannot be taken back unseen");
}

static int history(struct link *link, const struct place *place, history_visit visit, void *arg,
                   struct error *e)
{
    (void)place;
    (void)visit;
    (void)arg;
    error_set(e, E_REFUSED, "%s keeps the history of its tenants", link->server->name);
    error_hint(e, "lockstep status says where they are; lockstep runs and show, what runs did");
    return E_REFUSED;
}

static int strays(struct link *link, int (*visit)(void *arg, const struct stray *stray), void *arg,
                  struct error *e)
{
    (void)link;
    (void)visit;
    (void)arg;
    (void)e;
    return E_OK;
}

/* --- */

static void free_link(struct link *link)
{
    struct exec_link *l = (struct exec_link *)link;

    if (l->has_pattern)
        regfree(&l->current);
    arena_free(&l->arena);
    free(l);
}

struct link *exec_link_new(const struct server *server)
{
    static const struct link_ops ops = {
        .survey = exec_survey,
        .join = exec_join,
        .rehearse = rehearse,
        .history = history,
        .strays = strays,
        .free = free_link,
    };
    const char *pattern = server->exec->block.current_pattern;
    struct exec_link *l = calloc(1, sizeof *l);

    if (!l)
        return NULL;
    l->base.ops = &ops;
    l->base.server = server;
    l->exec = server->exec;
    l->has_pattern = pattern && regcomp(&l->current, pattern, REG_EXTENDED | REG_NEWLINE) == 0;
    if (pattern && !l->has_pattern) {
        free(l);
        return NULL;
    }
    return &l->base;
}
