#include "engine/no_files.h"

int no_files_seal(struct participant *p, struct error *e)
{
    (void)p;
    (void)e;
    return E_OK;
}

int no_files_decide(struct participant *p, struct error *e)
{
    (void)p;
    return error_set(e, E_REFUSED, "this participant has no decision files");
}

int no_files_close(struct participant *p, enum verdict verdict, struct error *e)
{
    (void)p;
    (void)verdict;
    (void)e;
    return E_OK;
}
