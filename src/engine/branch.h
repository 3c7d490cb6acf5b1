/* One branch of the plan, as the engines need it: whose it is, where, which steps. */
#ifndef ENGINE_BRANCH_H
#define ENGINE_BRANCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/engine.h"
#include "source/step.h"
#include "sql/expand.h"

/* In a group's list of branches: this slot is another participant's. */
#define BRANCH_OTHERS UINT32_MAX

/* Where on its server a tenant lives. */
struct place {
    const char *database;
    const char *schema; /* PostgreSQL: the tenant is this schema alone; NULL: the database */
    const char *tenant; /* its id: what an external migrator knows it by */
    const char *row;    /* history: of this row tenant within it; NULL: its own */
};

/* Borrowed for the run. */
struct branch_spec {
    const char *id; /* the tenant's, for messages */
    enum engine_kind engine;
    const char *path; /* a file: absolute, links resolved; on a server: what is shown of it */
    dev_t dev;        /* a file's; 0: any */
    ino_t ino;
    uint32_t server;    /* index of its server in the job; files have none */
    struct place place; /* on it */
    const struct step *steps;
    uint32_t n;
    const struct row_tenants *rows; /* within it; NULL: it has none */
    const char *seen; /* its history when the plan was made, in its engine's own words (link.h);
                         NULL: not known */
    struct sql_values values; /* for statements that ask for them */
    bool may_log; /* may become logged when the plan promised more (WAL: an application came) */
};

#endif
