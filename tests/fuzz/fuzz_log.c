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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP_STR struct str body = STR_INIT;
    struct job job = {0};

    str_addn(&body, (const char *)data, size);
    if (job_read(str_text(&body), body.len, &job, NULL) == E_OK)
        check_again(&job);
    job_free(&job);
    return 0;
}
