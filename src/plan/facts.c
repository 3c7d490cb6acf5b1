#include "plan/facts.h"

uint64_t lineage_version(const struct lineage *l)
{
    return l->n > 0 ? l->applied[l->n - 1].version : 0;
}

const struct applied *lineage_find(const struct lineage *l, uint64_t version)
{
    size_t from = 0, to = l->n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (l->applied[middle].version < version)
            from = middle + 1;
        else
            to = middle;
    }
    return from < l->n && l->applied[from].version == version ? &l->applied[from] : NULL;
}
