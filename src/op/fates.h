/*
 * What became of each tenant of a run: read off the machine after its end, the last word over all
 * groups and segments that had it.
 */
#ifndef OP_FATES_H
#define OP_FATES_H

#include <stdint.h>

#include "base/guarantee.h"

struct error;
struct job;
struct run;

enum fate { FATE_UNTOUCHED, FATE_KEPT, FATE_BACK, FATE_DOUBT };

struct fates {
    uint8_t *of;         /* enum fate, by branch; a tenant's later segments are FATE_UNTOUCHED */
    uint8_t *guarantees; /* given to those kept: the weakest over their segments */
};

/* E_OK or E_NOMEM. Free with fates_free in either case. */
int fates_read(struct fates *f, const struct job *job, const struct run *run);
void fates_free(struct fates *f);

#endif
