/* Inside the plan: what cutting works on. */
#ifndef PLAN_CUT_H
#define PLAN_CUT_H

#include "plan/work.h"

struct mark { /* a version that some recipe has */
    uint64_t version;
    const struct step *step; /* one of them, for its name */
    bool outside;            /* of a transaction, for some tenant */
    enum sharing sharing;    /* whose it is, and what that asks of the order */
    uint16_t segment;
};

struct range {
    uint16_t from, to;
};

struct cut {
    struct work *w;
    struct mark *marks; /* in the order they run */
    size_t n_marks, cap_marks;
    uint32_t n_segments;
    struct range *ranges; /* [recipe * n_segments + segment] */
    uint32_t *members;    /* tenants with steps, in fleet order */
    uint32_t most;        /* branches in a group */
    const char *bound;    /* what says so */
};

/* The segments: marks, n_segments and ranges. The caller frees marks. */
int cut_segments(struct cut *c, struct error *e);
/* Why this segment is not one with the segment before it; NULL when out of memory. */
const char *cut_segment_reason(const struct cut *c, uint32_t segment, struct error *e);

#endif
