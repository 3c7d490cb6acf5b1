/*
 * Facts: what a look at each tenant found. The engines fill them, the plan works on them.
 *
 * Most tenants of a fleet share their past, so a lineage (the versions applied) is interned: equal
 * pasts are one pointer.
 */
#ifndef PLAN_FACTS_H
#define PLAN_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/guarantee.h"
#include "source/migration.h"

struct applied {
    uint64_t version;
    char checksum[CHECKSUM_TEXT];
    const char *name;
    const char *down_sql; /* as stored in the tenant; NULL: cannot be undone */
};

struct lineage {
    struct applied *applied; /* by version, ascending: what counts as applied now */
    size_t n;
};

enum usable {
    USABLE_YES,
    USABLE_NO,    /* not a database, unreadable, twice in the fleet...: `why` says */
    USABLE_DOUBT, /* belongs to an open group of an earlier run: not opened */
};

struct facts {
    enum usable usable;
    enum guarantee guarantee;      /* what it can be promised as it is now */
    bool wal;                      /* journal mode WAL */
    bool foreign;                  /* has tables, but no history: counts as at base */
    bool history;                  /* has a lockstep_history table */
    const struct lineage *lineage; /* never NULL when usable; n 0 at base */
    uint64_t bytes;
    uint32_t page_size;
    dev_t dev;
    ino_t ino;
    struct error why; /* for USABLE_NO: tenant and reason */
};

uint64_t lineage_version(const struct lineage *l); /* highest applied, 0 at base */
const struct applied *lineage_find(const struct lineage *l, uint64_t version);

#endif
