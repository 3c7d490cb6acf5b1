/* Inside fleet: what a server said when it was asked for tenants, whatever its engine. */
#ifndef FLEET_ANSWER_H
#define FLEET_ANSWER_H

#include <stdint.h>

#include "base/mem.h"

struct error;
struct server;
struct tenant_source;

struct answer {
    const char *database; /* that the question was asked in; NULL: in none */
    uint32_t n, columns;
    const char **names;  /* of the columns */
    const char **values; /* row by row; NULL: null */
};

static inline const char *answer_value(const struct answer *a, uint32_t row, uint32_t column)
{
    return a->values[(size_t)row * a->columns + column];
}

/* Its databases, its schemas, or what the source's query gives; in the arena. */
int ask_postgres(const struct server *server, const struct tenant_source *source,
                 struct arena *arena, struct answer *answer, struct error *e);
int ask_mysql(const struct server *server, const struct tenant_source *source, struct arena *arena,
              struct answer *answer, struct error *e);

#endif
