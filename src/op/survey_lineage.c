/* Pasts as lineages: equal pasts have one id in the cache, and one lineage. */
#include <string.h>

#include "engine/past.h"
#include "op/survey.h"
#include "store/cache.h"

static const struct lineage *parse_lineage(struct arena *arena, const char *text)
{
    struct lineage *l = arena_alloc(arena, sizeof *l);
    const char *at = text;
    struct past_row row;
    size_t n = 0;

    while (past_next(arena, &at, &row))
        n++;
    if (!l || !(l->applied = arena_array(arena, n ? n : 1, sizeof *l->applied)))
        return NULL;
    for (at = text; past_next(arena, &at, &row) && l->n < n; l->n++) {
        struct applied *a = &l->applied[l->n];

        a->version = row.version;
        a->name = row.name;
        a->down_sql = row.down_sql;
        memcpy(a->checksum, row.checksum, strnlen(row.checksum, sizeof a->checksum - 1));
    }
    return l;
}

const struct lineage *survey_lineage(struct survey *survey, uint32_t id)
{
    while (id >= survey->cap_lineages) {
        size_t cap = survey->cap_lineages;

        if (!array_room(&survey->lineages, survey->cap_lineages, &survey->cap_lineages,
                        sizeof *survey->lineages))
            return NULL;
        memset(survey->lineages + cap, 0, (survey->cap_lineages - cap) * sizeof *survey->lineages);
    }
    if (!survey->lineages[id])
        survey->lineages[id] = parse_lineage(&survey->arena, cache_lineage_text(survey->cache, id));
    return survey->lineages[id];
}
