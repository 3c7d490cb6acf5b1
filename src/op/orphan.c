#include "op/orphan.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "engine/sqlite/decision.h"
#include "engine/sqlite/stock.h"
#include "op/doubt.h"
#include "op/recover.h"
#include "op/session.h"
#include "op/settle.h"
#include "runtime/crew.h"

/* The tenants of one group, by the journals it lists. */
struct listed {
    const char *dir; /* of the decision files */
    const char **paths;
    size_t n, cap;
    atomic_bool failed, told;
    struct error cause;
};

static int split(struct str *journals, struct arena *arena, struct listed *l)
{
    const char *end = str_text(journals) + journals->len;
    static const char suffix[] = "-journal";

    for (const char *at = str_text(journals); at < end; at += strlen(at) + 1) {
        size_t n = strlen(at);

        if (!str_ends(at, suffix))
            continue;
        if (!array_room(&l->paths, l->n, &l->cap, sizeof *l->paths))
            return E_NOMEM;
        l->paths[l->n] = arena_copyn(arena, at, n - (sizeof suffix - 1));
        if (!l->paths[l->n++])
            return E_NOMEM;
    }
    return E_OK;
}

static void settle_one(void *arg, uint32_t i)
{
    CLEANUP_ERROR struct error e = ERROR_INIT;
    struct listed *l = arg;
    int r = stock_settle(l->paths[i], &e);

    if (r == E_OK)
        r = stock_drop_dead_journal(l->paths[i], true, &e);
    if (r == E_OK || (r == E_MISSING && stock_is_gone(l->paths[i], l->dir)))
        return;
    atomic_store(&l->failed, true);
    error_tenant(&e, l->paths[i]);
    if (!atomic_exchange(&l->told, true))
        error_move(&l->cause, &e);
}

static int live_elsewhere(const struct decision *d, struct error *e)
{
    error_set(e, E_HELD, "a run that is under way holds %s", d->anchor);
    error_hint(e, "it keeps its state in another folder: use one state folder for one fleet");
    return E_HELD;
}

static int settle_group(struct session *s, const struct decision *d, bool dry,
                        struct recovered_run *out, struct error *e)
{
    CLEANUP_STR struct str journals = STR_INIT;
    CLEANUP_ARENA struct arena arena = ARENA_INIT;
    struct listed l = {.dir = d->dir};
    enum found found;
    int r = decision_is_live(d) ? live_elsewhere(d, e) : E_OK;

    if (r != E_OK)
        return r;
    r = decision_ask(d, &found, e);

    if (r == E_OK)
        r = decision_journals(d, &journals, e);
    if (r == E_OK && split(&journals, &arena, &l) != E_OK)
        r = error_oom(e);
    out->tenants = l.n;
    out->how = dry                        ? RECOVERED_DOUBT
               : found == FOUND_COMMITTED ? RECOVERED_FORWARD
                                          : RECOVERED_BACK;
    if (r == E_OK && !dry)
        r = session_crew(s, e);
    if (r == E_OK && !dry)
        crew_each(s->crew, (uint32_t)l.n, settle_one, &l);
    if (r == E_OK && atomic_load(&l.failed)) {
        error_move(e, &l.cause);
        r = e ? e->code : E_REFUSED;
    }
    if (r == E_OK && !dry)
        r = decision_close(d, found == FOUND_COMMITTED ? VERDICT_COMMIT : VERDICT_ABORT, e);
    free(l.paths);
    return r;
}

static bool in_doubt(const struct recovery *recovery, const char *key)
{
    for (size_t i = 0; i < recovery->n; i++)
        if (str_same(recovery->runs[i].key, key))
            return true;
    return false;
}

static int settle_trace(struct session *s, const char *dir, const struct decision_trace *trace,
                        bool dry, struct recovery *recovery, struct error *e)
{
    CLEANUP_ERROR struct error cause = ERROR_INIT;
    struct recovered_run *out;
    struct decision d = {0};
    int r;

    if (in_doubt(recovery, trace->key))
        return E_OK;
    out = recovery_add(recovery);
    r = out ? decision_init(&d, dir, trace->key, trace->group, e) : error_oom(e);
    if (r != E_OK)
        return r;
    snprintf(out->key, sizeof out->key, "%s", trace->key);
    r = settle_group(s, &d, dry, out, &cause);
    if (r != E_OK) {
        CLEANUP_STR struct str why = STR_INIT;

        error_render(&cause, &why);
        snprintf(out->why, sizeof out->why, "%s", str_text(&why));
        out->how = RECOVERED_DOUBT;
    }
    decision_free(&d);
    return E_OK;
}

int orphans_settle(struct session *s, bool dry, struct recovery *recovery, struct error *e)
{
    struct decision_trace *traces = NULL;
    char *dir = NULL;
    size_t n = 0;
    int r = doubt_folder(s, &dir, e);

    if (r == E_OK)
        r = decision_scan(dir, &traces, &n, e);
    for (size_t i = 0; i < n && r == E_OK; i++)
        r = settle_trace(s, dir, &traces[i], dry, recovery, e);
    free(traces);
    free(dir);
    return r;
}
