/* The plan event of any text is read or refused. What is read is written as a plan that reads and
 * writes the same: recovery and undo work from it. */
#include <string.h>

#include "base/error.h"
#include "base/str.h"
#include "fuzz.h"
#include "op/job.h"

static void check_again(const struct job *job)
{
    CLEANUP_STR struct str body = STR_INIT, second = STR_INIT;
    struct job again = {0};

    if (job_write(job, &body) != E_OK)
        return;
    PROMISE(job_read(str_text(&body), body.len, &again, NULL) == E_OK, "a plan can be read again");
    PROMISE(job_write(&again, &second) == E_OK && body.len == second.len &&
                memcmp(str_text(&body), str_text(&second), body.len) == 0,
            "a plan that is read is written as it was");
    job_free(&again);
}

/* What recovery relies on when it goes by the plan. */
static void check_bounds(const struct job *job)
{
    uint32_t next = 0;

    PROMISE(job->scope <= SCOPE_TENANT && job->direction <= PLAN_DOWN, "enums keep their bounds");
    PROMISE(job->decisions[0] == '/', "the folder of the decision files is absolute");
    for (size_t i = 0; i < job->n_groups; next += job->groups[i++].n)
        PROMISE(job->groups[i].first == next && job->groups[i].n, "no branch is in two groups");
    PROMISE(next <= job->n, "groups are made of branches");
    for (uint32_t i = 0; i < job->n; i++)
        for (uint32_t k = 0; k < job->branches[i].n; k++)
            PROMISE(job->branches[i].steps[k].script &&
                        (!job->undoable || job->branches[i].steps[k].mark ||
                         job->branches[i].steps[k].inverse),
                    "what can be undone has inverses");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str body = STR_INIT;
    struct job job = {0};

    str_addn(&body, (const char *)data, size);
    if (job_read(str_text(&body), body.len, &job, NULL) == E_OK) {
        check_bounds(&job);
        check_again(&job);
    }
    job_free(&job);
    return 0;
}
