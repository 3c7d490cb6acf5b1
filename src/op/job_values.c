/*
 * The values that scripts with `values` put into statements, in a job: names once, and a text or
 * null for each name and branch. Only what scripts ask for is written down.
 *
 *   values   {names: [name, ...], rows: [[text or null, ...], ...]}   one row a branch
 */
#include <jansson.h>

#include "fleet/fleet.h"
#include "op/job.h"

static bool make_room(struct job *job, struct branch_spec *spec, struct sql_value **list)
{
    *list = arena_array(&job->arena, job->n_value_names, sizeof **list);
    spec->values = (struct sql_values){.list = *list};
    return *list;
}

bool job_take_values(struct job *job, const struct plan *plan, const struct fleet *fleet)
{
    job->value_names = plan->value_names;
    job->n_value_names = plan->n_value_names;
    for (size_t i = 0; job->n_value_names && i < plan->n_branches; i++) {
        const struct tenant *tenant = &fleet->tenants[plan->branches[i].tenant];
        struct branch_spec *spec = &job->branches[i];
        struct sql_value *list;

        if (!make_room(job, spec, &list))
            return false;
        for (size_t k = 0; k < job->n_value_names; k++) {
            const char *text = tenant_value(tenant, job->value_names[k]);

            if (text)
                list[spec->values.n++] = (struct sql_value){job->value_names[k], text};
        }
    }
    return true;
}

static const char *text_of(const struct sql_values *values, const char *name)
{
    for (size_t i = 0; i < values->n; i++)
        if (values->list[i].name == name)
            return values->list[i].text;
    return NULL;
}

/* NULL: out of memory, or a text that is not UTF-8. */
static json_t *write_row(const struct job *job, const struct sql_values *values)
{
    json_t *row = json_array();

    for (size_t k = 0; k < job->n_value_names; k++) {
        const char *text = text_of(values, job->value_names[k]);

        if (json_array_append_new(row, text ? json_string(text) : json_null()) == 0)
            continue;
        json_decref(row);
        return NULL;
    }
    return row;
}

json_t *job_write_values(const struct job *job)
{
    json_t *names = json_array(), *rows = json_array();
    bool ok = names && rows;

    for (size_t k = 0; ok && k < job->n_value_names; k++)
        ok = json_array_append_new(names, json_string(job->value_names[k])) == 0;
    for (uint32_t i = 0; ok && i < job->n; i++)
        ok = json_array_append_new(rows, write_row(job, &job->branches[i].values)) == 0;
    if (ok)
        return json_pack("{s:o s:o}", "names", names, "rows", rows);
    json_decref(names);
    json_decref(rows);
    return NULL;
}

static bool read_row(struct job *job, const json_t *row, struct branch_spec *spec)
{
    struct sql_value *list;

    if (json_array_size(row) != job->n_value_names || !make_room(job, spec, &list))
        return false;
    for (size_t k = 0; k < job->n_value_names; k++) {
        const json_t *text = json_array_get(row, k);
        struct sql_value *value = &list[spec->values.n];

        if (json_is_null(text))
            continue;
        *value = (struct sql_value){job->value_names[k],
                                    arena_copy(&job->arena, json_string_value(text))};
        if (!value->text)
            return false;
        spec->values.n++;
    }
    return true;
}

static bool read_names(struct job *job, const json_t *names)
{
    size_t n = json_array_size(names);

    job->value_names = arena_array(&job->arena, n, sizeof *job->value_names);
    for (; job->value_names && job->n_value_names < n; job->n_value_names++) {
        const char *name = json_string_value(json_array_get(names, job->n_value_names));

        job->value_names[job->n_value_names] = arena_copy(&job->arena, name);
        if (!job->value_names[job->n_value_names])
            return false;
    }
    return job->value_names;
}

bool job_read_values(struct job *job, const json_t *all)
{
    const json_t *values = json_object_get(all, "values");
    const json_t *rows = json_object_get(values, "rows");

    if (!values)
        return true;
    if (!read_names(job, json_object_get(values, "names")) || json_array_size(rows) != job->n)
        return false;
    for (uint32_t i = 0; i < job->n; i++)
        if (!read_row(job, json_array_get(rows, i), &job->branches[i]))
            return false;
    return true;
}
