#include "op/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "db/server.h"
#include "engine/exec/link.h"
#include "engine/link.h"
#include "engine/sqlite/engine.h"
#include "op/exit.h"
#include "op/interrupt.h"
#include "runtime/crew.h"
#include "store/hold.h"
#include "store/store.h"

enum { SLICE_MS = 200 };

/* The expression is parsed before the fleet is resolved: a typo must not cost a long listing. */
static int select_tenants(struct session *s, struct error *e)
{
    struct selection *selection = NULL;
    int r = s->select ? selection_parse(s->select, &selection, e) : E_OK;

    if (r != E_OK)
        return r;
    s->selected = calloc(s->fleet.n ? s->fleet.n : 1, sizeof *s->selected);
    for (size_t i = 0; s->selected && i < s->fleet.n; i++) {
        s->selected[i] = selection_takes(selection, &s->fleet.tenants[i]);
        s->n_selected += s->selected[i];
    }
    selection_free(selection);
    return s->selected ? E_OK : error_oom(e);
}

static int nothing_found(const struct session *s, struct error *e)
{
    if (s->fleet.n)
        return error_set(e, E_INVALID, "no tenant is selected by '%s' (of %zu)", s->select,
                         s->fleet.n);
    error_set(e, E_INVALID, "no tenant found: %s matches nothing",
              s->config.n_sources ? s->config.sources[0].place : "the configuration");
    error_hint(
        e, "name the tenants in lockstep.conf (lockstep init writes one) or with --tenants GLOB");
    return E_INVALID;
}

int session_open(const struct session_options *options, struct session **session, struct error *e)
{
    struct session *s = calloc(1, sizeof *s);
    int r;

    *session = NULL;
    if (!s)
        return error_oom(e);
    r = sqlite_engine_setup() == E_OK ? config_read(options->config_file, &s->config, e)
                                      : error_oom(e);
    if (r == E_OK && (options->tenants || options->migrations))
        r = config_override(&s->config, options->tenants, options->migrations, e);
    s->select = options->select;
    s->jobs = options->jobs ? options->jobs : s->config.jobs;
    if (r != E_OK) {
        session_close(s);
        return r;
    }
    *session = s;
    return E_OK;
}

static void free_sources(struct session *s)
{
    for (int i = 0; i < ENGINES; i++)
        source_free(&s->sources[i]);
}

void session_close(struct session *s)
{
    if (!s)
        return;
    crew_free(s->crew);
    for (size_t i = 0; s->links && i < s->fleet.n_servers; i++)
        link_free(s->links[i]);
    free(s->links);
    store_close(s->store);
    hold_release(s->hold);
    free_sources(s);
    fleet_free(&s->fleet);
    config_free(&s->config);
    free(s->selected);
    free(s);
}

int session_fleet(struct session *s, struct error *e)
{
    int r;

    if (s->has_fleet)
        return E_OK;
    r = fleet_resolve(&s->config, &s->fleet, e);
    if (r == E_OK)
        r = select_tenants(s, e);
    if (r == E_OK && !s->n_selected)
        r = nothing_found(s, e);
    s->has_fleet = r == E_OK;
    return r;
}

static void find_engines(const struct session *s, bool has[ENGINES])
{
    bool any = false;

    for (size_t i = 0; s->has_fleet && i < s->fleet.n; i++)
        any = has[s->fleet.tenants[i].engine] = true;
    has[ENGINE_SQLITE] = has[ENGINE_SQLITE] || !any;
}

/* A fleet of an external migrator's tenants has no others, and is that of one. */
static int ask_migrator(struct session *s, struct error *e)
{
    struct link *link;
    int r = session_link(s, s->fleet.tenants[0].server, &link, e);

    return r == E_OK ? exec_source(link, &s->sources[ENGINE_EXEC], e) : r;
}

bool session_is_exec(const struct session *s)
{
    return s->has_fleet && s->fleet.tenants[0].engine == ENGINE_EXEC;
}

static int read_sources(struct session *s, struct error *e)
{
    bool has[ENGINES] = {false};
    int r = E_OK;

    find_engines(s, has);
    if (has[ENGINE_EXEC])
        return ask_migrator(s, e);
    for (int i = 0; i < ENGINES && r == E_OK; i++)
        if (has[i])
            r = source_read(s->config.migrations, (enum engine_kind)i, &s->sources[i], e);
    if (r != E_OK)
        free_sources(s);
    return r;
}

int session_source(struct session *s, struct error *e)
{
    int r;

    if (s->has_source)
        return E_OK;
    r = read_sources(s, e);
    if (r == E_MISSING) {
        error_set(e, E_INVALID, "there is no folder of migrations at %s", s->config.migrations);
        error_hint(e,
                   "lockstep new NAME makes the first one, or name another with --migrations DIR");
        r = E_INVALID;
    }
    s->has_source = r == E_OK;
    return r;
}

const struct source *session_names(const struct session *s)
{
    for (int i = 0; i < ENGINES; i++)
        if (s->sources[i].dir)
            return &s->sources[i];
    return &s->sources[ENGINE_SQLITE];
}

int session_store_read(struct session *s, struct error *e)
{
    int r;

    if (s->store)
        return E_OK;
    r = store_open(s->config.state, STORE_READ, &s->store, e);
    if (r == E_MISSING)
        error_clear(e);
    return r == E_MISSING ? E_OK : r;
}

/* Waits in slices: whoever waits for another run can be stopped. */
static int wait_for_hold(struct session *s, const char *command, int64_t wait_ms, struct error *e)
{
    int64_t until_us = clock_mono_us() + wait_ms * 1000;

    for (;;) {
        int64_t left_ms = (until_us - clock_mono_us()) / 1000;
        int64_t slice_ms = left_ms < 0 ? 0 : left_ms > SLICE_MS ? SLICE_MS : left_ms;
        int r = hold_take(s->config.state, command, slice_ms, &s->hold, e);

        if (r != E_HELD || left_ms <= 0)
            return r;
        if (interrupt_requested())
            return error_set(e, E_REFUSED, "interrupted while waiting for another run");
    }
}

int session_store_run(struct session *s, const char *command, int64_t wait_ms, struct error *e)
{
    int r = E_OK;

    if (!s->hold)
        r = wait_for_hold(s, command, wait_ms, e);
    if (r == E_OK) {
        store_close(s->store);
        s->store = NULL;
        r = store_open(s->config.state, STORE_WRITE, &s->store, e);
    }
    return r;
}

int session_crew(struct session *s, struct error *e)
{
    if (!s->crew)
        s->crew = crew_new(s->jobs);
    return s->crew ? E_OK : error_errno(e, E_REFUSED, "start", "a thread");
}

int session_link(struct session *s, uint32_t server, struct link **link, struct error *e)
{
    if (!s->links)
        s->links = calloc(s->fleet.n_servers, sizeof *s->links);
    if (s->links && !s->links[server])
        s->links[server] = link_new(&s->fleet.servers[server]);
    *link = s->links ? s->links[server] : NULL;
    return *link ? E_OK : error_oom(e);
}
