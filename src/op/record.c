#include "op/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/str.h"
#include "op/job.h"
#include "store/log.h"

/* --- writing --- */

static bool add_range(json_t *list, uint32_t first, uint32_t n)
{
    return !n ||
           json_array_append_new(list, json_pack("[I I]", (json_int_t)first, (json_int_t)n)) == 0;
}

/* NULL when out of memory: a list that is short would leave members out of the group. */
static json_t *ranges(const struct group *g, bool refused_only)
{
    json_t *list = json_array();
    uint32_t first = 0, n = 0;
    bool whole = list != NULL;

    for (uint32_t i = 0; i < g->n; i++) {
        const struct member *m = &g->members[i];

        if (refused_only && m->state != MEMBER_REFUSED)
            continue;
        if (n && m->branch == first + n) {
            n++;
            continue;
        }
        whole = whole && add_range(list, first, n);
        first = m->branch;
        n = 1;
    }
    if (whole && add_range(list, first, n))
        return list;
    json_decref(list);
    return NULL;
}

/* A row that a check returned is a tenant's data: it is shown, and not kept. */
static json_t *message_of(const struct error *cause)
{
    static const char check[] = "the check returned a row";

    return json_string(str_starts(cause->message, check) ? check : cause->message);
}

static bool put(json_t *json, const char *key, json_t *value)
{
    return json_object_set_new(json, key, value) == 0;
}

static json_t *failure(const struct job *job, const struct failure *f)
{
    json_t *json = json_pack("{s:I s:o s:s}", "group", (json_int_t)f->group, "message",
                             message_of(&f->cause), "hint", f->cause.hint);

    bool whole = json != NULL;

    if (f->branch < job->n)
        whole = whole && put(json, "tenant", json_string(job->branches[f->branch].id));
    if (f->cause.file)
        whole = whole && put(json, "file", json_string(f->cause.file)) &&
                put(json, "line", json_integer(f->cause.line));
    if (f->cause.statement)
        whole = whole && put(json, "statement", json_string(f->cause.statement));
    if (whole)
        return json;
    json_decref(json);
    return NULL;
}

static json_t *ending(const struct run *run)
{
    return json_pack("{s:s s:I s:I}", "outcome", run_state_row(run->outcome)->name, "failures",
                     (json_int_t)run->n_failures, "decisions", (json_int_t)run->decisions);
}

/* The latest failure of this branch is the one that the record is about. */
static json_t *refusal(const struct job *job, const struct run *run, uint32_t branch)
{
    for (size_t i = run->n_failures; i-- > 0;)
        if (run->failures[i].branch == branch)
            return failure(job, &run->failures[i]);
    return json_object();
}

static json_t *body_of(const struct job *job, const struct run *run, const struct group *g,
                       uint32_t slot, enum record_kind record)
{
    switch (record) {
    case RECORD_END:
        return ending(run);
    case RECORD_REFUSED:
        return refusal(job, run, g->members[slot].branch);
    case RECORD_GROUP:
        return json_pack("{s:I s:I s:o}", "group", (json_int_t)g->id, "undoes",
                         (json_int_t)g->undoes, "branches", ranges(g, false));
    case RECORD_DECIDING:
    case RECORD_SETTLED:
        return json_pack("{s:I s:o}", "group", (json_int_t)g->id, "refused", ranges(g, true));
    default:
        return json_pack("{s:I}", "group", (json_int_t)g->id);
    }
}

int record_write(const struct job *job, const struct run *run, const struct group *g, uint32_t slot,
                 enum record_kind record, struct str *body)
{
    json_t *json = body_of(job, run, g, slot, record);
    int r = json ? json_write(json, JSON_COMPACT, body) : E_NOMEM;

    json_decref(json);
    return r;
}

int record_append(struct store *store, const char *run, const char *kind, const struct str *body,
                  bool forced, struct error *e)
{
    struct log_event event = {.run = run,
                              .at_us = clock_wall_us(),
                              .kind = kind,
                              .body = body->data,
                              .body_len = body->len,
                              .format = LOG_FORMAT};

    return log_append(store, &event, forced, e);
}

/* --- reading --- */

static int kind_of(const char *name)
{
    for (int kind = 0; kind < RECORDS; kind++)
        if (str_same(record_name((enum record_kind)kind), name))
            return kind;
    return -1;
}

/* The i-th range, if it is one as ranges() writes them: behind `from`, within the job. */
static bool range_at(const json_t *list, size_t i, uint32_t from, uint32_t limit,
                     struct job_group *range)
{
    const json_t *pair = json_array_get(list, i);
    json_int_t first = json_integer_value(json_array_get(pair, 0));
    json_int_t many = json_integer_value(json_array_get(pair, 1));

    if (!json_is_integer(json_array_get(pair, 0)) || first < from || first > limit || many < 1 ||
        many > limit - first)
        return false;
    *range = (struct job_group){(uint32_t)first, (uint32_t)many};
    return true;
}

/* How many branches the ranges name; no list names none. E_INVALID: no run wrote this. */
static int count(const json_t *list, uint32_t limit, uint32_t *n)
{
    struct job_group range = {0, 0};

    *n = 0;
    if (list && !json_is_array(list))
        return E_INVALID;
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!range_at(list, i, range.first + range.n, limit, &range))
            return E_INVALID;
        *n += range.n;
    }
    return E_OK;
}

/* The branches of the ranges, in order; NULL when there are none. */
static int expand(const struct job *job, const json_t *list, uint32_t **branches, uint32_t *n)
{
    struct job_group range = {0, 0};
    int r = count(list, job->n, n);
    uint32_t *to;

    *branches = NULL;
    if (r != E_OK || !*n)
        return r;
    to = *branches = calloc(*n, sizeof *to);
    if (!to)
        return E_NOMEM;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (range_at(list, i, 0, job->n, &range))
            for (uint32_t k = 0; k < range.n; k++)
                *to++ = range.first + k;
    return E_OK;
}

static uint8_t *guarantees_of(const struct job *job, const uint32_t *branches, uint32_t n)
{
    uint8_t *guarantees = n ? malloc(n) : NULL;

    for (uint32_t i = 0; guarantees && i < n; i++)
        guarantees[i] = job->guarantees[branches[i]];
    return guarantees;
}

static bool read_id(const json_t *body, const char *key, uint32_t *id)
{
    json_int_t n = json_integer_value(json_object_get(body, key));

    *id = (uint32_t)n;
    return n >= 0 && n <= UINT32_MAX;
}

static const char *list_of(enum record_kind kind)
{
    if (kind == RECORD_GROUP)
        return "branches";
    return kind == RECORD_DECIDING || kind == RECORD_SETTLED ? "refused" : "";
}

static int replay(const struct job *job, struct run *machine, enum record_kind kind,
                  const json_t *body)
{
    struct replayed record = {.kind = kind};
    uint32_t *branches = NULL;
    uint8_t *guarantees = NULL;
    int r;

    if (!read_id(body, "group", &record.group) || !read_id(body, "undoes", &record.undoes))
        return E_INVALID;
    r = expand(job, json_object_get(body, list_of(kind)), &branches, &record.n);
    if (r == E_OK && record.n && !(guarantees = guarantees_of(job, branches, record.n)))
        r = E_NOMEM;
    record.branches = branches;
    record.guarantees = guarantees;
    if (r == E_OK)
        r = run_replay(machine, &record);
    free(branches);
    free(guarantees);
    return r;
}

int record_replay(const struct job *job, struct run *machine, const struct log_event *event,
                  struct error *e)
{
    int kind = kind_of(event->kind), r;
    json_t *body;

    if (kind < 0)
        return E_OK;
    if (log_body(event, &body, e) != E_OK)
        return E_FATAL;
    r = json_is_object(body) ? replay(job, machine, (enum record_kind)kind, body) : E_INVALID;
    json_decref(body);
    if (r == E_OK)
        return E_OK;
    return error_set(e, r == E_NOMEM ? E_NOMEM : E_FATAL,
                     "event %lld of the run log does not fit its run, or memory ran out",
                     (long long)event->seq);
}
