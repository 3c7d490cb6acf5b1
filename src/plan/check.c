/*
 * Where files and histories disagree:
 *   late      a file below what a tenant is at, and not applied there
 *   changed   a file whose checksum is not the one it was applied with
 *   missing   applied, and the file is gone
 *   one-way   to be undone, and neither file nor tenant has a down script
 * A step down minds a changed file only where its down script would have to be used.
 */
#include <stdlib.h>
#include <string.h>

#include "plan/work.h"

enum disagreement { LATE, CHANGED, MISSING, ONE_WAY, DISAGREEMENTS };

static const struct {
    unsigned accept;
    const char *way_on;
} rules[DISAGREEMENTS] = {
    [LATE] = {ACCEPT_LATE, "`--accept late` runs it now; or give it a version above theirs"},
    [CHANGED] = {ACCEPT_CHANGED, "restore the file and put the change into a new migration; or "
                                 "`--accept changed` goes on with what was applied"},
    [MISSING] = {ACCEPT_MISSING, "bring the file back; or `--accept missing` goes on without it"},
    [ONE_WAY] = {0, "write a `-- lockstep:down` section; an empty one does nothing"},
};

struct finding {
    enum disagreement kind;
    const struct migration *migration; /* NULL: there is no file */
    const struct applied *applied;     /* in the example; NULL for LATE */
    uint64_t version;
    const struct past *example;
    size_t tenants;
};

struct findings {
    struct finding *list;
    size_t n, cap;
};

static bool note(struct findings *found, const struct work *w, enum disagreement kind,
                 const struct migration *m, const struct applied *a, const struct past *past)
{
    uint64_t version = m ? m->version : a->version;

    if (w->request->accept & rules[kind].accept)
        return true;
    for (size_t i = 0; i < found->n; i++) {
        if (found->list[i].kind != kind || found->list[i].version != version ||
            found->list[i].example->engine != past->engine)
            continue;
        found->list[i].tenants += past->tenants;
        return true;
    }
    if (!array_room(&found->list, found->n, &found->cap, sizeof *found->list))
        return false;
    found->list[found->n++] = (struct finding){kind, m, a, version, past, past->tenants};
    return true;
}

/* Walks both sides, ascending, side by side. */
static bool compare_up(struct findings *found, const struct work *w, const struct past *past)
{
    const struct source *source = plan_source(w, past);
    const struct migration *m = source->migrations, *m_end = m + source->n;
    const struct applied *a = past->lineage->applied, *a_end = a + past->lineage->n;
    bool ok = true;

    while (ok && (m < m_end || a < a_end)) {
        if (a == a_end || (m < m_end && m->version < a->version)) {
            if (m->version < past->version && m->version <= w->plan->target)
                ok = note(found, w, LATE, m, NULL, past);
            m++;
        } else if (m == m_end || a->version < m->version) {
            ok = note(found, w, MISSING, NULL, a++, past);
        } else {
            if (strcmp(m->checksum, a->checksum) != 0)
                ok = note(found, w, CHANGED, m, a, past);
            m++;
            a++;
        }
    }
    return ok;
}

static bool compare_down(struct findings *found, const struct work *w, const struct past *past)
{
    bool ok = true;

    for (size_t i = past->lineage->n; ok && i-- > 0;) {
        const struct applied *a = &past->lineage->applied[i];
        const struct migration *m = source_find(plan_source(w, past), a->version);

        if (a->version <= w->plan->target)
            break;
        if (!a->down_sql && !(m && m->down))
            ok = note(found, w, ONE_WAY, m, a, past);
        else if (!a->down_sql && strcmp(m->checksum, a->checksum) != 0)
            ok = note(found, w, CHANGED, m, a, past);
    }
    return ok;
}

static const char *applied_name(const struct finding *f)
{
    if (f->migration)
        return f->migration->name;
    return f->applied->name ? f->applied->name : "?";
}

static void say(struct work *w, const struct finding *f, struct error *problem)
{
    const struct migration *m = f->migration;

    switch (f->kind) {
    case LATE:
        error_set(problem, E_POLICY, "migration %s_%s comes late: this tenant is at %s already",
                  m->digits, m->name, plan_digits(w, f->example->version));
        break;
    case CHANGED:
        error_set(problem, E_POLICY,
                  "migration %s_%s changed after it was applied: %.12s... then, %.12s... now",
                  m->digits, m->name, f->applied->checksum, m->checksum);
        break;
    case ONE_WAY:
        error_set(problem, E_POLICY, "migration %s_%s cannot be undone: it has no down script",
                  plan_digits(w, f->version), applied_name(f));
        break;
    default:
        error_set(problem, E_POLICY, "migration %s_%s is applied, but %s has no file of it",
                  plan_digits(w, f->version), applied_name(f), w->source->dir);
        break;
    }
    plan_more(problem, f->tenants - 1, "tenant");
    error_tenant(problem, plan_tenant_id(w, f->example->example));
    if (m)
        error_at(problem, m->up.file, 0);
    error_hint(problem, "%s", rules[f->kind].way_on);
}

/* A migration that nobody would ever take is not passed over. */
static void check_shared(struct work *w)
{
    const struct source *shared = source_for(w->source, true);
    struct error problem = ERROR_INIT;
    size_t wanted = 0;

    for (size_t i = 0; i < w->fleet->n; i++)
        if (w->fleet->tenants[i].shared)
            return;
    while (wanted < shared->n && shared->migrations[wanted].version <= w->plan->target)
        wanted++;
    if (wanted == 0)
        return;
    error_set(&problem, E_POLICY,
              "migration %s_%s is for a shared database, and the fleet has none",
              shared->migrations[0].digits, shared->migrations[0].name);
    plan_more(&problem, wanted - 1, "migration");
    error_at(&problem, shared->migrations[0].up.file, 0);
    error_hint(&problem, "say which it is in lockstep.conf: shared = \"true\" in its source");
    plan_refuse(w, &problem);
}

int plan_check(struct work *w, struct error *e)
{
    struct findings found = {0};
    bool ok = true;

    if (w->plan->direction == PLAN_UP)
        check_shared(w);

    for (size_t i = 0; ok && i < w->n_pasts; i++)
        ok = w->plan->direction == PLAN_UP ? compare_up(&found, w, &w->pasts[i])
                                           : compare_down(&found, w, &w->pasts[i]);
    for (size_t i = 0; ok && i < found.n; i++) {
        struct error problem = ERROR_INIT;

        say(w, &found.list[i], &problem);
        plan_refuse(w, &problem);
    }
    free(found.list);
    return ok ? E_OK : error_oom(e);
}
